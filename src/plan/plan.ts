import { bug } from '../bug.ts';
import { FAMILIES, type Family } from '../net/address.ts';
import { partOf } from './canonical-line.ts';
import { iptablesSteps } from './iptables-steps.ts';
import {
  bring,
  change,
  isHooked,
  type NftTable,
  namesBeyond,
  refill,
  remove,
  settledText,
} from './nft-table.ts';
import type { State } from './state.ts';
import { type Command, ipBatch, type Sign, type Step } from './step.ts';

export interface Target {
  readonly state: State;
  /** What `nft -f` is to read for its table; what is live already is refilled from itself. */
  readonly nftText?: string | undefined;
  /** The protocol of the guard's rules and routes. */
  readonly guard: string;
  /** Settings by path, and devices, that the policy itself names; others go back to what they were, last. */
  readonly named: ReadonlySet<string>;
  /** Conntrack marks, with their mask, of outcomes that are no more. */
  readonly gone: readonly string[];
}

/**
 * The steps from what is live to what is wanted, in the one order in which no packet of a policy meets
 * half of it: settings, guard, devices, routes, new rules, ruleset; then what is stale: rules, routes, devices,
 * settings, and the guard if that goes too; then connections of outcomes that are no more. What is wanted
 * and live already is left alone: the plan of what is done is empty.
 */
export function planSteps(target: Target, live: State): Step[] {
  const { state, guard } = target;
  const isGuard = (line: string): boolean =>
    (partOf(line, 'protocol') ?? partOf(line, 'proto')) === guard;
  const steps: Step[] = [...settings(target, live, 'there')];
  for (const family of FAMILIES) steps.push(...guardUp(state, live, family, isGuard));
  steps.push(...groups(target, live, 'there'));
  for (const family of FAMILIES) steps.push(...newRoutes(state, live, family, isGuard));
  for (const family of FAMILIES) steps.push(...newRules(state, live, family, isGuard));
  steps.push(...ruleset(target, live), ...iptablesSteps(state.iptables, live.iptables));
  for (const family of FAMILIES) steps.push(...staleRules(state, live, family, isGuard));
  for (const family of FAMILIES) steps.push(...staleRoutes(state, live, family, isGuard));
  steps.push(...groups(target, live, 'back'), ...settings(target, live, 'back'));
  for (const family of FAMILIES) steps.push(...guardDown(state, live, family, isGuard));
  steps.push(...target.gone.map(forget));
  return steps;
}

const beyond = (lines: readonly string[], others: readonly string[]): string[] => {
  const known = new Set(others);
  return lines.filter((line) => !known.has(line));
};
const signed = (sign: Sign, lines: readonly string[]): Step['changes'] =>
  lines.map((text) => ({ sign, text }));
const ipOf = (family: Family): string => `IPv${family}`;

/** What the policy names comes before all that needs it; what it no longer names goes after that. */
type Way = 'there' | 'back';

