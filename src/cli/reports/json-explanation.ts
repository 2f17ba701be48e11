import { formatMark } from '../../net/mark.ts';
import type {
  Explained,
  Explanation,
  OtherExplained,
  WayOut,
} from '../../policy/explain-question.ts';
import { NO_ANSWER } from '../../policy/no-answer.ts';
import type { ForwardPolicy, RoutePolicy } from '../../policy/policy.ts';
import { jsonText } from '../../text/json-text.ts';
import { placeOf } from './report-of.ts';

/** What else belongs to an explanation. */
interface Around {
  /** As it was asked. */
  readonly asked: string;
  /** The names of the uplinks that are down. */
  readonly down: readonly string[];
  /** What the running kernel says, where it was asked. */
  readonly live?: object;
}

/**
 * An explanation for programs. `verdict` is null where it depends on what was left out, and all that
 * there is nothing of is null, too; the shape only ever grows.
 */
export function jsonExplanation(explanation: Explanation, { asked, down, live }: Around): string {
  const head = { version: 1, asked, down };
  const tail = live === undefined ? {} : { live };
  switch (explanation.kind) {
    case 'void':
    case 'open': {
      const error = NO_ANSWER[explanation.kind];
      return jsonText({ ...head, verdict: null, error, decides: [], alternatives: [], ...tail });
    }
    case 'depends': {
      const { fields, packets } = explanation;
      const alternatives = packets.map(otherOut);
      return jsonText({ ...head, ...NOTHING, decides: fields, alternatives, ...tail });
    }
    case 'answer': {
      const { unless } = explanation;
      const said = { ...pathOut(explanation), unless: unless.map(otherOut) };
      return jsonText({ ...head, ...said, decides: [], alternatives: [], ...tail });
    }
    default:
      return explanation satisfies never;
  }
}

const NOTHING = { verdict: null, uplink: null, dev: null, nat: null, rule: null, possible: null };

function pathOut({ text, ways, route, lead, others, answers, evaluation }: Explained): object {
  const [only, ...more] = ways;
  const { verdict } = only;
  const single = more.length === 0 ? only : undefined;
  return {
    packet: text,
    verdict,
    uplink: single?.uplink ?? null,
    dev: single?.dev ?? null,
    gateway: single?.gateway ?? null,
    nat: single?.nat ?? null,
    rule: route === undefined ? null : lineOut(route),
    possible: verdict === 'uplink' ? ways.map(wayOut) : null,
    slot: slotText(single?.slot),
    connection: slotText(single?.connection),
    priority: single?.priority ?? null,
    table: single?.table ?? null,
    passed: single?.passed ?? [],
    arrival: evaluation.arrival?.name ?? null,
    here: evaluation.spared === 'here',
    forward: lead === undefined ? null : { ...lineOut(lead.forward), to: lead.to },
    answers:
      verdict !== 'uplink' && verdict !== 'main'
        ? null
        : answers === null
          ? { by: 'main', uplink: null, dev: null, slot: null, priority: null, table: null }
          : {
              by: 'uplink',
              uplink: answers.uplink.name,
              dev: answers.uplink.device,
              slot: slotText(answers.slot),
              priority: answers.priority,
              table: answers.uplink.ownTable,
            },
    others: others.map((other) => ({ ...lineOut(other.line), why: other.why })),
  };
}

function wayOut({ verdict: _, ...way }: WayOut): object {
  return { ...way, slot: slotText(way.slot), connection: slotText(way.connection) };
}

/** Marks as `ip rule` writes them. */
function slotText(slot: WayOut['slot'] | undefined): object | null {
  return slot == null ? null : { ...slot, mark: formatMark(slot.mark) };
}

const lineOut = ({ id, statement }: RoutePolicy | ForwardPolicy): object => ({
  ...placeOf(statement),
  id,
});

const otherOut = (other: OtherExplained): object => ({
  differs: other.differs,
  ...pathOut(other),
});
