import { bug } from '../bug.ts';
import { namedAtoms } from '../emit/named-atoms.ts';
import { writeArtefacts } from '../host/artefact-folder.ts';
import type { Program } from '../model/program.ts';
import { joined } from '../series.ts';
import { type Artefacts, findArtefacts } from './artefacts.ts';
import { asSent } from './as-sent.ts';
import { batchesOf, type Sent } from './batches.ts';
import { type Ground, startGround } from './ground.ts';
import { isInNet, type LabPlan, labPlan, textOf, wireOf } from './lab-plan.ts';
import { load, runLink, setDefault } from './load.ts';
import { type Means, meansOf, missingUser } from './means.ts';
import { type Network, withNetwork } from './network.ts';
import { bare } from './network-plan.ts';
import { startAgents } from './packets.ts';
import { missingTools } from './requirements.ts';
import { type Bench, sendBatch } from './send-batch.ts';
import { letArrive } from './stage-batch.ts';
import {
  type ForwardTrial,
  type Loaded,
  type PacketTrial,
  type Trial,
  type Tried,
  upBut,
} from './trial.ts';
import { tryForwards } from './try-forwards.ts';
import { type Spread, spreadOf, trySpread } from './try-shares.ts';

/** So many are sent at once. */
const AT_ONCE = 48;
/** Milliseconds. */
const WAIT = { nothing: 700, something: 3000, raw: 150 };

/** What is to be tried, and what is known of it beforehand. */
interface Task {
  readonly plan: LabPlan;
  readonly sent: readonly (Sent & { readonly downs: ReadonlySet<string> })[];
  /** By the place of the trial. */
  readonly spreads: ReadonlyMap<number, Spread>;
  readonly noShares: ReadonlyMap<number, string>;
  readonly forwards: readonly (readonly [number, ForwardTrial])[];
  readonly tried: Map<number, Tried>;
}

/**
 * Loads a policy on a router of its own, in namespaces that nobody else sees, and sends packets.
 *
 * @returns what became of each, in their order; or what this machine lacks or a tool refused, in words
 */
export async function tryPolicy(
  loaded: Loaded,
  trials: readonly Trial[],
): Promise<readonly Tried[] | { readonly refused: string }> {
  const { backend, program } = loaded;
  const tools = ['unshare', 'nsenter', 'ip', 'nft', 'sysctl', 'conntrack', 'perl'] as const;
  const more = backend === 'nft' ? [] : (['iptables-nft', 'ipset'] as const);
  const lacking = missingTools([...tools, ...more]);
  if (lacking !== undefined) return { refused: lacking };
  if (trials.length === 0) return [];
  const named = namedAtoms(joined([program.local, program.marked]));
  const started = await startGround(named.some(({ kind }) => kind === 'cgroup'));
  if ('refused' in started) {
    return { refused: `no namespaces of one's own can be had here: ${started.refused}` };
  }
  try {
    const { ground } = started;
    const means = await meansOf(ground, program);
    const missing = backend === 'iptables' ? missingUser(program, means) : undefined;
    if (missing !== undefined) {
      return {
        refused: `iptables takes no user ${missing} where there is none, and this user namespace has none`,
      };
    }
    const task = taskOf(loaded, trials, means);
    if (task.sent.length + task.forwards.length > 0) await tryAll(loaded, task, ground);
    return trials.map((_, index) => task.tried.get(index) ?? bug('a packet is lost'));
  } catch (error) {
    return { refused: (error as Error).message };
  } finally {
    await started.end();
  }
}

function taskOf(loaded: Loaded, trials: readonly Trial[], means: Means): Task {
  const { program } = loaded;
  const tried = new Map<number, Tried>();
  const forwards = trials.flatMap((trial, index) =>
    trial.kind === 'forward' ? [[index, trial] as const] : [],
  );
  const sent = trials.flatMap((trial, index): (Sent & PacketTrial)[] => {
    if (trial.kind === 'forward') return [];
    const found = asSent(program, trial.packet, upBut(program, trial.downs), means);
    if (!('impossible' in found)) return [{ ...trial, index, ...found }];
    tried.set(index, { kind: 'impossible', why: found.impossible });
    return [];
  });
  const spreads = new Map<number, Spread>();
  const noShares = new Map<number, string>();
  const spread = new Set<string>();
  for (const each of sent) {
    const { rule, outcomes, arrival } = each.evaluation;
    const { family, local } = each.packet;
    // One is enough of what comes to the same.
    const key = [rule?.id, family, local, arrival?.name, ...each.downs, outcomes.length].join(' ');
    if (each.box === undefined || spread.has(key)) continue;
    const found = spreadOf(loaded, each, each.box);
    if (found === undefined) continue;
    if ('many' in found) spread.add(key);
    if ('many' in found) spreads.set(each.index, found);
    else noShares.set(each.index, found.why);
  }
  const plan = labPlan(
    program,
    [...sent, ...[...spreads.values()].flatMap(({ many }) => many)].map(({ packet }) => packet),
    forwards.map(([, { forward }]) => forward.to.address),
  );
  const own = new Set([
    ...Object.values(plan.network.uplinks).flatMap(({ addresses }) => addresses.map(bare)),
    ...plan.network.lans.flatMap(({ hosts }) => hosts),
  ]);
  const shared = Object.entries(plan.network.uplinks).flatMap(([name, { addresses, beside }]) => {
    const wire = wireOf(plan.network.uplinks, name);
    return beside === undefined && wire.length === addresses.length ? [] : addresses;
  });
  const possible = sent.filter(({ index, packet: { family, destination } }) => {
    const [to = ''] = textOf(family, destination);
    const why = own.has(to)
      ? 'sends nothing to its own router and hosts'
      : shared.some((net) => isInNet(net, to))
        ? 'sends nothing to the net on a wire that ISPs share, where each would answer'
        : undefined;
    if (why !== undefined) tried.set(index, { kind: 'impossible', why });
    return why === undefined;
  });
  return { plan, sent: possible, spreads, noShares, forwards, tried };
}

