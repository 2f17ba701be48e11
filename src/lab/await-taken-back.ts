import { setTimeout } from 'node:timers/promises';
import type { Ended, Place } from './place.ts';

/** Waits until a load is taken back that nobody confirms, and for what happens meanwhile; throws where it ends otherwise. */
export async function awaitTakenBack(
  place: Place,
  loading: Promise<Ended>,
  meanwhile: () => Promise<void>,
): Promise<void> {
  let ended: Ended | undefined;
  const over = loading.then((its) => {
    ended = its;
    return its;
  });
  while (ended === undefined && !place.isPending()) await setTimeout(50);
  if (ended === undefined) await meanwhile();
  const { exitCode, stderr } = await over;
  if (exitCode !== 5 || !stderr.includes('taken back')) {
    throw new Error(`it was not taken back, but ended with ${exitCode}: ${stderr}`);
  }
}
