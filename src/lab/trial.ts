import type { Artefact } from '../emit/artefact.ts';
import type { BackendName } from '../emit/backends.ts';
import type { Packet } from '../model/packet.ts';
import type { Box, Forward, Program, Uplink } from '../model/program.ts';

/** A policy, compiled. */
export interface Loaded {
  readonly program: Program;
  readonly base: string;
  readonly artefacts: readonly Artefact[];
  readonly backend: BackendName;
}

/** A packet to send, while some uplinks are down. */
export interface PacketTrial {
  readonly kind: 'packet';
  readonly packet: Packet;
  /** The names of the uplinks that are down. */
  readonly downs: ReadonlySet<string>;
  /** What it stands for, all of one rule: where that spreads connections, the lab sends many of these. */
  readonly box?: Box;
}

/** A port of the router that leads to a host behind it, asked for from outside or from the LAN. */
export interface ForwardTrial {
  readonly kind: 'forward';
  readonly forward: Forward;
  readonly uplink: Uplink;
  readonly protocol: number;
  readonly port: number;
  readonly by: 'internet' | 'LAN';
}

export type Trial = PacketTrial | ForwardTrial;

/** What the kernel did with it. */
export type Tried =
  /** One of the things that the model says may become of it. */
  | {
      readonly kind: 'agrees';
      readonly got: string;
      /** How many connections of its rule went where; or why that was not counted, behind "the lab". */
      readonly shares?: string;
      readonly noShares?: string;
    }
  | { readonly kind: 'differs'; readonly got: string }
  /** The lab does not send it: what it can't do, behind "the lab". */
  | { readonly kind: 'impossible'; readonly why: string };

/** The names of the uplinks that are up while some are down. */
export const upBut = ({ uplinks }: Program, downs: ReadonlySet<string>): ReadonlySet<string> =>
  new Set(uplinks.map(({ name }) => name).filter((name) => !downs.has(name)));
