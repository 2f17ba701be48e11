import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { bug } from '../bug.ts';
import { check, compile, type Entry } from '../compile.ts';
import type { BackendName } from '../emit/backends.ts';
import { writeArtefacts } from '../host/artefact-folder.ts';
import { evaluate, type Outcome } from '../model/evaluate.ts';
import type { Packet } from '../model/packet.ts';
import type { Program } from '../model/program.ts';
import { formatAddress, scanAddress } from '../net/address.ts';
import { deviceInterval } from '../net/device-name.ts';
import { isFault } from '../net/fault.ts';
import { findArtefacts } from './artefacts.ts';
import { INTERNET } from './internet.ts';
import { type Iptables, load } from './load.ts';
import { withNetwork } from './network.ts';
import type { NetworkPlan } from './network-plan.ts';
import { runPackets } from './packets.ts';
import type { Question, Step } from './read-packets.ts';

/** Random policies and random packets: what the model says, the kernel must do, by each ruleset. */
const PLAN: NetworkPlan = {
  lans: [
    {
      device: 'lan0',
      addresses: ['192.168.0.1/24', 'fd00:0:0:1::1/64'],
      hosts: ['192.168.0.10', '192.168.0.11', '192.168.0.228', 'fd00:0:0:1::10'],
    },
    { device: 'lan1', addresses: ['192.168.1.1/24'], hosts: ['192.168.1.50'] },
  ],
  uplinks: {
    eth2: {
      addresses: ['198.51.100.2/24', '2001:db8:a::2/64'],
      gateways: ['198.51.100.1', '2001:db8:a::1'],
    },
    eth3: {
      addresses: ['1.2.3.3/24', '1.2.3.5/24', '2001:db8:b::2/64'],
      gateways: ['1.2.3.4', '2001:db8:b::1'],
    },
    eth4: { addresses: ['192.0.2.2/24'], gateways: ['192.0.2.1'] },
  },
  main: 'eth2',
};
const HEAD = [
  'uplink cable dev eth2 gateway 198.51.100.1, 2001:db8:a::1 masquerade weight 2',
  'uplink dsl dev eth3 gateway 1.2.3.4, 2001:db8:b::1 address 1.2.3.3/24, 1.2.3.5/24, 2001:db8:b::2/64 snat 1.2.3.3, 2001:db8:b::2',
  'uplink lte dev eth4 gateway 192.0.2.1 masquerade',
];
const MAIN = 'cable';

