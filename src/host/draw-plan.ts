import type { BackendName } from '../emit/backends.ts';
import { type Manifest, readManifest } from '../emit/manifest/read-manifest.ts';
import { slotMark } from '../model/marking.ts';
import type { Lock, Program } from '../model/program.ts';
import type { Family } from '../net/address.ts';
import { formatMark } from '../net/mark.ts';
import { partOf } from '../plan/canonical-line.ts';
import { fingerprint } from '../plan/fingerprint.ts';
import { followLinks } from '../plan/follow-links.ts';
import { goneSlots } from '../plan/number-clashes.ts';
import { planSteps, type Target } from '../plan/plan.ts';
import { type Loads, readArtefactLines } from '../plan/read-artefacts.ts';
import type { State } from '../plan/state.ts';
import { isNft, type Step } from '../plan/step.ts';
import { type Links, type Original, wantedState } from '../plan/wanted.ts';
import { drawKill } from './draw-kill.ts';
import { readLeases } from './leases.ts';
import { kernelFamilies, readLinks, readState } from './live-state.ts';
import { type RecordOf, readRecord } from './records.ts';
import { NOT_TRIED, type Tried, tryRuleset } from './try-ruleset.ts';
import { withoutGone } from './without-gone.ts';

/** Where the kernel is to get to. */
export type Goal =
  | {
      readonly kind: 'artefacts';
      readonly artefacts: Running;
      readonly families: readonly Family[];
      /** Whose open connections are to begin anew: those that it would send elsewhere, or those of a saved plan. */
      readonly kill?: Program | Step;
    }
  | { readonly kind: 'snapshot'; readonly before: RecordOf<'before'> }
  | { readonly kind: 'nothing' };
export type Running = RecordOf<'running'>;

/** A plan, and all that it was drawn from. */
export interface Plan {
  readonly steps: readonly Step[];
  readonly target: Target;
  /** What the kernel makes of the ruleset that is wanted. */
  readonly tried: Tried;
  readonly live: State;
  readonly links: Links;
  readonly original: Original;
  /** What runs until then, by the records. */
  readonly running: Running | undefined;
  /** What can't be loaded now, in words. */
  readonly leftOut: readonly string[];
  readonly fingerprint: string;
}

/** The artefacts that run once a goal is reached. */
export function runningAfter(goal: Goal): Running | undefined {
  if (goal.kind === 'artefacts') return goal.artefacts;
  return goal.kind === 'snapshot' ? goal.before.running : undefined;
}

const NO_KILL: ReturnType<typeof drawKill> = { steps: [], leftOut: [] };
const NOTHING: Loads = readArtefactLines(new Map());

/**
 * Reads what is live, and plans the way to a goal. Changes nothing.
 *
 * @param ruleset whether the ruleset is planned, too, which is root's to read: `unread` if not; or what the kernel makes
 *   of the one that is wanted, where that was tried already
 */
