import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { SCRIPTS } from 'routec:lab';
import { bug } from '../bug.ts';
import { type Ground, HOST } from './ground.ts';
import { CUSTOMER, ispRuleset } from './internet.ts';
import {
  addNamespaces,
  deleteNamespaces,
  type Namespace,
  operState,
  setSysctl,
} from './namespace.ts';
import {
  customersOf,
  HOSTS,
  hostLines,
  internetOf,
  ispLines,
  lanLines,
  type NetworkPlan,
  routerLines,
} from './network-plan.ts';
import { requirements } from './requirements.ts';
import { type Script, startScript } from './start-script.ts';

export type UpOrDown = 'up' | 'down';
export type ThereOrGone = 'there' | 'gone';

/** What reached an ISP on its way to the internet. */
export interface Seen {
  /** Connections, datagrams and the like, whoever their source said that they were from. */
  readonly begun: number;
  /** Packets whose source is no address of the customer: thrown away. */
  readonly foreign: number;
}

/** A network that runs. */
export interface Network {
  readonly router: Namespace;
  /** By the address of the host. */
  readonly hosts: ReadonlyMap<string, Namespace>;
  /** By the router's device, as are the ISPs. */
  readonly lans: ReadonlyMap<string, Namespace>;
  readonly isps: ReadonlyMap<string, Namespace>;
  seen(device: string): Promise<Seen>;
  /** On the router, as an administrator does; up, a network manager restores what is its own. */
  setLink(device: string, to: UpOrDown): Promise<void>;
  /** Deletes it, or makes a new one of that name, up, as ppp and the like do. */
  setDevice(device: string, to: ThereOrGone): Promise<void>;
  /** From the ISP's side: the router's device stays up, and has no carrier. */
  setCarrier(device: string, to: UpOrDown): Promise<void>;
  /** Takes it all away, and what still runs in it. */
  close(): Promise<void>;
}

let built = 0;
let lacking: Promise<string | undefined> | undefined;

/**
 * Builds a network in namespaces of its own; the host's own network is never touched. A machine
 * that lacks the means is an error that says what to run.
 */
