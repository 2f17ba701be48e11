import { backendOf } from '../emit/backends.ts';
import { readMap } from '../emit/map/read-map.ts';
import type { Lock } from '../model/program.ts';
import { FAMILIES, type Family } from '../net/address.ts';
import { partOf } from '../plan/canonical-line.ts';
import { readOptions } from '../policy/read-options.ts';
import type { Examined, OwnNumbers } from './doctor/doctor-check.ts';
import { type Goal, lockOf, type Plan } from './draw-plan.ts';
import { thisMachine } from './machine.ts';

type ArtefactGoal = Goal & { readonly kind: 'artefacts' };

/** This machine, by what a policy wants of it; by the numbers that a policy would have, where there is none. */
export function examine(of?: { readonly goal: ArtefactGoal; readonly plan: Plan }): Examined {
  const machine = thisMachine();
  if (of === undefined) {
    const { markMask: mask, priority, protocol } = readOptions([], () => {});
    const numbers = { mask, priority, protocols: protocolsFrom(protocol) };
    const none = { hasPolicy: false, loaded: false, uplinks: [], forwards: [], gateways: [] };
    return { machine, numbers, backend: 'nft', ...none };
  }
  const { goal, plan } = of;
  const { base, files } = goal.artefacts;
  const map = readMap(files['map.json'] ?? '');
  const lines = FAMILIES.flatMap((family) => plan.target.state.routes[family]);
  const names = Object.keys(files).map((suffix) => `${base}.${suffix}`);
  return {
    machine,
    numbers: numbersOf(lockOf(goal.artefacts), lockOf(plan.running)),
    hasPolicy: true,
    backend: backendOf(names, base),
    loaded: FAMILIES.some((family) => {
      const live = new Set(plan.live.rules[family]);
      return plan.target.state.rules[family].some((rule) => live.has(rule));
    }),
    uplinks: (map?.uplinks ?? []).map(({ name, device, table, own, ways }) => ({
      name,
      device,
      tables: [String(table), String(own)],
      leased: FAMILIES.filter((family: Family) => ways[family] === 'lease'),
    })),
    forwards: goal.families,
    gateways: lines.flatMap((line) => {
      const [via, dev] = [partOf(line, 'via'), partOf(line, 'dev')];
      return via === undefined || dev === undefined ? [] : [`${via} ${dev}`];
    }),
  };
}

/** The rules', and the guard's behind it. */
const protocolsFrom = (protocol: number): string[] => [String(protocol), String(protocol + 1)];

function numbersOf(wanted: Lock | undefined, runs: Lock | undefined): OwnNumbers {
  const defaults = readOptions([], () => {});
  const { options = {} } = wanted ?? runs ?? {};
  const number = (name: string, otherwise: number): number => Number(options[name] ?? otherwise);
  const protocols = [wanted, runs].map((lock) =>
    Number(lock?.options.protocol ?? defaults.protocol),
  );
  return {
    mask: number('mark-mask', defaults.markMask),
    priority: number('priority', defaults.priority),
    protocols: [...new Set(protocols.flatMap(protocolsFrom))],
  };
}