export function drawPlan(
  goal: Goal,
  ruleset: 'try' | 'unread' | Tried = 'try',
): Plan | { readonly refused: string } {
  const running = readRecord('running');
  const lock = lockOf(running);
  const links = readLinks();
  if ('refused' in links) return links;
  const known = readRecord('original') ?? { settings: {}, groups: {} };
  const next = runningAfter(goal);
  const named = readArtefactLines(new Map(Object.entries(next?.files ?? {})));
  const loads = goal.kind === 'artefacts' ? named : NOTHING;
  const withRuleset = ruleset !== 'unread';
  const tried = ruleset === 'try' ? tryRuleset(loads) : withRuleset ? ruleset : NOT_TRIED;
  if ('refused' in tried) return tried;
  const protocol = protocolOf(lockOf(next) ?? lock);
  const protocols = { own: String(protocol), guard: String(protocol + 1) };
  const paths = [loads, ...loads.uplinks, known].flatMap(({ settings }) => Object.keys(settings));
  const before = goal.kind === 'snapshot' ? Object.keys(goal.before.state.settings) : [];
  const live = readState(
    protocols,
    links.value,
    [...paths, ...before],
    withRuleset ? rulesetsFor(goal, running) : [],
  );
  if ('refused' in live) return live;
  const { state: asked, leftOut } = wantedState(
    named,
    tried,
    links.value,
    known,
    readLeases(named.uplinks),
    live.value.routes,
    kernelFamilies(),
  );
  const state =
    goal.kind === 'snapshot'
      ? standing(
          goal.before.state,
          followLinks(goal.before.state, asked, named.uplinks),
          links.value,
        )
      : asked;
  const target: Target = {
    state,
    guard: protocols.guard,
    named: new Set([
      ...Object.keys(named.settings),
      ...named.uplinks.flatMap(({ device, settings }) => [device, ...Object.keys(settings)]),
    ]),
    gone: goneMarks(lockOf(next), lock ?? lockOf(readRecord('past'))),
  };
  const kill = goal.kind === 'artefacts' && withRuleset ? drawKill(goal.kill, state) : NO_KILL;
  if ('refused' in kill) return kill;
  return {
    steps: [...planSteps(target, live.value), ...kill.steps],
    target,
    tried,
    live: live.value,
    links: links.value,
    original: known,
    running,
    leftOut: [...leftOut, ...tried.leftOut, ...kill.leftOut],
    fingerprint: fingerprint(live.value, links.value),
  };
}

/** The same plan, but that the ruleset of nft is refilled as a whole; void where it is not changed in part. */
export function refilling({ steps, target, ...plan }: Plan): Plan | undefined {
  const { nft } = target.state;
  if (target.wholly || nft === undefined || plan.live.nft === undefined) return undefined;
  if (!steps.some((step) => isNft(step.run))) return undefined;
  const wholly = { ...target, wholly: true };
  const kills = steps.filter((step) => step.kills === true);
  return { ...plan, target: wholly, steps: [...planSteps(wholly, plan.live), ...kills] };
}

/** The rulesets that matter: iptables where it is wanted or runs, or where nobody knows what runs. */
function rulesetsFor(goal: Goal, running: Running | undefined): readonly BackendName[] {
  const isNft = (its: Running | undefined): boolean => its?.files.nft !== undefined;
  return isNft(running) && isNft(runningAfter(goal)) ? ['nft'] : ['nft', 'iptables'];
}

/** What of a snapshot can be live now: routes by devices that are gone, or down, or lost IPv6, can not, nor cgroups that are gone. */
function standing(
  before: RecordOf<'before'>['state'],
  { rules, routes }: Pick<State, 'rules' | 'routes'>,
  links: Links,
): State {
  const stands = (line: string, family: Family): boolean => {
    const device = partOf(line, 'dev');
    if (device === undefined) return true;
    const link = links.get(device);
    return link?.up === true && (family === 4 || !link.noIpv6);
  };
  return {
    ...before,
    ...withoutGone({ nft: before.nft, iptables: before.iptables }),
    rules,
    routes: {
      4: routes[4].filter((line) => stands(line, 4)),
      6: routes[6].filter((line) => stands(line, 6)),
    },
  };
}

/** The numbers of artefacts, as their manifest keeps them. */
export function lockOf(running: Running | undefined): Lock | undefined {
  return manifestOf(running)?.lock;
}

export function manifestOf(running: Running | undefined): Manifest | undefined {
  const manifest = readManifest(running?.files['manifest.json'] ?? '');
  return 'wrong' in manifest ? undefined : manifest;
}

const DEFAULT_PROTOCOL = 214;

function protocolOf(lock: Lock | undefined): number {
  return Number(lock?.options.protocol ?? DEFAULT_PROTOCOL);
}

/** With nothing marked any more, nothing looks at what a connection carries. */
function goneMarks(wanted: Lock | undefined, ran: Lock | undefined): string[] {
  if (wanted === undefined || ran === undefined) return [];
  const mask = Number(ran.options['mark-mask']);
  return goneSlots(wanted, ran).map(
    (slot) => `${formatMark(slotMark(mask, slot))}/${formatMark(mask)}`,
  );
}
