import { setTimeout } from 'node:timers/promises';
import { bug } from '../bug.ts';
import { frame } from './frame.ts';
import { CUSTOMER } from './internet.ts';
import type { Namespace } from './namespace.ts';
import type { Network } from './network.ts';
import { HOSTS } from './network-plan.ts';
import { type Sender, type Sent, startSender } from './start-sender.ts';
import { LANES, type Lane, roundOf, stormFrames } from './storm-lanes.ts';

/** What became of the packets. */
export interface Storm {
  /** How often it came to it. */
  readonly reloads: number;
  readonly seconds: number;
  /** Packets, of all lanes. */
  readonly sent: number;
  /** How many of them began a connection. */
  readonly begun: number;
  /** Packets that should have got through, and did not. */
  readonly lost: number;
  /** Of these, what a wire's own queue had no room for: the router's rules never saw it, or no more. */
  readonly overflowed: number;
  /** Packets that left by another uplink than a policy said, or with another's address. */
  readonly misrouted: number;
  /** Each lane that lost, or lost its way, in words. */
  readonly findings: readonly string[];
}

/** A way to make one policy follow another. */
export interface Reloading {
  /** The policies that follow one another, the first after the last, by their places in `STORM_POLICIES`. */
  readonly policies: readonly number[];
  readonly reload: (to: number, from: number) => Promise<void>;
}

/**
 * Reloads a router on which the first policy runs, again and again, while packets pass: each new
 * connection has to leave as the old policy says or as the new one does, as the new one alone once it is
 * loaded, and an open one as it did before.
 *
 * @param rate packets a second
 * @param most how often it reloads, unless the seconds are over before
 */
export async function storm(
  network: Network,
  rate: number,
  most: { readonly reloads: number; readonly seconds?: number },
  { policies, reload }: Reloading,
): Promise<Storm> {
  const policyAt = (count: number): number =>
    policies[count % policies.length] ?? bug('no policy to load');
  await prepare(network);
  const senders = await startSenders(network, rate);
  try {
    await warmUp(senders);
    const first = await look(network);
    const queued = await overflow(network);
    const account = new Map<string, number>();
    let last = first;
    let reloads = 0;
    const end = Date.now() + (most.seconds ?? Number.POSITIVE_INFINITY) * 1000;
    for (const { sender, share } of senders) sender.pace(rate * share);
    for (; reloads < most.reloads && Date.now() < end; reloads += 1) {
      const [from, to] = [policyAt(reloads), policyAt(reloads + 1)];
      last = await passed(network, last, [from], account);
      await reload(to, from);
      last = await passed(network, last, [from, to], account);
    }
    const sent = await halt(senders);
    await setTimeout(SETTLED);
    await passed(network, last, [policyAt(reloads)], account);
    return settle(senders, sent, first, await look(network), account, {
      reloads,
      overflowed: (await overflow(network)) - queued,
    });
  } finally {
    for (const { sender } of senders) await sender.stop();
  }
}

/** Milliseconds, after which nothing is on its way any more. */
const SETTLED = 200;

interface Lines {
  readonly at: Lane['at'];
  readonly sender: Sender;
  readonly round: readonly Lane[];
  /** Of all packets. */
  readonly share: number;
}

/** Counts what arrives, by what tells the lanes apart, and throws it away. */
const COUNTING = `table inet storm { }
delete table inet storm
table inet storm {
  set datagrams {
    type inet_service
    size 1024
    flags dynamic
  }
  set asked {
    typeof icmp sequence
    size 1024
    flags dynamic
  }
  set answered {
    typeof icmp sequence
    size 1024
    flags dynamic
  }
  chain arrival {
    type filter hook prerouting priority -290; policy accept;
    meta l4proto udp update @datagrams { udp dport counter } drop
    icmp type echo-request update @asked { icmp sequence counter }
    icmp type echo-reply update @answered { icmp sequence counter } drop
  }
}
`;

/** Seconds: a connection is to be forgotten before its like begins anew. */
const FORGOTTEN = 2;
const ANEW = FORGOTTEN + 0.5;

async function prepare(network: Network): Promise<void> {
  // What an earlier storm began goes as its last policies said, until it is forgotten.
  await network.router.run('conntrack', ['-F']);
  for (const place of places(network).values()) await place.run('nft', ['-f', '-'], COUNTING);
  const timeouts = ['udp_timeout', 'icmp_timeout'].map(
    (name) => `net.netfilter.nf_conntrack_${name}=${FORGOTTEN}`,
  );
  for (const place of [network.router, ...network.isps.values()]) {
    await place.run('sysctl', ['-qw', ...timeouts]);
  }
}

/** Where packets arrive: the LAN, and each ISP, by the router's device. */
const places = ({ lans, isps }: Network): ReadonlyMap<string, Namespace> =>
  new Map([...lans, ...isps]);

async function startSenders(network: Network, rate: number): Promise<Lines[]> {
  const rounds = (['lan0', 'eth3'] as const).map((at) => ({ at, round: roundOf(at) }));
  const all = rounds.reduce((sum, { round }) => sum + round.length, 0);
  const links: { ifname: string; address: string }[] = JSON.parse(
    await network.router.run('ip', ['-j', 'link', 'show']),
  );
  return Promise.all(
    rounds.map(async ({ at, round }) => {
      const mac = links.find(({ ifname }) => ifname === at)?.address ?? bug(`no ${at}`);
      const place = places(network).get(at) ?? bug(`no ${at}`);
      const frames = Buffer.concat(stormFrames(at, mac, Math.ceil((rate * ANEW) / all)).map(frame));
      const sender = await startSender(place, at === 'lan0' ? HOSTS : CUSTOMER, frames);
      return { at, sender, round, share: round.length / all };
    }),
  );
}

