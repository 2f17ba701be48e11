import type { Plan } from './draw-plan.ts';
import { readRecord, removeRecord, snapshotOf, writeRecord } from './records.ts';

/**
 * Keeps what has to be known after a kill at any later instant, under the lock: before the first step, and
 * before any clock starts that would take it back.
 *
 * @returns forgets it again, where nothing was begun after all
 */
export function keepBefore({ steps, target, live, links, original, running }: Plan): () => void {
  const { settings, groups } = target.state;
  // What comes later is made then, in no group; a hook puts it into ours.
  const absent = [...target.named].filter((name) => !name.includes('/') && !links.has(name));
  writeRecord('original', {
    settings: { ...only(live.settings, settings), ...original.settings },
    groups: {
      ...Object.fromEntries(absent.map((device) => [device, '0'])),
      ...only(live.groups, groups),
      ...original.groups,
    },
  });
  const [last, killed] = [readRecord('before'), readRecord('begun')];
  const changes = steps.some(({ optional }) => optional !== true);
  // An apply that was killed left something in between: what was before it is what was before. And one that has
  // nothing to do must not cost the way back from the last that had.
  if (last === undefined || (killed === undefined && changes)) {
    const state = snapshotOf({
      ...live,
      groups: only(live.groups, groups),
      settings: only(live.settings, settings),
    });
    writeRecord('before', { state, ...(running === undefined ? {} : { running }) });
  }
  writeRecord('begun', { pid: process.pid });
  return () => {
    if (last === undefined) removeRecord('before');
    else writeRecord('before', last);
    if (killed === undefined) removeRecord('begun');
  };
}

const only = (values: Readonly<Record<string, string>>, names: object): Record<string, string> =>
  Object.fromEntries(Object.entries(values).filter(([name]) => Object.hasOwn(names, name)));