function settings({ state, named }: Target, live: State, way: Way): Step[] {
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

function guardUp(
  wanted: State,
  live: State,
  family: Family,
  isGuard: (line: string) => boolean,
): Step[] {
  const rules = beyond(wanted.rules[family].filter(isGuard), live.rules[family]);
  const routes = beyond(wanted.routes[family].filter(isGuard), live.routes[family]);
  if (rules.length + routes.length === 0) return [];
  const ordered = [...rules].sort(byGuard);
  return [
    {
      sign: '+',
      title: `the guard, ${ipOf(family)}`,
      effect: 'from now on what is marked and finds no route is refused, and never sent elsewhere',
      changes: signed('+', [...routes, ...ordered]),
      run: ipBatch(family, [
        ...routes.map((line) => `route replace ${line}`),
        ...ordered.map((line) => `rule add ${line}`),
      ]),
      undo: ipBatch(
        family,
        [
          ...[...ordered].reverse().map((line) => `rule del ${line}`),
          ...routes.map((line) => `route del ${line}`),
        ],
        true,
      ),
    },
  ];
}

/** The refusal itself first, and the way to the router's own last: half a guard refuses too much. */
function byGuard(a: string, b: string): number {
  const rank = (line: string): number =>
    / unreachable$/.test(line) ? 0 : partOf(line, 'goto') === undefined ? 2 : 1;
  return rank(a) - rank(b) || (a < b ? 1 : -1);
}

function groups({ state, named }: Target, live: State, way: Way): Step[] {
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

/** The kernel has one route for each of these; `replace` puts the new one in the place of the old. */
export function routeKey(line: string): string {
  const words = line.split(' ').filter((word) => word !== 'unreachable' && word !== 'local');
  return [words[0], partOf(line, 'metric'), partOf(line, 'table')].join(' ');
}

function newRoutes(
  wanted: State,
  live: State,
  family: Family,
  isGuard: (line: string) => boolean,
): Step[] {
  const lines = beyond(wanted.routes[family], live.routes[family]).filter((line) => !isGuard(line));
  const old = new Map(
    beyond(live.routes[family], wanted.routes[family]).map((line) => [routeKey(line), line]),
  );
  const devices = [...new Set(lines.map((line) => partOf(line, 'dev') ?? ''))];
  return devices.map((device) => {
    const its = lines.filter((line) => (partOf(line, 'dev') ?? '') === device);
    const replaced = its.flatMap((line) => old.get(routeKey(line)) ?? []);
    return {
      sign: replaced.length > 0 ? '~' : '+',
      title:
        device === '' ? `ends of tables, ${ipOf(family)}` : `routes by ${device}, ${ipOf(family)}`,
      effect:
        device === ''
          ? "what is bound to an uplink's own address never goes on to main"
          : replaced.length > 0
            ? `what is marked for ${device} leaves by its new gateway from this instant`
            : `what is marked for ${device} finds its way; nothing is marked anew yet`,
      changes: [...signed('-', replaced), ...signed('+', its)],
      run: ipBatch(
        family,
        its.map((line) => `route replace ${line}`),
      ),
      undo: ipBatch(
        family,
        its.map((line) => {
          const before = old.get(routeKey(line));
          return before === undefined ? `route del ${line}` : `route replace ${before}`;
        }),
        true,
      ),
    };
  });
}

function newRules(
  wanted: State,
  live: State,
  family: Family,
  isGuard: (line: string) => boolean,
): Step[] {
  const lines = beyond(wanted.rules[family], live.rules[family]).filter((line) => !isGuard(line));
  if (lines.length === 0) return [];
  return [
    {
      sign: '+',
      title: `rules, ${ipOf(family)}`,
      effect: 'each new mark leads to its tables; no packet carries one yet',
      changes: signed('+', lines),
      run: ipBatch(
        family,
        lines.map((line) => `rule add ${line}`),
      ),
      undo: ipBatch(family, lines.map((line) => `rule del ${line}`).reverse(), true),
    },
  ];
}

const nft = (stdin: string): Command => ({ argv: ['nft', '-f', '-'], stdin });

/** In one transaction; in three where a map has a new shape, for a new map may miss what it has. */
function ruleset({ state, nftText }: Target, live: State): Step[] {
  const wanted = state.nft;
  const before = live.nft;
  if (wanted === undefined) return before === undefined ? [] : [deleteTable(before)];
  const fresh = namesBeyond(wanted, before);
  const created = fresh.filter((name) => !isHooked(wanted.get(name) ?? bug('a block is lost')));
  const stale = before === undefined ? [] : namesBeyond(before, wanted);
  const changed = changedNames(wanted, before);
  const steps: Step[] = [];
  const back: Command =
    before === undefined
      ? { argv: ['nft', 'delete', 'table', 'inet', 'routec'] }
      : nft(refill(before));
  if (created.length > 0) {
    const shapes = created.filter((name) => wanted.get(name)?.keyword !== 'chain');
    steps.push({
      sign: '+',
      title: shapes.length > 0 ? 'sets and maps of a new shape' : 'new chains',
      effect: 'none: nothing uses them yet, and a look-up in a map that is new might miss',
      changes: signed(
        '+',
        created.map((name) => `${wanted.get(name)?.keyword} ${name}`),
      ),
      run: nft(bring(wanted, created)),
      undo: before === undefined ? back : nft(remove(wanted, created)),
    });
  }
  if (fresh.length + changed.length > 0) {
    const [there, away] =
      before === undefined ? [] : [change(wanted, before), change(before, wanted)];
    steps.push({
      sign: before === undefined ? '+' : '~',
      title: 'the ruleset, in one transaction',
      effect:
        before === undefined
          ? 'from this instant new connections go by the policy; open ones stay where they are'
          : 'from this instant new connections go by the new policy; open ones keep their uplink and address',
      changes: before === undefined ? [] : differences(wanted, before),
      run: nft(there ?? nftText ?? refill(wanted)),
      undo:
        before === undefined
          ? nft('flush table inet routec\n')
          : away === undefined
            ? back
            : nft(away),
      ...(before === undefined ? {} : { zeroes: there === undefined ? 'all' : 'some' }),
    });
  }
  if (stale.length > 0 && before !== undefined) {
    steps.push({
      sign: '-',
      title: 'chains, sets and maps of the old policy',
      effect: 'none: nothing uses them any more',
      changes: signed(
        '-',
        stale.map((name) => `${before.get(name)?.keyword} ${name}`),
      ),
      run: nft(remove(before, stale)),
      undo: nft(bring(before, stale)),
    });
  }
  return steps;
}

function deleteTable(before: NftTable): Step {
  return {
    sign: '-',
    title: 'the ruleset',
    effect:
      'from this instant nothing is marked: all goes by main; open connections may lose their source',
    changes: signed('-', ['table inet routec']),
    run: { argv: ['nft', 'delete', 'table', 'inet', 'routec'] },
    undo: nft(refill(before)),
  };
}

/** What is in both, and not the same. */
function changedNames(wanted: NftTable, before: NftTable | undefined): string[] {
  return [...wanted].flatMap(([name, block]) => {
    const old = before?.get(name);
    return old === undefined || settledText(old) === settledText(block) ? [] : [name];
  });
}

function differences(wanted: NftTable, before: NftTable): Step['changes'] {
  return changedNames(wanted, before).flatMap((name) => {
    const [now, old] = [wanted.get(name), before.get(name)].map((block) =>
      block === undefined ? [] : settledText(block).split('\n').slice(1),
    ) as [string[], string[]];
    const what = `${wanted.get(name)?.keyword} ${name}: `;
    return [
      ...signed(
        '-',
        beyond(old, now).map((line) => what + line),
      ),
      ...signed(
        '+',
        beyond(now, old).map((line) => what + line),
      ),
    ];
  });
}

function staleRules(
  wanted: State,
  live: State,
  family: Family,
  isGuard: (line: string) => boolean,
): Step[] {
  const lines = beyond(live.rules[family], wanted.rules[family]).filter((line) => !isGuard(line));
  if (lines.length === 0) return [];
  return [
    {
      sign: '-',
      title: `rules, ${ipOf(family)}`,
      effect: 'what still carries a mark that is gone meets the guard, and is refused',
      changes: signed('-', lines),
      run: ipBatch(
        family,
        lines.map((line) => `rule del ${line}`),
      ),
      undo: ipBatch(
        family,
        lines.map((line) => `rule add ${line}`),
        true,
      ),
    },
  ];
}

function staleRoutes(
  wanted: State,
  live: State,
  family: Family,
  isGuard: (line: string) => boolean,
): Step[] {
  const replaced = new Set(wanted.routes[family].map(routeKey));
  const lines = beyond(live.routes[family], wanted.routes[family]).filter(
    (line) => !isGuard(line) && !replaced.has(routeKey(line)),
  );
  if (lines.length === 0) return [];
  return [
    {
      sign: '-',
      title: `routes, ${ipOf(family)}`,
      effect: 'none: no rule leads to them any more',
      changes: signed('-', lines),
      run: ipBatch(
        family,
        lines.map((line) => `route del ${line}`),
      ),
      undo: ipBatch(
        family,
        lines.map((line) => `route replace ${line}`),
        true,
      ),
    },
  ];
}

function guardDown(
  wanted: State,
  live: State,
  family: Family,
  isGuard: (line: string) => boolean,
): Step[] {
  const rules = beyond(live.rules[family], wanted.rules[family]).filter(isGuard);
  rules.sort(byGuard).reverse();
  const routes = beyond(live.routes[family], wanted.routes[family]).filter(isGuard);
  if (rules.length + routes.length === 0) return [];
  return [
    {
      sign: '-',
      title: `the guard, ${ipOf(family)}`,
      effect: 'nothing is refused by routec any more',
      changes: signed('-', [...rules, ...routes]),
      run: ipBatch(family, [
        ...rules.map((line) => `rule del ${line}`),
        ...routes.map((line) => `route del ${line}`),
      ]),
      undo: ipBatch(
        family,
        [
          ...routes.map((line) => `route replace ${line}`),
          ...[...rules].reverse().map((line) => `rule add ${line}`),
        ],
        true,
      ),
    },
  ];
}

function forget(mark: string): Step {
  return {
    sign: '-',
    title: `open connections of mark ${mark}`,
    effect: 'they belong to an outcome that is no more: they begin anew, by the policy',
    changes: [],
    run: { argv: ['conntrack', '-D', '-m', mark] },
    optional: true,
  };
}