const pick = (...texts: string[]): fc.Arbitrary<string> => fc.constantFrom(...texts);
const list = (one: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.uniqueArray(one, { minLength: 1, maxLength: 3 }).map((texts) => texts.join(', '));
const not = (kind: string, values: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(fc.integer({ min: 0, max: 3 }), values)
    .map(([no, text]) => `${kind} ${no === 0 ? 'not ' : ''}${text}`);
const or = (match: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof({ weight: 2, arbitrary: fc.constant('') }, match);

const hosts = pick('192.168.0.10', '192.168.0.11', '192.168.0.8/29', '192.168.0.9-192.168.0.227');
const sources = fc.oneof(list(hosts), pick('fd00:0:0:1::/64', 'fd00:0:0:1::10', '192.168.1.0/24'));
const servers = pick(
  '203.0.113.80',
  '203.0.113.80-203.0.113.81',
  '203.0.113.0/24',
  '2001:db8:f::/64',
);
const ports = list(pick('80', '81', '443', '80-442', '444-65535'));
const protocol = fc.oneof(
  fc.tuple(pick('tcp', 'udp', 'tcp,udp'), ports).map(([name, text]) => `${name} ${text}`),
  not('tcp', ports),
  pick('tcp', 'udp', 'not udp', 'not tcp', 'proto not udp, icmp', 'icmp'),
);
const arrival = not('in', list(pick('lan0', 'lan1', 'lan*', 'wlan0')));
const target = pick(
  'cable',
  'dsl',
  'dsl snat 1.2.3.5',
  'dsl masquerade',
  'lte',
  'main',
  'reject',
  'drop',
  'dsl else cable',
  'lte else dsl snat 1.2.3.5 else main',
  'dsl else lte else drop',
  'lte else reject',
  'cable else dsl',
);
const rule = fc
  .boolean()
  .chain((local) =>
    fc
      .tuple(
        or(local ? fc.constant('') : not('from', sources)),
        or(not('to', list(servers))),
        or(protocol),
        or(local ? not('user', pick('0', '1000')) : arrival),
        target,
      )
      .map(([from, to, what, which, via]) =>
        ['route', local ? 'local' : '', from, to, what, which, 'via', via]
          .filter(Boolean)
          .join(' '),
      ),
  );

const asked = fc.record({
  from: fc.constantFrom(
    ...['192.168.0.10', '192.168.0.11', '192.168.0.228', '192.168.1.50', 'fd00:0:0:1::10', ''],
  ),
  to: fc.constantFrom(...INTERNET),
  protocol: fc.constantFrom('tcp' as const, 'tcp' as const, 'udp' as const),
  port: fc.constantFrom(79, 80, 81, 442, 443, 444),
});
type Asked = typeof asked extends fc.Arbitrary<infer T> ? T : never;

const scan = (text: string) => {
  const scanned = scanAddress(text);
  return isFault(scanned) ? bug(scanned.fault) : scanned.value;
};

function packetOf({ from, to, protocol: name, port }: Asked): Packet {
  const { family, value: destination } = scan(to);
  const common = {
    family,
    destination,
    port,
    protocol: name === 'tcp' ? 6 : 17,
    dscp: 0,
    mark: 0,
  };
  if (from === '') return { ...common, local: true, user: 0 };
  const device = deviceInterval(from === '192.168.1.50' ? 'lan1' : 'lan0', false)[0];
  return { ...common, local: false, device, source: scan(from).value };
}

/** What the lab should see of it. */
function questionOf(question: Asked, outcome: Outcome, up: ReadonlySet<string>): Question {
  const { from, to, protocol: name, port } = question;
  const text = `${name} ${from} -> ${to}:${port}`;
  const step = {
    asker: { kind: from === '' ? 'router' : 'host' },
    protocol: name,
    from: from === '' ? undefined : from,
    to,
    port,
    text,
  } as const;
  if (outcome.kind === 'main') return { ...step, answerer: up.has(MAIN) ? 'eth2' : null };
  if (outcome.kind !== 'uplink') return { ...step, answerer: null };
  const { nat, uplink } = outcome;
  const range = nat.kind === 'snat' ? nat.ranges[0] : undefined;
  const as =
    range === undefined
      ? undefined
      : formatAddress({ family: range.family, value: range.low } as Parameters<
          typeof formatAddress
        >[0]);
  // A packet of the router's own that has the uplink's address already keeps it.
  return { ...step, answerer: uplink.device, as: from === '' ? undefined : as };
}

const entryOf = (text: string): Entry => ({
  name: 'p.route',
  base: 'p',
  bytes: new TextEncoder().encode(text),
});
const read = () => ({ refused: 'no files' });

/** The policy of those rules that are sound. */
function soundPolicy(rules: readonly string[]): { text: string; program: Program } {
  const kept = rules.filter(
    (each) => check(entryOf([...HEAD, each].join('\n')), read, undefined).program !== undefined,
  );
  const text = [...HEAD, ...kept].join('\n');
  return { text, program: check(entryOf(text), read, undefined).program ?? bug('not sound') };
}

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'routec-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const POLICIES = Number(process.env.ROUTEC_RUNS ?? 3);
const TIMEOUT = 60_000 + POLICIES * 20_000;
const PACKETS = 24;
const seed = Number(process.env.ROUTEC_SEED ?? Date.now() % 2 ** 31);

it.each([
  ['nft', 'nft', 'nft'],
  ['iptables-nft', 'iptables', 'nft'],
  ['iptables-legacy', 'iptables', 'legacy'],
] as const)(
  'the model and %s agree',
  async (_, backend: BackendName, iptables: Iptables) => {
    const policies = fc.sample(
      fc.tuple(
        fc.array(rule, { minLength: 4, maxLength: 14 }),
        fc.array(asked, { minLength: PACKETS, maxLength: PACKETS }),
        fc.subarray(['cable', 'dsl', 'lte']),
      ),
      { numRuns: POLICIES, seed },
    );
    for (const [rules, questions, down] of policies) {
      const { text, program } = soundPolicy(rules);
      const { artefacts } = compile(entryOf(text), read, undefined, backend);
      const written = writeArtefacts(folder, 'p', artefacts, undefined);
      const files = findArtefacts(folder);
      if (files === undefined) bug(JSON.stringify(written));
      const ask = (some: readonly Asked[], up: ReadonlySet<string>): Step[] =>
        some.flatMap((each) => {
          if (each.from !== '' && each.from.includes(':') !== each.to.includes(':')) return [];
          const { outcomes } = evaluate(program, packetOf(each), up);
          return outcomes.map(({ outcome }): Step => {
            const question = questionOf(each, outcome, up);
            return { kind: 'questions', questions: [question], text: question.text };
          });
        });
      const all = new Set(program.uplinks.map(({ name }) => name));
      const left = new Set([...all].filter((name) => !down.includes(name)));
      const links = program.uplinks.filter(({ name }) => down.includes(name));
      const steps: Step[] = [
        ...ask(questions.slice(0, PACKETS / 2), all),
        ...links.map(
          ({ device }): Step => ({ kind: 'link', device, set: 'down', text: `down ${device}` }),
        ),
        ...ask(questions.slice(PACKETS / 2), left),
      ];
      await withNetwork(PLAN, async (network) => {
        await load(network.router, files, undefined, iptables);
        const complaints = await runPackets(network, files, steps, iptables);
        expect(complaints, `ROUTEC_SEED=${seed}, down: ${down}\n${text}`).toEqual([]);
      });
      rmSync(folder, { recursive: true });
    }
  },
  TIMEOUT,
);
