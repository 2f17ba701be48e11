import type { Lock } from '../model/program.ts';

/** Options that every number goes by: another value gives all of them another meaning. */
const FIXED = ['mark-mask', 'priority', 'protocol'] as const;

/**
 * Where the numbers that are to be loaded mean another thing than those that run: open connections
 * carry the old ones, and would change their uplink.
 *
 * @returns what is wrong, in words; nothing if all is well
 */
export function numberClashes(wanted: Lock, running: Lock): string[] {
  const options = FIXED.flatMap((name) => {
    const [to, from] = [wanted, running].map(({ options: its }) => String(its[name]));
    return to === from ? [] : [`\`option ${name}\` is ${to}, and ${from} is what runs`];
  });
  if (options.length > 0) return options;
  const keys = new Map(running.slots.map(({ slot, key }) => [slot, key]));
  return wanted.slots.flatMap(({ slot, key }) => {
    const runs = keys.get(slot);
    return runs === undefined || runs === key
      ? []
      : [`slot ${slot} is to mean \`${key}\`, and it is \`${runs}\` that runs`];
  });
}

/**
 * The numbers of what ran that mean nothing any more, or another thing; connections may still carry them.
 *
 * @param ran the numbers of what was applied last
 */
export function goneSlots(wanted: Lock, ran: Lock): number[] {
  const kept = new Map(wanted.slots.map(({ slot, key }) => [slot, key]));
  const same = String(wanted.options['mark-mask']) === String(ran.options['mark-mask']);
  return ran.slots
    .filter(({ slot, key }) => !same || kept.get(slot) !== key)
    .map(({ slot }) => slot);
}
