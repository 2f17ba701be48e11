import { isDeepStrictEqual } from 'node:util';
import type * as v from 'valibot';
import { readMap } from '../emit/map/read-map.ts';
import { FAMILIES, type Family } from '../net/address.ts';
import { connectionsOf } from '../plan/connections.ts';
import { type Drift, driftOf, foreignRules } from '../plan/drift.ts';
import { liveRoute } from '../plan/live-lines.ts';
import type { State } from '../plan/state.ts';
import type { Seen, Traffic } from '../plan/status.ts';
import type { Default, UplinkFacts } from '../plan/uplink-state.ts';
import { deadNeighbours } from './dead-neighbours.ts';
import { type Device, readDevices } from './devices.ts';
import { drawPlan, type Goal, manifestOf } from './draw-plan.ts';
import { json, kernelFamilies, Routes, readRules, readSetting } from './live-state.ts';
import { readPolicyCounts } from './read-policy-counts.ts';
import { readRecord } from './records.ts';
import { type RulesetSeen, rulesetReader } from './ruleset-reader.ts';
import { run } from './run.ts';

type Route = v.InferOutput<typeof Routes>[number];

/**
 * What reads all that `status` tells of artefacts, once or again and again: as they were applied, or as they
 * would be. What only root may read is left out where somebody else asks, and said to be.
 */
export function statusReader(goal: ArtefactGoal): () => Seen | { readonly refused: string } {
  const ruleset = rulesetReader(goal.artefacts);
  return () => readStatus(goal, ruleset);
}

type ArtefactGoal = Goal & { readonly kind: 'artefacts' };

function readStatus(
  goal: ArtefactGoal,
  ruleset: ReturnType<typeof rulesetReader>,
): Seen | { readonly refused: string } {
  const { artefacts } = goal;
  const map = readMap(artefacts.files['map.json'] ?? '');
  const lock = manifestOf(artefacts)?.lock;
  if (map === undefined || lock === undefined) {
    return { refused: 'what was applied is of another version of routec: name the policy' };
  }
  const isRoot = process.getuid?.() === 0;
  const unread: string[] = [];
  const plan = drawPlan(goal, 'unread');
  if ('refused' in plan) return plan;
  const { live, drift: inRuleset } = isRoot ? readRuleset(ruleset, unread) : UNSEEN;
  const devices = readDevices();
  if ('refused' in devices) return devices;
  const families = kernelFamilies();
  const protocols = ['protocol', 'guard'].map((_, at) =>
    String(Number(lock.options.protocol) + at),
  );
  const priority = Number(lock.options.priority);
  const tables = map.uplinks.flatMap(({ table, own }) => [table, own]);
  const territory = { protocols, priority, tables: new Set(tables.map(String)) };
  const drift: Drift[] = [...driftOf(plan.target.state, plan.live), ...inRuleset];
  const routes = new Map<string, readonly Route[]>();
  for (const family of families) {
    const rules = readRules(family);
    if ('refused' in rules) return rules;
    drift.push(...foreignRules(rules.value, family, territory));
    for (const table of [priority, ...tables]) {
      const found = readTable(family, table);
      if ('refused' in found) return found;
      routes.set(`${family} ${table}`, found.value);
      drift.push(...foreignRoutes(found.value, family, table, protocols));
    }
  }
  const group = String(lock.options.group);
  const own = new Set(map.uplinks.map(({ device }) => device));
  drift.push(
    ...devices.value
      .filter((device) => device.group === group && !own.has(device.name))
      .map(
        ({ name }): Drift => ({ kind: 'foreign', what: 'device', text: `${name}: group ${group}` }),
      ),
  );
  // What counts was loaded by what was applied; a line that stands in both has one id.
  const { running = artefacts } = plan;
  const applied = plan.running && isDeepStrictEqual(running.files, artefacts.files);
  const counts = isRoot ? readPolicyCounts(running, live) : undefined;
  if (counts !== undefined && 'refused' in counts) unread.push(`the counts: ${counts.refused}`);
  const open = isRoot ? readOpen(Number(lock.options['mark-mask']), families) : undefined;
  if (open !== undefined && 'refused' in open) unread.push(`open connections: ${open.refused}`);
  if (!isRoot) unread.push('the ruleset, its counts, and open connections: only root sees them');
  const byName = new Map(devices.value.map((device) => [device.name, device]));
  const deaf = deadNeighbours();
  return {
    map,
    lock,
    families,
    uplinks: map.uplinks.map((uplink): UplinkFacts => {
      const device = byName.get(uplink.device);
      const defaults = (table: number): UplinkFacts['choice'] =>
        Object.fromEntries(
          families.flatMap((family) => {
            const its = defaultOf(routes.get(`${family} ${table}`) ?? [], uplink.device);
            return its === undefined ? [] : [[family, its] as const];
          }),
        );
      return {
        uplink,
        ...(device === undefined ? {} : { link: linkOf(device) }),
        choice: defaults(uplink.table),
        own: defaults(uplink.own),
        deaf: 'value' in deaf ? deaf.value : new Set(),
      };
    }),
    traffic: trafficOf(devices.value),
    loaded: live !== undefined || isLoaded(plan.live),
    applied,
    counts: counts === undefined || 'refused' in counts ? undefined : counts,
    earlier: readRecord('counters') ?? {},
    open: open === undefined || 'refused' in open ? undefined : open.value,
    drift,
    unread,
  };
}