async function buildNetwork(plan: NetworkPlan, ground: Ground): Promise<Network> {
  if (ground === HOST) {
    lacking ??= requirements();
    const line = await lacking;
    if (line !== undefined) throw new Error(line);
  }
  built += 1;
  const id = `routec-${process.pid}-${built}`;
  const labels = [
    'router',
    ...plan.lans.map(({ device }) => `lan-${device}`),
    ...Object.keys(plan.uplinks).map((device) => `isp-${device}`),
  ];
  const names = labels.map((label) => `${id}-${label}`);
  const close = async (): Promise<void> => {
    // All that is on another ground goes with that.
    if (ground !== HOST) return;
    await deleteNamespaces(names);
    for (const name of names)
      rmSync(runFolderOf({ name, ground }), { recursive: true, force: true });
  };
  try {
    const namespaces = await addNamespaces(names, ground);
    const byLabel = new Map(labels.map((label, at) => [label, namespaces[at]]));
    const find = (label: string): Namespace => byLabel.get(label) ?? bug('a namespace is lost');
    return { ...(await wire(plan, find)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Builds a network for as long as it is used. */
export async function withNetwork(
  plan: NetworkPlan,
  use: (network: Network) => Promise<void>,
  ground: Ground = HOST,
): Promise<void> {
  const network = await buildNetwork(plan, ground);
  try {
    await use(network);
  } finally {
    await network.close();
  }
}

/** Where the link hooks of a router keep what leases said; their lock is beside it. */
export function leasesOf(router: Pick<Namespace, 'name' | 'ground'>): string {
  return join(runFolderOf(router), 'routec');
}

const runFolderOf = ({ name, ground }: Pick<Namespace, 'name' | 'ground'>): string =>
  join(ground.at, `${name}-run`);

async function wire(
  plan: NetworkPlan,
  find: (label: string) => Namespace,
): Promise<Omit<Network, 'close'>> {
  const router = find('router');
  await makeStrict(router);
  const hosts = new Map<string, Namespace>();
  const lans = new Map<string, Namespace>();
  for (const lan of plan.lans) {
    const namespace = find(`lan-${lan.device}`);
    await connect(router, lan.device, namespace, HOSTS);
    await batch(router, lanLines(lan));
    await batch(namespace, hostLines(lan));
    lans.set(lan.device, namespace);
    for (const host of lan.hosts) hosts.set(host, namespace);
  }
  const isps = new Map<string, Namespace>();
  for (const [device, { beside }] of Object.entries(plan.uplinks)) {
    const isp = find(`isp-${device}`);
    const neighbour = beside === undefined ? undefined : isps.get(beside);
    if (neighbour === undefined) await connectIsp(plan, router, device, isp);
    else await connectBeside(plan, neighbour, device, isp);
    await isp.run('nft', ['-f', '-'], ispRuleset(internetOf(plan), customersOf(plan, device)));
    isps.set(device, isp);
  }
  for (const [device, { beside }] of Object.entries(plan.uplinks)) {
    if (beside === undefined) await hasCarrier(router, device, true);
  }
  const settings = Object.entries(plan.sysctl ?? {}).map(([key, value]) => `${key}=${value}`);
  if (settings.length > 0) await router.run('sysctl', ['-qw', ...settings]);
  const { others = [] } = plan;
  if (others.length > 0) await router.run('nft', ['-f', '-'], `${others.join('\n')}\n`);
  const ispOf = (device: string): Namespace => {
    const isp = isps.get(device);
    if (isp === undefined) throw new Error(`the network has no uplink ${device}`);
    return isp;
  };
  return {
    router,
    hosts,
    lans,
    isps,
    seen: readSeen(ispOf),
    setLink: async (device, to) => {
      const own = routerLines(plan, device);
      await batch(router, [`link set ${device} ${to}`]);
      if (to === 'down') return;
      await hasCarrier(router, device, true);
      await batch(router, own);
    },
    setDevice: async (device, to) => {
      if (to === 'gone') {
        await batch(router, [`link del ${device}`]);
        return;
      }
      await connectIsp(plan, router, device, ispOf(device));
      await hasCarrier(router, device, true);
    },
    setCarrier: async (device, to) => {
      const own = to === 'up' ? ispLines(plan, device) : [];
      await batch(ispOf(device), [`link set ${CUSTOMER} ${to}`, ...own]);
      await hasCarrier(router, device, to === 'up');
    },
  };
}

const batch = (namespace: Namespace, lines: readonly string[]): Promise<string> =>
  namespace.run('ip', ['-batch', '-'], `${lines.join('\n')}\n`);

/** Forwards, and is as strict about reverse paths as a distribution that hardens its routers. */
async function makeStrict(router: Namespace): Promise<void> {
  await setSysctl(router, [
    ['net/ipv4/ip_forward', 1],
    ['net/ipv6/conf/all/forwarding', 1],
    ...['all', 'default', 'lo'].map((device) => [`net/ipv4/conf/${device}/rp_filter`, 1] as const),
    ...['all', 'default'].map((device) => [`net/ipv6/conf/${device}/accept_dad`, 0] as const),
    // The seventh refusal within a second must look like the first.
    ['net/ipv4/icmp_ratelimit', 0],
    ['net/ipv6/icmp/ratelimit', 0],
  ]);
}

/** Its end of the line, which is there already. */
async function makeIsp(plan: NetworkPlan, device: string, isp: Namespace): Promise<void> {
  await answerOnLink(isp);
  const { mac } = plan.uplinks[device] ?? {};
  const address = mac === undefined ? '' : ` address ${mac}`;
  await batch(isp, [`link set ${CUSTOMER}${address} up`, ...ispLines(plan, device)]);
}

/** Asked for the internet's addresses on the link itself, an ISP says that they are its own. */
async function answerOnLink(isp: Namespace): Promise<void> {
  await setSysctl(isp, [
    ...['all', CUSTOMER].map((each) => [`net/ipv4/conf/${each}/rp_filter`, 0] as const),
    [`net/ipv6/conf/${CUSTOMER}/accept_dad`, 0],
    ['net/ipv6/conf/all/forwarding', 1],
    ['net/ipv6/conf/all/proxy_ndp', 1],
    [`net/ipv6/neigh/${CUSTOMER}/proxy_delay`, 0],
  ]);
}

/** A wire, made inside the one namespace: its name never stands on the host. */
async function connect(one: Namespace, device: string, two: Namespace, peer: string) {
  await batch(one, [`link add ${device} type veth peer name ${peer} netns ${two.name}`]);
  await setSysctl(two, [
    ...['all', peer].map((each) => [`net/ipv4/conf/${each}/rp_filter`, 0] as const),
    [`net/ipv6/conf/${peer}/accept_dad`, 0],
  ]);
}

/** The line to an ISP, with what is configured at both of its ends. */
async function connectIsp(plan: NetworkPlan, router: Namespace, device: string, isp: Namespace) {
  await connect(router, device, isp, CUSTOMER);
  await makeIsp(plan, device, isp);
  await batch(router, [`link set ${device} up`, ...routerLines(plan, device)]);
}

/** A second ISP on the wire of another; the router's end is configured with that one's. */
async function connectBeside(
  plan: NetworkPlan,
  neighbour: Namespace,
  device: string,
  isp: Namespace,
) {
  await batch(neighbour, [
    `link add beside link ${CUSTOMER} type macvlan mode bridge`,
    `link set beside netns ${isp.name} name ${CUSTOMER}`,
  ]);
  await makeIsp(plan, device, isp);
}

/** Waits until the kernel has told everybody: routes follow a carrier a moment later. */
async function hasCarrier(router: Namespace, device: string, wanted: boolean): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if (((await operState(router, device)) === 'up') === wanted) return;
    await setTimeout(10);
  }
  throw new Error(`${device} still has ${wanted ? 'no' : 'a'} carrier`);
}

const READ_COUNTERS = SCRIPTS['read-counters.pl'] ?? bug('a script is lost');

/** Asks what an ISP has counted of a script that stays there, and ends with its namespace. */
function readSeen(ispOf: (device: string) => Namespace): Network['seen'] {
  const scripts = new Map<string, Promise<Script>>();
  return async (device) => {
    const started =
      scripts.get(device) ?? startScript(ispOf(device), ['perl', '-e', READ_COUNTERS]);
    scripts.set(device, started);
    const counters = (await (await started).ask('')).split(' ');
    const packets = (name: string): number =>
      Number(counters.find((each) => each.startsWith(`${name}=`))?.slice(name.length + 1));
    return { begun: packets('begun'), foreign: packets('foreign') };
  };
}
