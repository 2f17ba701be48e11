import type { Goal, Plan } from './draw-plan.ts';
import { readSetting } from './live-state.ts';
import {
  forgetOverdue,
  overdueToken,
  type RecordOf,
  readRecord,
  removeRecord,
  snapshotOf,
  writeRecord,
} from './records.ts';

/**
 * Keeps what has to be known after a kill at any later instant, under the lock: before the first step, and
 * before any clock starts that would take it back. On a way back, and where a clock runs, what was before stays known until
 * all is done: who goes on after a kill needs it.
 *
 * @returns forgets it again, where nothing was begun after all, or all of it undone; and what is to be done where all is done
 */
export function keepBefore(
  plan: Plan,
  goal: Goal,
): { readonly forget: () => void; readonly finish: () => void } {
  const [last, killed] = [readRecord('before'), readRecord('begun')];
  const before = draftBefore(plan);
  const isLate = goal.kind === 'snapshot' || readRecord('pending') !== undefined;
  const keep = (): void => {
    if (before !== undefined) writeRecord('before', before);
  };
  keepOriginal(plan);
  // A rollback may still be refused: until then, what another left half way is gone on with.
  if (goal.kind !== 'snapshot') forgetOverdue();
  if (!isLate) keep();
  writeRecord('begun', { pid: process.pid });
  const forget = (): void => {
    try {
      if (last === undefined) removeRecord('before');
      // What stayed known is not written anew: the loader's snapshot goes by its very bytes.
      else if (!isLate && before !== undefined) writeRecord('before', last);
    } finally {
      // There may be no room for that.
      if (killed === undefined) removeRecord('begun');
    }
  };
  const finish = (): void => {
    // Who goes on where nobody was told how it ended goes to what was before.
    if (isLate && overdueToken() === undefined) keep();
  };
  return { forget, finish };
}

/**
 * What is live, as what was before a plan; none where what is kept stays that. An apply that was killed left something
 * in between: what was before it is what was before. And one that has nothing to do must not cost the way back from the
 * last that had.
 */
export function draftBefore({
  steps,
  target,
  live,
  running,
}: Plan): RecordOf<'before'> | undefined {
  const { settings, groups } = target.state;
  const changes = steps.some(({ optional }) => optional !== true);
  const isNews = readRecord('begun') === undefined && changes;
  if (readRecord('before') !== undefined && !isNews) return undefined;
  const state = snapshotOf({
    ...live,
    groups: only(live.groups, groups),
    settings: only(live.settings, settings),
  });
  return { state, ...(running === undefined ? {} : { running }) };
}

/** Keeps what `down` restores, of what a plan changes. */
export function keepOriginal({ target, live, links, original }: Plan): void {
  const { settings, groups } = target.state;
  // What is absent is made later, in no group and with the settings of new devices; a hook gives it ours. So it did where one
  // is in the uplinks' group that nothing is known of; or it had another name.
  const later = [...target.named].filter((device) => {
    if (device.includes('/') || Object.hasOwn(original.groups, device)) return false;
    const link = links.get(device);
    return link === undefined || link.group === groups[device];
  });
  const made = [...target.named].flatMap((path): [string, string][] => {
    const [, before, device = '', name] = /^(.*\/conf\/)([^/]+)(\/.*)$/.exec(path) ?? [];
    const value = later.includes(device) ? readSetting(`${before}default${name}`) : undefined;
    return value === undefined ? [] : [[path, value]];
  });
  writeRecord('original', {
    settings: {
      ...only(live.settings, settings),
      ...Object.fromEntries(made),
      ...original.settings,
    },
    groups: {
      ...only(live.groups, groups),
      ...Object.fromEntries(later.map((device) => [device, '0'])),
      ...original.groups,
    },
  });
}

const only = (values: Readonly<Record<string, string>>, names: object): Record<string, string> =>
  Object.fromEntries(Object.entries(values).filter(([name]) => Object.hasOwn(names, name)));
