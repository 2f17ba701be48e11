import type { Family } from '../net/address.ts';
import type { WayOut } from '../policy/explain-question.ts';
import type { KernelRoute } from './compare-way.ts';
import type { Count } from './policy-counts.ts';
import type { Status } from './status.ts';

/** What the kernel does with a packet that goes one way by the model. */
export interface LiveWay {
  readonly way: WayOut;
  /** As the language writes it. */
  readonly packet: string;
  readonly family: Family;
  /** What was asked, word by word. */
  readonly argv: readonly string[];
  readonly route: KernelRoute;
  readonly text: string;
  readonly agrees: boolean;
  /** Why it does otherwise, as far as that is known; a reason a line. */
  readonly why: readonly string[];
  /** How it was asked, where not as it comes. */
  readonly note?: string;
}

/** The line that decides, in the ruleset. */
export interface LineSeen {
  /** Nothing where that could not be seen, or where nothing is counted. */
  readonly loaded?: boolean;
  readonly count?: Count;
  /** What else of the ruleset is not as it should be, in the words that load it: then a packet may never come to the line. */
  readonly doubts: readonly string[];
}

/** The model's answer, held to the running kernel. */
export interface LiveAnswer {
  readonly status: Status;
  /** None where the kernel could not be asked. */
  readonly ways: readonly LiveWay[];
  /** Nothing where no line decides. */
  readonly line: LineSeen | undefined;
}

/** Whether the kernel does what the policy says; nothing where nobody knows. */
export function isAsSaid({ status, ways, line }: LiveAnswer): boolean | undefined {
  const { loaded, drift, unread } = status;
  if (!loaded || drift.length > 0 || line?.loaded === false) return false;
  if (ways.some((way) => !way.agrees)) return false;
  return unread.length > 0 || ways.length === 0 ? undefined : true;
}