/** Neighbours are found, and the open connections open: some rounds, from the first frame on again. */
async function warmUp(senders: readonly Lines[]): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) {
    for (const { sender, round } of senders) await sender.flood(1, round.length);
    await setTimeout(SETTLED);
  }
}

/** Packets by place, and by what they are counted as. */
type Seen = ReadonlyMap<string, ReadonlyMap<string, number>>;

async function look(network: Network): Promise<Seen> {
  return new Map(
    await Promise.all(
      [...places(network)].map(async ([name, place]) => {
        const text = await place.run('nft', ['-j', 'list', 'table', 'inet', 'storm']);
        const { nftables }: { nftables: { set?: DynamicSet }[] } = JSON.parse(text);
        const counts = nftables.flatMap(({ set }) =>
          (set?.elem ?? []).map(
            ({ elem }) => [`${set?.name} ${elem.val}`, elem.counter.packets] as const,
          ),
        );
        const foreign = network.isps.has(name) ? (await network.seen(name)).foreign : 0;
        return [name, new Map([...counts, ['foreign', foreign]])] as const;
      }),
    ),
  );
}

interface DynamicSet {
  readonly name: string;
  readonly elem?: readonly {
    readonly elem: { readonly val: number; readonly counter: { readonly packets: number } };
  }[];
}

const countOf = (seen: Seen, place: string, what: string): number =>
  seen.get(place)?.get(what) ?? 0;

/** What of a lane is seen where it leaves. */
const leaving = ({ carries, at, key }: Lane): string =>
  `${carries === 'udp' ? 'datagrams' : at === 'lan0' ? 'asked' : 'answered'} ${key}`;

/** What of a lane shows that it got through, and where. */
function arrived(lane: Lane, seen: Seen): number {
  if (lane.carries === 'echo' && lane.at === 'lan0') {
    return countOf(seen, 'lan0', `answered ${lane.key}`);
  }
  return [...seen.keys()].reduce((sum, place) => sum + countOf(seen, place, leaving(lane)), 0);
}

/** Looks, and puts down what since the last look left by an uplink that none of these policies say. */
async function passed(
  network: Network,
  last: Seen,
  policies: readonly number[],
  account: Map<string, number>,
): Promise<Seen> {
  const seen = await look(network);
  const note = (what: string, packets: number): void => {
    if (packets > 0) account.set(what, (account.get(what) ?? 0) + packets);
  };
  for (const device of network.isps.keys()) {
    for (const lane of LANES) {
      if (policies.some((policy) => lane.ways[policy]?.includes(device))) continue;
      const what = leaving(lane);
      const when = policies.length > 1 ? 'during a reload' : 'between reloads';
      note(
        `${lane.name}: by ${device} ${when}`,
        countOf(seen, device, what) - countOf(last, device, what),
      );
    }
    const strays = countOf(seen, device, 'foreign') - countOf(last, device, 'foreign');
    note(`by ${device} with an address of another`, strays);
  }
  return seen;
}

const halt = (senders: readonly Lines[]): Promise<readonly Sent[]> =>
  Promise.all(senders.map(({ sender }) => sender.halt()));

function settle(
  senders: readonly Lines[],
  sent: readonly Sent[],
  first: Seen,
  last: Seen,
  account: ReadonlyMap<string, number>,
  counted: Pick<Storm, 'reloads' | 'overflowed'>,
): Storm {
  const findings = [...account].map(([what, packets]) => `${what}: ${packets} packets`);
  let [lost, begun] = [0, 0];
  for (const [at, { round }] of senders.entries()) {
    const packets = sent[at]?.packets ?? 0;
    for (const lane of new Set(round)) {
      const its = sentOf(lane, round, packets);
      if (lane.isFresh) begun += its;
      const missing = its - (arrived(lane, last) - arrived(lane, first));
      if (missing === 0 || lane.ways.every((ways) => ways.length === 0)) continue;
      lost += missing;
      findings.push(`${lane.name}: ${missing} of ${its} packets lost`);
    }
  }
  return {
    ...counted,
    seconds: Math.max(...sent.map(({ seconds }) => seconds)),
    sent: sent.reduce((sum, { packets }) => sum + packets, 0),
    begun,
    lost,
    misrouted: [...account.values()].reduce((a, b) => a + b, 0),
    findings,
  };
}

/** How many of so many packets were of a lane: whole rounds went before them. */
function sentOf(lane: Lane, round: readonly Lane[], packets: number): number {
  const its = (some: readonly Lane[]): number => some.filter((each) => each === lane).length;
  const rest = packets % round.length;
  return ((packets - rest) / round.length) * its(round) + its(round.slice(0, rest));
}

/** What wires had no room for so far: the queue of a processor that did not get its turn was full. */
async function overflow(network: Network): Promise<number> {
  let dropped = 0;
  for (const { run } of [network.router, ...places(network).values()]) {
    const links: { stats64: { tx: { dropped: number } } }[] = JSON.parse(
      await run('ip', ['-s', '-j', 'link', 'show', 'type', 'veth']),
    );
    dropped += links.reduce((sum, { stats64 }) => sum + stats64.tx.dropped, 0);
  }
  return dropped;
}
