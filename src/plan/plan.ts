import { FAMILIES } from '../net/address.ts';
import { partOf } from './canonical-line.ts';
import { guardDown, guardUp, newRoutes, newRules, staleRoutes, staleRules } from './ip-steps.ts';
import { iptablesSteps } from './iptables-steps.ts';
import { groupSteps, settingSteps } from './machine-steps.ts';
import { nftSteps } from './nft-steps.ts';
import type { State } from './state.ts';
import type { Step } from './step.ts';

/** Where the kernel is to get to. */
export interface Target {
  readonly state: State;
  /** Whether the ruleset of nft is refilled as a whole, though a change of it would do. */
  readonly wholly?: boolean;
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
  const steps: Step[] = [...settingSteps(target, live, 'there')];
  for (const family of FAMILIES) steps.push(...guardUp(state, live, family, isGuard));
  steps.push(...groupSteps(target, live, 'there'));
  for (const family of FAMILIES) steps.push(...newRoutes(state, live, family, isGuard));
  for (const family of FAMILIES) steps.push(...newRules(state, live, family, isGuard));
  steps.push(
    ...nftSteps(state.nft, live.nft, target),
    ...iptablesSteps(state.iptables, live.iptables),
  );
  for (const family of FAMILIES) steps.push(...staleRules(state, live, family, isGuard));
  for (const family of FAMILIES) steps.push(...staleRoutes(state, live, family, isGuard));
  steps.push(...groupSteps(target, live, 'back'), ...settingSteps(target, live, 'back'));
  for (const family of FAMILIES) steps.push(...guardDown(state, live, family, isGuard));
  steps.push(...target.gone.map(forget));
  return steps;
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
