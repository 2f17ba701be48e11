import * as v from 'valibot';
import type { Count } from '../plan/policy-counts.ts';
import { json } from './live-state.ts';
import { run } from './run.ts';

const Counts = v.looseObject({ bytes: v.number(), packets: v.number() });
const Devices = v.array(
  v.looseObject({
    ifindex: v.number(),
    ifname: v.string(),
    flags: v.array(v.string()),
    group: v.string(),
    stats64: v.looseObject({ rx: Counts, tx: Counts }),
  }),
);

/** A device, and what went by it since it is there. */
export interface Device {
  readonly name: string;
  /** Another one where it was made anew. */
  readonly index: number;
  readonly flags: readonly string[];
  readonly group: string;
  readonly received: Count;
  readonly sent: Count;
}

/** The devices of the machine, with their counts. */
export function readDevices():
  | { readonly value: readonly Device[] }
  | { readonly refused: string } {
  const list = json(run({ argv: ['ip', '-s', '-j', '-N', 'link', 'show'] }), Devices);
  if ('refused' in list) return list;
  const count = ({ packets, bytes }: v.InferOutput<typeof Counts>): Count => [packets, bytes];
  return {
    value: list.value.map(({ ifindex, ifname, flags, group, stats64: { rx, tx } }) => ({
      name: ifname,
      index: ifindex,
      flags,
      group,
      received: count(rx),
      sent: count(tx),
    })),
  };
}
