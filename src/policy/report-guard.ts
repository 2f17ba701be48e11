import type { Lock } from '../model/program.ts';
import { at, diagnose, type Report } from '../text/diagnostic.ts';
import { guardChanged } from './kinds.ts';
import type { Policy } from './policy.ts';

/** The guard stays loaded through a reload, so it must not change under one. */
export function reportGuard(
  { options, uplinks }: Policy,
  lock: Lock | undefined,
  report: Report,
): void {
  const now = {
    'mark-mask': options.markMask,
    priority: options.priority,
    protocol: options.protocol,
  };
  for (const [name, value] of Object.entries(now)) {
    const before = Number(lock?.options[name] ?? value);
    // Set back to its default, the option has no place of its own.
    const span = options.places.get(name) ?? uplinks[0]?.span;
    if (before === value || span === undefined) continue;
    report(
      diagnose(
        guardChanged,
        `\`${name}\` is not what it was: the guard that is loaded does not fit any more`,
        [at(span)],
        'take all of the old files down, the guard too, before these are loaded',
      ),
    );
  }
}
