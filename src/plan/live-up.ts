import type { Up } from '../model/evaluate.ts';
import type { Family } from '../net/address.ts';
import type { Seen } from './status.ts';
import { type Reason, waysOf } from './uplink-state.ts';

/**
 * Whether a way that is not up is down by its link. A route that is missing while the link is up is none of
 * its states, but something that is not as the policy has it.
 */
const BY_LINK: Readonly<Record<Reason, boolean>> = {
  'no-device': true,
  'switched-off': true,
  'no-carrier': true,
  'no-ipv6': true,
  'no-lease': true,
  withdrawn: false,
  'not-loaded': false,
  // New connections still go there.
  'no-answer': false,
};

/** Which uplinks are up by what the kernel says of their links. */
export function liveUp({ uplinks, families }: Seen): Up {
  const keyOf = (name: string, family: Family): string => `${family} ${name}`;
  const down = new Set(
    uplinks.flatMap((facts) =>
      waysOf(facts, families)
        .filter(({ reason }) => reason !== undefined && BY_LINK[reason])
        .map(({ family }) => keyOf(facts.uplink.name, family)),
    ),
  );
  return { has: (name, family) => !down.has(keyOf(name, family)) };
}