const isLoaded = ({ rules, routes }: State): boolean =>
  FAMILIES.some((family) => rules[family].length + routes[family].length > 0);

const UNSEEN: RulesetSeen = { live: undefined, drift: [] };

function readRuleset(ruleset: ReturnType<typeof rulesetReader>, unread: string[]): RulesetSeen {
  const seen = ruleset();
  if (!('refused' in seen)) return seen;
  unread.push(`the ruleset: ${seen.refused}`);
  return UNSEEN;
}

/** The routes of a table; a table that nobody ever used is none. */
function readTable(
  family: Family,
  table: number,
): { readonly value: readonly Route[] } | { readonly refused: string } {
  const ran = run({
    argv: ['ip', `-${family}`, '-j', '-N', 'route', 'show', 'table', String(table)],
  });
  if ('refused' in ran && ran.refused.includes('FIB table does not exist')) return { value: [] };
  return json(ran, Routes);
}

/** What `ip` gives to what a person adds, and does not list: RTPROT_BOOT of linux/rtnetlink.h. */
const BOOT = '3';

function foreignRoutes(
  routes: readonly Route[],
  family: Family,
  table: number,
  protocols: readonly string[],
): Drift[] {
  return routes
    .filter(({ protocol = '' }) => !protocols.includes(protocol))
    .map((route) => {
      const { protocol = BOOT, ...rest } = route;
      const text = liveRoute({ ...rest, protocol, table }, family);
      return { kind: 'foreign', what: 'route', family, text };
    });
}

/** The default that a packet takes: no refusal, and the one of the uplink's device. */
function defaultOf(routes: readonly Route[], device: string): Default | undefined {
  const found = routes.filter(
    ({ dst, dev, type }) => dst === 'default' && dev === device && type === undefined,
  );
  const dead = ({ flags = [] }: Route): boolean =>
    flags.includes('dead') || flags.includes('linkdown');
  const route = found.find((each) => !dead(each)) ?? found[0];
  return route && { gateway: route.gateway, device: route.dev, dead: dead(route) };
}

const linkOf = ({ name, flags }: Device): NonNullable<UplinkFacts['link']> => ({
  up: flags.includes('UP'),
  // A tunnel has no carrier to lose, and says nothing of one.
  carrier: !flags.includes('NO-CARRIER'),
  noIpv6: readSetting(`net/ipv6/conf/${name}/disable_ipv6`) !== '0',
});

function readOpen(mask: number, families: readonly Family[]) {
  const listings: string[] = [];
  for (const family of FAMILIES.filter((each) => families.includes(each))) {
    const ran = run({ argv: ['conntrack', '-L', '-f', `ipv${family}`] });
    if ('refused' in ran) return ran;
    listings.push(ran.stdout);
  }
  return { value: connectionsOf(listings.join('\n'), mask) };
}

/** What went by each device since the policy was applied; since it is there, where it was made anew. */
function trafficOf(devices: readonly Device[]): Map<string, Traffic> {
  const before = readRecord('baseline')?.devices ?? {};
  return new Map(
    devices.map(({ name, index, received, sent }) => {
      const was = before[name];
      if (was === undefined || was.index !== index) return [name, { received, sent }];
      const less = ([p, b]: readonly [number, number], [q, c]: readonly [number, number]) =>
        [p - q, b - c] as const;
      return [name, { received: less(received, was.received), sent: less(sent, was.sent) }];
    }),
  );
}
