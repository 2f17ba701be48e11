import { bug } from '../bug.ts';
import type { Artefact } from '../emit/artefact.ts';
import type { BackendName } from '../emit/backends.ts';
import { writeArtefacts } from '../host/artefact-folder.ts';
import { type Evaluation, evaluate, type Outcome } from '../model/evaluate.ts';
import type { Packet } from '../model/packet.ts';
import type { Nat, Program } from '../model/program.ts';
import { USUAL } from '../model/usual.ts';
import { type AddressRange, formatAddress } from '../net/address.ts';
import { checksum } from '../net/checksum.ts';
import { formatMac } from '../net/mac.ts';
import { network as networkOf } from '../net/prefix.ts';
import { ICMP, WITH_PORTS } from '../net/protocols.ts';
import { findArtefacts } from './artefacts.ts';
import { asSent } from './as-sent.ts';
import { type Ground, startGround } from './ground.ts';
import { addressOf, type LabPlan, labPlan, lanOf, textOf } from './lab-plan.ts';
import { load, runLink, setDefault } from './load.ts';
import type { Namespace } from './namespace.ts';
import { type Network, withNetwork } from './network.ts';
import { bare, HOSTS } from './network-plan.ts';
import { type Answer, type Ask, seenByAll, startAgents } from './packets.ts';
import type { Question } from './read-packets.ts';
import { missingTools } from './requirements.ts';

/** A packet to send, while some uplinks are down. */
export interface Trial {
  readonly packet: Packet;
  /** The names of the uplinks that are down. */
  readonly downs: ReadonlySet<string>;
}

/** What the kernel did with it. */
export type Tried =
  /** One of the things that the model says may become of it. */
  | { readonly kind: 'agrees'; readonly got: string }
  | { readonly kind: 'differs'; readonly got: string }
  /** The lab does not send it: what it can't do, behind "the lab". */
  | { readonly kind: 'impossible'; readonly why: string };

/** A policy, compiled. */
export interface Loaded {
  readonly program: Program;
  readonly base: string;
  readonly artefacts: readonly Artefact[];
  readonly backend: BackendName;
}

/** So many are sent at once. */
const AT_ONCE = 48;
/** Milliseconds. */
const WAIT = { nothing: 700, something: 3000, raw: 150 };

interface Sent {
  readonly index: number;
  readonly packet: Packet;
  readonly evaluation: Evaluation;
}

/** What is there while packets are sent. */
interface Bench {
  readonly program: Program;
  readonly plan: LabPlan;
  readonly network: Network;
  readonly ask: Ask;
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
  const tried = new Map<number, Tried>();
  const sent = trials.flatMap(({ packet, downs }, index): (Sent & Trial)[] => {
    const found = asSent(program, packet, upBut(program, downs));
    if (!('impossible' in found)) return [{ index, ...found, downs }];
    tried.set(index, { kind: 'impossible', why: found.impossible });
    return [];
  });
  const plan = labPlan(
    program,
    sent.map(({ packet }) => packet),
  );
  const own = new Set([
    ...Object.values(plan.network.uplinks).flatMap(({ addresses }) => addresses.map(bare)),
    ...plan.network.lans.flatMap(({ hosts }) => hosts),
  ]);
  const possible = sent.filter(({ index, packet: { family, destination } }) => {
    if (!own.has(textOf(family, destination)[0] ?? '')) return true;
    const why = 'sends nothing to its own router and hosts';
    tried.set(index, { kind: 'impossible', why });
    return false;
  });
  if (possible.length > 0) {
    const started = await startGround();
    if ('refused' in started) {
      return { refused: `no namespaces of one's own can be had here: ${started.refused}` };
    }
    try {
      for (const [index, each] of await tryAll(loaded, plan, possible, started.ground)) {
        tried.set(index, each);
      }
    } catch (error) {
      return { refused: (error as Error).message };
    } finally {
      await started.end();
    }
  }
  return trials.map((_, index) => tried.get(index) ?? bug('a packet is lost'));
}

