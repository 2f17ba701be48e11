import type { State } from './state.ts';
import { type Command, ipBatch, type Step } from './step.ts';

interface Machine {
  readonly state: State;
  /** Settings by path, and devices, that the policy itself names; others go back to what they were, last. */
  readonly named: ReadonlySet<string>;
}

/** What the policy names comes before all that needs it; what it no longer names goes after that. */
export type Way = 'there' | 'back';

/** The settings of the kernel that change, in one step. */
export function settingSteps({ state, named }: Machine, live: State, way: Way): Step[] {
  const changed = Object.entries(state.settings).flatMap(([path, to]) => {
    const from = live.settings[path];
    // Where the kernel has no such setting there is no such device.
    const its = named.has(path) === (way === 'there');
    return from === undefined || from === to || !its ? [] : [{ path, from, to }];
  });
  if (changed.length === 0) return [];
  const write = (value: (each: (typeof changed)[number]) => string): Command => ({
    argv: ['sysctl', '-q', '-w', ...changed.map((each) => `${each.path}=${value(each)}`)],
  });
  return [
    {
      sign: '~',
      title: way === 'there' ? 'settings of the kernel' : 'settings of the kernel, as they were',
      effect:
        way === 'there'
          ? 'answers are let in by every uplink, a lost carrier counts as a lost link'
          : 'the kernel is as strict as it was before about where answers come from',
      changes: changed.map(({ path, from, to }) => ({
        sign: '~',
        text: `${path}: ${from} to ${to}`,
      })),
      run: write(({ to }) => to),
      undo: write(({ from }) => from),
    },
  ];
}

/** The interface groups of devices that change, in one step. */
export function groupSteps({ state, named }: Machine, live: State, way: Way): Step[] {
  const changed = Object.entries(state.groups).filter(
    ([device, group]) =>
      named.has(device) === (way === 'there') &&
      live.groups[device] !== undefined &&
      live.groups[device] !== group,
  );
  if (changed.length === 0) return [];
  const set = (device: string, group = '0'): string => `link set dev ${device} group ${group}`;
  return [
    {
      sign: '~',
      title: way === 'there' ? "the uplinks' devices" : 'devices that are uplinks no more',
      effect:
        way === 'there'
          ? 'what is marked passes over the routes of main by these devices'
          : 'routes of main by these devices are like any other',
      changes: changed.map(([device, group]) => ({
        sign: '~',
        text: `${device}: from group ${live.groups[device]} to ${group}`,
      })),
      run: ipBatch(
        4,
        changed.map(([device, group]) => set(device, group)),
      ),
      undo: ipBatch(
        4,
        changed.map(([device]) => set(device, live.groups[device])),
        true,
      ),
    },
  ];
}
