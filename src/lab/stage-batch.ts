import { bug } from '../bug.ts';
import type { BackendName } from '../emit/backends.ts';
import { domainSet as ipsetOf } from '../emit/iptables/sets.ts';
import { domainSet as nftSetOf } from '../emit/nftables/atoms.ts';
import { quoted } from '../emit/nftables/names.ts';
import type { Packet } from '../model/packet.ts';
import type { Program, Uplink } from '../model/program.ts';
import { USUAL } from '../model/usual.ts';
import type { Family } from '../net/address.ts';
import { formatMac } from '../net/mac.ts';
import { formatMark } from '../net/mark.ts';
import { WITH_PORTS } from '../net/protocols.ts';
import { borrowed, type Sent } from './batches.ts';
import { CUSTOMER } from './internet.ts';
import { type LabPlan, lanOf, textOf, whole } from './lab-plan.ts';
import type { Namespace } from './namespace.ts';
import type { Network } from './network.ts';
import { bare, HOSTS, internetOf } from './network-plan.ts';

/** Where packets are sent. */
export interface Stage {
  readonly program: Program;
  readonly backend: BackendName;
  readonly plan: LabPlan;
  readonly network: Network;
}

type Undo = () => Promise<unknown>;

/** Makes the network one that its packets can be sent in; what it gives makes it as it was. */
export async function stageBatch(stage: Stage, batch: readonly Sent[]): Promise<Undo> {
  const { router } = stage.network;
  const undo: Undo[] = [
    await hostsBehind(stage, batch),
    await borrow(router, batch),
    await paint(router, batch),
    await learn(stage, batch),
  ];
  const arriving = new Map<string, { packet: Packet; uplink: Uplink }>();
  for (const { packet, evaluation } of batch) {
    const { family, source, destination } = packet;
    const { arrival: uplink } = evaluation;
    if (uplink === undefined) continue;
    const ends = [source, destination].flatMap((each) => textOf(family, each));
    arriving.set([uplink.name, ...ends].join(' '), { packet, uplink });
  }
  const done = new Set<string>();
  for (const { packet, uplink } of arriving.values()) {
    undo.push(await arrive(stage, packet, uplink, done));
  }
  return async () => {
    for (const each of undo.reverse()) await each();
    await router.run('conntrack', ['-F']);
  };
}

/** LANs have the MACs of their packets, and the router the ways to the hosts. */
async function hostsBehind({ network }: Stage, batch: readonly Sent[]): Promise<Undo> {
  const hosts = new Map<string, string>();
  const macs = new Map<string, number>();
  for (const { packet, evaluation } of batch) {
    const [lan] = lanOf(packet.device);
    const [host] = textOf(packet.family, packet.source);
    if (packet.local || evaluation.arrival || lan === undefined || host === undefined) continue;
    hosts.set(host, lan);
    macs.set(lan, Number(packet.mac ?? USUAL.mac));
  }
  for (const [lan, mac] of macs) {
    const namespace = network.lans.get(lan) ?? bug('a packet of no LAN');
    await namespace.run('ip', ['link', 'set', HOSTS, 'address', formatMac(mac)]);
  }
  // By way of the first of its LAN: to look for each of hundreds would fill the machine's own table of neighbours.
  const firsts = new Map<string, string>();
  const routes = [...hosts].map(([host, lan]) => {
    const key = `${lan} ${host.includes(':')}`;
    const first = firsts.get(key) ?? host;
    firsts.set(key, first);
    return `${whole(host)}${first === host ? '' : ` via ${first}`} dev ${lan}${first === host ? '' : ' onlink'}`;
  });
  await ipBatch(network.router, [
    ...[...macs.keys()].map((lan) => `neigh flush dev ${lan}`),
    ...routes.map((route) => `route replace ${route}`),
  ]);
  return () =>
    ipBatch(
      network.router,
      // What leads by way of another first.
      routes.toReversed().map((route) => `route del ${route}`),
    );
}

/** The router has what it sends from. */
async function borrow(router: Namespace, batch: readonly Sent[]): Promise<Undo> {
  const addresses = unique(batch.flatMap(({ packet }) => borrowed(packet) ?? []));
  const lines = (what: string): string[] =>
    addresses.map((each) => `addr ${what} ${whole(each)} dev lo`);
  await ipBatch(router, lines('replace'));
  return () => ipBatch(router, lines('del'));
}

/** Another program on the router writes marks and code points into packets, before anybody looks at them. */
async function paint(router: Namespace, batch: readonly Sent[]): Promise<Undo> {
  const lines = (local: boolean): string[] =>
    unique(batch.flatMap(({ packet }) => (packet.local === local ? painted(packet) : [])));
  const chains = [
    ['prerouting', lines(false)],
    ['output', lines(true)],
  ] as const;
  if (chains.every(([, rules]) => rules.length === 0)) return async () => {};
  const text = [
    'table inet paint {',
    ...chains.flatMap(([hook, rules]) => [
      `chain ${hook} {`,
      `type filter hook ${hook} priority raw; policy accept;`,
      ...rules,
      '}',
    ]),
    '}\n',
  ].join('\n');
  await router.run('nft', ['-f', '-'], text);
  return () => router.run('nft', ['delete', 'table', 'inet', 'paint']);
}