async function tryAll(
  { program, base, artefacts }: Loaded,
  plan: LabPlan,
  sent: readonly (Sent & Trial)[],
  ground: Ground,
): Promise<ReadonlyMap<number, Tried>> {
  const tried = new Map<number, Tried>();
  writeArtefacts(ground.folder, base, artefacts, undefined);
  const files = findArtefacts(ground.folder, ground.at) ?? bug('no manifest was written');
  await withNetwork(
    plan.network,
    async (network) => {
      const { router } = network;
      await load(router, files);
      const lease = async (devices: ReadonlySet<string>): Promise<void> => {
        for (const { device, gateway } of plan.leases) {
          if (devices.has(device)) await runLink(router, files, 'lease', device, gateway);
        }
      };
      await lease(new Set(plan.leases.map(({ device }) => device)));
      const agents = await startAgents(network, WAIT);
      const bench = { program, plan, network, ask: agents.ask };
      for (const group of groupBy(sent, ({ downs }) => [...downs].sort().join(' '))) {
        const downs = group[0]?.downs ?? bug('a group of nobody');
        const { devices, withdrawn } = waysDown(program, downs);
        for (const device of devices) await network.setLink(device, 'down');
        for (const name of withdrawn) await setDefault(router, files, name, 'gone');
        for (const batch of batchesOf(group)) {
          for (const [index, each] of await tryBatch(bench, batch, downs)) tried.set(index, each);
        }
        for (const name of withdrawn) await setDefault(router, files, name, 'there');
        for (const device of devices) {
          await network.setLink(device, 'up');
          await runLink(router, files, 'up', device);
        }
        await lease(new Set(devices));
      }
      await agents.stop();
    },
    ground,
  );
  return tried;
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

/** Packets that can be sent at once: a host is behind one device, which has one MAC. */
function batchesOf(sent: readonly Sent[]): Sent[][] {
  const batches: { readonly list: Sent[]; readonly said: Map<string, string> }[] = [];
  for (const each of sent) {
    const claims = claimsOf(each.packet);
    const fits = ({ list, said }: (typeof batches)[number]): boolean =>
      list.length < AT_ONCE &&
      claims.every(([key, value]) => said.get(key) === undefined || said.get(key) === value);
    let batch = batches.find(fits);
    if (batch === undefined) {
      batch = { list: [], said: new Map() };
      batches.push(batch);
    }
    batch.list.push(each);
    for (const [key, value] of claims) batch.said.set(key, value);
  }
  return batches.map(({ list }) => list);
}

let serial = 0;

function claimsOf({ family, local, device, source, mac, protocol }: Packet): [string, string][] {
  serial += 1;
  // Nobody answers the others: what an ISP counts must be one's own.
  const alone: [string, string] = ['raw', isRaw(protocol) ? `${serial}` : 'none'];
  if (local) return [alone];
  const [lan = ''] = lanOf(device);
  const [host = ''] = textOf(family, source);
  return [alone, [`host ${host}`, lan], [`mac of ${lan}`, `${mac ?? USUAL.mac}`]];
}

const isRaw = (protocol: Packet['protocol']): boolean => protocol !== 6 && protocol !== 17;

async function tryBatch(
  bench: Bench,
  batch: readonly Sent[],
  downs: ReadonlySet<string>,
): Promise<Map<number, Tried>> {
  const { router, lans } = bench.network;
  const hosts = new Map<string, string>();
  const macs = new Map<string, number>();
  for (const { packet } of batch) {
    const [lan] = lanOf(packet.device);
    const [host] = textOf(packet.family, packet.source);
    if (packet.local || lan === undefined || host === undefined) continue;
    hosts.set(host, lan);
    macs.set(lan, Number(packet.mac ?? USUAL.mac));
  }
  for (const [lan, mac] of macs) {
    await lans.get(lan)?.run('ip', ['link', 'set', HOSTS, 'address', formatMac(mac)]);
  }
  const routes = [...hosts].map(
    ([host, lan]) => `${host}/${host.includes(':') ? 128 : 32} dev ${lan}`,
  );
  await ipBatch(router, [
    ...[...macs.keys()].map((lan) => `neigh flush dev ${lan}`),
    ...routes.map((route) => `route replace ${route}`),
  ]);
  const said = await askBatch(bench, batch, downs);
  await ipBatch(
    router,
    routes.map((route) => `route del ${route}`),
  );
  await router.run('conntrack', ['-F']);
  return said;
}

async function ipBatch(router: Namespace, lines: readonly string[]): Promise<void> {
  if (lines.length > 0) await router.run('ip', ['-batch', '-'], `${lines.join('\n')}\n`);
}

async function askBatch(
  bench: Bench,
  batch: readonly Sent[],
  downs: ReadonlySet<string>,
): Promise<Map<number, Tried>> {
  const { network } = bench;
  const questions = batch.map((each) => ({ each, question: questionOf(bench, each, downs) }));
  const before = await seenByAll(network);
  const answers = await bench.ask(
    questions.map(({ each, question }) => ({ question, asker: askerOf(network, each.packet) })),
  );
  const after = await seenByAll(network);
  const reached = [...after].filter(
    ([device, { begun }]) => begun > (before.get(device)?.begun ?? 0),
  );
  const named = new Set(answers.flatMap((answer) => ('name' in answer ? [answer.name] : [])));
  // Something reached an ISP, and was not answered: one by one it shows what.
  const lost = reached.filter(([device, { begun }]) => {
    const count = answers.filter((each) => 'name' in each && each.name === device).length;
    return begun - (before.get(device)?.begun ?? 0) > count;
  });
  if (lost.length > 0 && batch.length > 1) {
    const tried = new Map<number, Tried>();
    for (const [place, { each }] of questions.entries()) {
      const answer = answers[place] ?? bug('a question without an answer');
      if ('name' in answer) tried.set(each.index, judged(bench, each, answer, []));
      else for (const [index, one] of await askBatch(bench, [each], downs)) tried.set(index, one);
    }
    return tried;
  }
  const unanswered = lost.map(([device]) => device).filter((device) => !named.has(device));
  return new Map(
    questions.map(({ each }, place) => {
      const answer = answers[place] ?? bug('a question without an answer');
      return [each.index, judged(bench, each, answer, unanswered)];
    }),
  );
}

function askerOf({ router, lans }: Network, { local, device }: Packet): Namespace {
  if (local) return router;
  return lans.get(lanOf(device)[0] ?? '') ?? bug('a packet of no LAN');
}

/** Source ports that no question has had in a long time. */
let lastPort = 0;

function questionOf(
  { program }: Bench,
  { packet, evaluation }: Sent,
  downs: ReadonlySet<string>,
): Question {
  const { family, local, protocol, dscp } = packet;
  const [to = bug('a packet to nobody')] = textOf(family, packet.destination);
  const [from] = local ? [] : textOf(family, packet.source);
  const hopeless = evaluation.outcomes.every(({ outcome }) => outcome.kind === 'drop');
  const up = upBut(program, downs);
  lastPort = (lastPort + 1) % 9000;
  const other = USUAL.sourcePort + lastPort;
  const free = evaluate(program, { ...packet, sourcePort: other }, up).rule === evaluation.rule;
  return {
    asker: { kind: local ? 'router' : 'host' },
    protocol: isRaw(protocol)
      ? { number: Number(protocol), bytes: bytesOf(packet), dscp: Number(dscp ?? 0) }
      : protocol === 6
        ? 'tcp'
        : 'udp',
    from,
    source: isRaw(protocol) ? undefined : free ? other : Number(packet.sourcePort),
    to,
    port: Number(packet.port ?? 0),
    answerer: hopeless ? null : 'somebody',
    error: hopeless ? 'timeout' : undefined,
    text: to,
  };
}

/** What is behind the IP header. */
function bytesOf({ family, protocol, icmpType, sourcePort, port }: Packet): string {
  const number = Number(protocol);
  if (number === ICMP[family]) {
    const type = Number(icmpType) << 8;
    // Type and code, checksum, an identifier, a sequence number; then times, where they are asked for.
    const words = [type, 0, 0x4c42, 1, 0, 0, 0, 0, 0, 0];
    words[1] = checksum(words);
    return words.map(hex).join('');
  }
  const ports = WITH_PORTS.has(number) ? hex(Number(sourcePort)) + hex(Number(port)) : '';
  return ports.padEnd(32, '0');
}

const hex = (word: number): string => word.toString(16).padStart(4, '0');

/** What became of a packet, against what may. */
function judged(bench: Bench, sent: Sent, answer: Answer, unanswered: readonly string[]): Tried {
  const agrees = sent.evaluation.outcomes.some(({ outcome }) =>
    isOutcome(bench, sent.packet, outcome, answer, unanswered),
  );
  return { kind: agrees ? 'agrees' : 'differs', got: wordsOf(bench, sent, answer, unanswered) };
}

function isOutcome(
  { plan }: Bench,
  packet: Packet,
  outcome: Outcome,
  answer: Answer,
  unanswered: readonly string[],
): boolean {
  const isp = outcome.kind === 'uplink' ? plan.isps.get(outcome.uplink.name) : plan.main;
  const leaves = outcome.kind === 'uplink' || outcome.kind === 'main';
  if (isRaw(packet.protocol)) {
    return leaves ? unanswered.length === 1 && unanswered[0] === isp : unanswered.length === 0;
  }
  if (!leaves) {
    if ('name' in answer || unanswered.length > 0) return false;
    // A datagram hears nothing of it, and the router's own TCP is reset by whatever refuses it.
    if (packet.protocol === 17 || packet.local) return true;
    return (answer.error === 'timeout') === (outcome.kind === 'drop');
  }
  if (!('name' in answer)) return false;
  // Main goes to the net on an uplink's wire by that uplink; and what leaves there has its NAT.
  if (outcome.kind === 'main' && isOnWire(plan, answer.name, packet)) return true;
  if (answer.name !== isp) return false;
  if (packet.local) return true;
  const [from = ''] = textOf(packet.family, packet.source);
  if (outcome.kind === 'main') return answer.seen === from;
  const own = (plan.network.uplinks[isp ?? '']?.addresses ?? []).map(bare);
  return isTranslated(outcome.nat, from, answer.seen, own);
}

function isOnWire({ network }: LabPlan, isp: string, { family, destination }: Packet): boolean {
  const { addresses = [] } = network.uplinks[isp] ?? {};
  return addresses.some((text) => {
    const [address = '', length] = text.split('/');
    const range = networkOf({ address: addressOf(address), length: Number(length) });
    return textOf(family, destination).some((to) => isIn(range, to));
  });
}

/** Whether an address is what a NAT makes of another. */
function isTranslated(nat: Nat, from: string, seen: string, own: readonly string[]): boolean {
  switch (nat.kind) {
    case 'none':
    case 'nonat':
      return seen === from;
    case 'masquerade':
      return own.includes(seen);
    case 'snat':
      return nat.ranges.some((range) => isIn(range, seen));
    case 'prefix':
      if (!isIn(nat.from, from)) return true;
      return seen === moved(nat.from, nat.to, from);
    default:
      nat satisfies never;
      return bug('a NAT of no kind');
  }
}

function isIn({ family, low, high }: AddressRange, text: string): boolean {
  const address = addressOf(text);
  return address.family === family && address.value >= low && address.value <= high;
}

function moved(from: AddressRange, to: AddressRange, text: string): string {
  const value = BigInt(to.low) + BigInt(addressOf(text).value) - BigInt(from.low);
  return formatAddress({ family: 6, value });
}

function wordsOf(
  { plan }: Bench,
  { packet }: Sent,
  answer: Answer,
  unanswered: readonly string[],
): string {
  const names = new Map([...plan.isps].map(([uplink, isp]) => [isp, `by \`${uplink}\``]));
  const by = (isp: string): string => names.get(isp) ?? 'by main';
  if ('name' in answer) return `it left ${by(answer.name)} as ${answer.seen}`;
  if (unanswered.length > 0) {
    const answered = isRaw(packet.protocol) ? '' : ', and no answer came back';
    return `it left ${unanswered.map(by).join(' and ')}${answered}`;
  }
  if (answer.error === 'timeout') return 'it went nowhere, and nobody was told';
  return `it went nowhere, and the sender was told ${answer.error}`;
}

/** The names of the uplinks that are up while some are down. */
export const upBut = ({ uplinks }: Program, downs: ReadonlySet<string>): ReadonlySet<string> =>
  new Set(uplinks.map(({ name }) => name).filter((name) => !downs.has(name)));

function groupBy<T>(list: readonly T[], keyOf: (each: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const each of list) {
    const key = keyOf(each);
    groups.set(key, [...(groups.get(key) ?? []), each]);
  }
  return [...groups.values()];
}

const unique = <T>(values: readonly T[]): T[] => [...new Set(values)];