async function tryAll(loaded: Loaded, task: Task, ground: Ground): Promise<void> {
  const { program, base, artefacts, backend } = loaded;
  const { plan } = task;
  writeArtefacts(ground.folder, base, artefacts, undefined);
  const files = findArtefacts(ground.folder, ground.at) ?? bug('no manifest was written');
  await withNetwork(
    plan.network,
    async (network) => {
      const { router } = network;
      await load(router, files);
      await lease(network, files, plan, new Set(plan.leases.map(({ device }) => device)));
      const agents = await startAgents(network, WAIT);
      const bench = { program, backend, plan, network, ask: agents.ask };
      if (task.sent.some(({ evaluation }) => evaluation.arrival !== undefined)) {
        await letArrive(bench);
      }
      for (const group of groupBy(task.sent, ({ downs }) => [...downs].sort().join(' '))) {
        const { downs } = group[0] ?? bug('a group of nobody');
        await whileDown(network, files, task, program, downs, () =>
          tryGroup({ ...bench, up: upBut(program, downs) }, task, group),
        );
      }
      const all = { ...bench, up: upBut(program, new Set()) };
      for (const [index, each] of await tryForwards(all, task.forwards)) {
        task.tried.set(index, each);
      }
      await agents.stop();
    },
    ground,
  );
}

/** Packets that are sent while the same uplinks are down. */
async function tryGroup(
  bench: Bench,
  { tried, spreads, noShares }: Task,
  group: readonly Sent[],
): Promise<void> {
  for (const batch of batchesOf(group, bench.program.domains, AT_ONCE)) {
    for (const [index, each] of await sendBatch(bench, batch)) tried.set(index, each);
  }
  for (const { index } of group) {
    const one = tried.get(index) ?? bug('a packet is lost');
    const spread = spreads.get(index);
    const why = noShares.get(index);
    if (one.kind !== 'agrees') continue;
    if (spread !== undefined) tried.set(index, await trySpread(bench, spread));
    if (why !== undefined) tried.set(index, { ...one, noShares: why });
  }
}

async function whileDown(
  network: Network,
  files: Artefacts,
  { plan }: Task,
  program: Program,
  downs: ReadonlySet<string>,
  use: () => Promise<void>,
): Promise<void> {
  const { router } = network;
  const { devices, withdrawn } = waysDown(program, downs);
  for (const device of devices) await network.setLink(device, 'down');
  for (const name of withdrawn) await setDefault(router, files, name, 'gone');
  await use();
  for (const name of withdrawn) await setDefault(router, files, name, 'there');
  for (const device of devices) {
    await network.setLink(device, 'up');
    await runLink(router, files, 'up', device);
  }
  await lease(network, files, plan, new Set(devices));
}

/** A DHCP client on some devices hears of a gateway, where a policy waits for one. */
async function lease(
  { router }: Network,
  files: Artefacts,
  plan: LabPlan,
  devices: ReadonlySet<string>,
): Promise<void> {
  for (const { device, gateway } of plan.leases) {
    if (devices.has(device)) await runLink(router, files, 'lease', device, gateway);
  }
}

/** Devices whose link goes down; and uplinks that share theirs with one that stays up. */
function waysDown({ uplinks }: Program, downs: ReadonlySet<string>) {
  const up = new Set(uplinks.flatMap(({ name, device }) => (downs.has(name) ? [] : [device])));
  const down = uplinks.filter(({ name }) => downs.has(name));
  return {
    devices: unique(down.flatMap(({ device }) => (up.has(device) ? [] : [device]))),
    withdrawn: down.filter(({ device }) => up.has(device)).map(({ name }) => name),
  };
}

function groupBy<T>(list: readonly T[], keyOf: (each: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const each of list) {
    const key = keyOf(each);
    groups.set(key, [...(groups.get(key) ?? []), each]);
  }
  return [...groups.values()];
}

const unique = <T>(values: readonly T[]): T[] => [...new Set(values)];