function painted(packet: Packet): string[] {
  const { family, local, source, destination, device, protocol, port, mark, dscp = 0 } = packet;
  const ip = family === 4 ? 'ip' : 'ip6';
  const fits = [
    ...(local ? [] : [`iifname ${quoted(lanOf(device)[0] ?? bug('a packet from nowhere'))}`]),
    ...(local ? [] : textOf(family, source).map((each) => `${ip} saddr ${each}`)),
    ...textOf(family, destination).map((each) => `${ip} daddr ${each}`),
    `meta l4proto ${protocol}`,
    ...(WITH_PORTS.has(Number(protocol)) ? [`th dport ${port}`] : []),
  ].join(' ');
  return [
    ...(mark === 0 ? [] : [`${fits} meta mark set ${formatMark(mark)}`]),
    ...(dscp === 0 ? [] : [`${fits} ${ip} dscp set ${dscp}`]),
  ];
}

/** A resolver has learned the addresses that are in a set, and no others. */
async function learn({ program, backend, network }: Stage, batch: readonly Sent[]): Promise<Undo> {
  const found = new Map<string, { name: string; family: Family; address: string }>();
  for (const { packet } of batch) {
    const { family, atoms } = packet;
    for (const { name } of program.domains) {
      for (const side of ['source', 'destination'] as const) {
        const [address] = textOf(family, packet[side]);
        if (address === undefined || atoms?.has(`${side} @${name}`) !== true) continue;
        found.set(`${name} ${address}`, { name, family, address });
      }
    }
  }
  const change = async (what: 'add' | 'delete'): Promise<void> => {
    for (const { name, family, address } of found.values()) {
      const words =
        backend === 'iptables'
          ? ['ipset', what === 'add' ? 'add' : 'del', ipsetOf(name, family).name, address]
          : ['nft', what, 'element', 'inet', 'routec', nftSetOf(name, family), `{ ${address} }`];
      const [tool = '', ...rest] = words;
      await network.router.run(tool, rest);
    }
  };
  await change('add');
  return () => change('delete');
}

/** Of an ISP that a packet comes from: a table that leads to its customer what else it would answer itself. */
const TO_CUSTOMER = 100;

/** ISPs look at what is led to the customer before they look at what is their own. */
export async function letArrive({ network, plan, program }: Stage): Promise<void> {
  for (const { name } of program.uplinks) {
    const { isp, addresses } = ispOf({ network, plan }, name);
    for (const family of [4, 6] as const) {
      const [way] = addresses.filter((each) => each.includes(':') === (family === 6));
      if (way === undefined) continue;
      await ipBatch(
        isp,
        [
          'rule add pref 10 lookup local',
          'rule del pref 0',
          `route add default via ${bare(way)} dev ${CUSTOMER} onlink table ${TO_CUSTOMER}`,
        ],
        family,
      );
    }
  }
}

/** A packet comes from the internet, by an uplink, for somebody beyond the router. */
async function arrive(
  stage: Stage,
  packet: Packet,
  uplink: Uplink,
  done: Set<string>,
): Promise<Undo> {
  const { network, plan } = stage;
  const { family, mac, source, destination } = packet;
  const { name, isp } = ispOf(stage, uplink.name);
  const isNew = (what: string): boolean => {
    const key = `${name} ${what}`;
    return !done.has(key) && done.add(key) !== undefined;
  };
  const [from = bug('a packet of nobody')] = textOf(family, source);
  const [to = bug('a packet to nobody')] = textOf(family, destination);
  const undo: Undo[] = [];
  if (isNew('MAC')) {
    await isp.run('ip', ['link', 'set', CUSTOMER, 'address', formatMac(Number(mac))]);
    await network.router.run('ip', ['neigh', 'flush', 'dev', uplink.device]);
  }
  if (isNew(`to ${to}`)) {
    const rule = `pref 5 to ${whole(to)} lookup ${TO_CUSTOMER}`;
    await ipBatch(isp, [`rule add ${rule}`], family);
    undo.push(() => ipBatch(isp, [`rule del ${rule}`], family));
  }
  if (isNew(`from ${from}`)) undo.push(await visit(isp, from, plan));
  return async () => {
    for (const each of undo) await each();
  };
}

/** Somebody on the internet is at an ISP. */
export async function visit(isp: Namespace, address: string, plan: LabPlan): Promise<Undo> {
  await ipBatch(isp, [`addr replace ${whole(address)} dev lo`]);
  if (internetOf(plan.network).includes(address)) return async () => {};
  return () => ipBatch(isp, [`addr del ${whole(address)} dev lo`]);
}

/** An uplink's ISP, and what its customer has on the line. */
export function ispOf({ network, plan }: Pick<Stage, 'network' | 'plan'>, uplink: string) {
  const name = plan.isps.get(uplink) ?? bug('an uplink to no ISP');
  return {
    name,
    isp: network.isps.get(name) ?? bug('an ISP without a namespace'),
    addresses: plan.network.uplinks[name]?.addresses ?? [],
  };
}

export async function ipBatch(
  namespace: Namespace,
  lines: readonly string[],
  family?: Family,
): Promise<void> {
  if (lines.length === 0) return;
  const only = family === undefined ? [] : [`-${family}`];
  await namespace.run('ip', [...only, '-batch', '-'], `${lines.join('\n')}\n`);
}

const unique = <T>(values: readonly T[]): T[] => [...new Set(values)];
