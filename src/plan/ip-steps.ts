import type { Family } from '../net/address.ts';
import { beyond } from './beyond.ts';
import { partOf } from './canonical-line.ts';
import type { State } from './state.ts';
import { ipBatch, type Step, signed } from './step.ts';

/** Whether a rule or a route is one of the guard's. */
export type IsGuard = (line: string) => boolean;

const ipOf = (family: Family): string => `IPv${family}`;

/** What of the guard is missing; it comes before all else of `ip`. */
export function guardUp(wanted: State, live: State, family: Family, isGuard: IsGuard): Step[] {
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

/** The kernel has one route for each of these; `replace` puts the new one in the place of the old. */
export function routeKey(line: string): string {
  const words = line.split(' ').filter((word) => word !== 'unreachable' && word !== 'local');
  return [words[0], partOf(line, 'metric'), partOf(line, 'table')].join(' ');
}

/** The routes that are missing or other than wanted, a step for each device. */
export function newRoutes(wanted: State, live: State, family: Family, isGuard: IsGuard): Step[] {
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

/** The rules that are missing. */
export function newRules(wanted: State, live: State, family: Family, isGuard: IsGuard): Step[] {
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

/** The rules that are not wanted any more. */
export function staleRules(wanted: State, live: State, family: Family, isGuard: IsGuard): Step[] {
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

/** The routes that are not wanted any more, but for those in whose place others have come. */
export function staleRoutes(wanted: State, live: State, family: Family, isGuard: IsGuard): Step[] {
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

/** What of the guard is not wanted any more; it goes after all else of `ip`. */
export function guardDown(wanted: State, live: State, family: Family, isGuard: IsGuard): Step[] {
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
