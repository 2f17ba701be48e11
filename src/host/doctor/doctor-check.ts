import type { Family } from '../../net/address.ts';
import type { Finding } from '../finding.ts';
import type { Machine } from '../machine.ts';

/** The numbers that are ours, by the options of a policy. */
export interface OwnNumbers {
  readonly mask: number;
  /** The first of a thousand priorities and tables. */
  readonly priority: number;
  /** Of rules and routes, and of the guard's; and of what runs, where that has others. */
  readonly protocols: readonly string[];
}

export interface ExaminedUplink {
  readonly name: string;
  readonly device: string;
  /** The tables of its choice and of its own traffic. */
  readonly tables: readonly string[];
  /** Families whose gateway it waits for. */
  readonly leased: readonly Family[];
}

/** What is looked at: a machine, and what a policy wants of it, if there is one. */
export interface Examined {
  readonly machine: Machine;
  readonly numbers: OwnNumbers;
  /** Whether a policy was named, or runs. */
  readonly hasPolicy: boolean;
  readonly backend: 'nft' | 'iptables';
  /** Whether any of it is loaded. */
  readonly loaded: boolean;
  readonly uplinks: readonly ExaminedUplink[];
  /** It has rules for what is forwarded in these. */
  readonly forwards: readonly Family[];
  /** The routers that it sends to, as `ADDRESS DEVICE`. */
  readonly gateways: readonly string[];
}

/** Looks at one thing; finds nothing if all is well. */
export interface DoctorCheck {
  /** A slug, for programs and for those who ask others. */
  readonly name: string;
  /** It may find errors: an apply asks it too. */
  readonly decides: boolean;
  readonly run: (examined: Examined) => readonly Finding[];
}
