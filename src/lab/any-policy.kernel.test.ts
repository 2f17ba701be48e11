import { execa } from 'execa';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { bug } from '../bug.ts';
import { compile } from '../compile.ts';
import type { Artefact } from '../emit/artefact.ts';
import type { BackendName } from '../emit/backends.ts';
import { readMap } from '../emit/map/read-map.ts';
import { listRuleset } from '../host/live-state.ts';
import { nftSteps } from '../plan/nft-steps.ts';
import { type NftTable, parseNftTable, settledText } from '../plan/nft-table.ts';
import { policyCounts } from '../plan/policy-counts.ts';
import { positionOf } from '../text/source.ts';

/** Policies of all that is compiled, put together at random: whatever comes out must load. */
const pick = (...texts: string[]): fc.Arbitrary<string> => fc.constantFrom(...texts);
const list = (one: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.array(one, { minLength: 1, maxLength: 4 }).map((items) => [...new Set(items)].join(', '));
const not = (kind: string, values: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.tuple(fc.boolean(), values).map(([no, text]) => `${kind} ${no ? 'not ' : ''}${text}`);

const four = pick(
  '192.168.0.1',
  '@sites',
  '192.168.0.0/24',
  '10.0.0.0/8',
  '10.1.0.0-10.1.2.9',
  '@nets4',
);
const six = pick('fd00::1', '@more', 'fd00::/64', '2001:db8::-2001:db8::ff', '@nets6');
const nets = fc.oneof(list(four), list(six), list(fc.oneof(four, six)));
const ports = list(pick('80', '81', '443', '8000-8080', 'domain', '@web', '1-1023'));
const protocol = fc.oneof(
  fc.tuple(pick('tcp', 'udp', 'tcp,udp', 'sctp'), ports).map(([name, text]) => `${name} ${text}`),
  not('tcp', ports),
  fc.tuple(ports, ports).map(([to, from]) => `udp ${to} sport ${from}`),
  pick('tcp', 'not udp', 'icmp', 'icmp echo-request', 'icmpv6 not 128, 129', 'proto gre, esp'),
);
const arrival = not('in', list(pick('lan0', 'lan1', 'guest*', '"a;{}$(x)"', 'eth2', 'c')));
const other = fc.oneof(
  not('mac', list(pick('00:00:5e:00:53:01', '00:00:5e:00:53:02', '@phones'))),
  not('dscp', list(pick('ef', 'cs1', '0', '63'))),
  not('mark', list(pick('0x1/0xff', '7', '0x0/0x80000000'))),
);
const sender = fc.oneof(
  not('mark', list(pick('0x1/0xff', '7', '0x0/0x80000000'))),
  not('cgroup', pick('"a.slice"', '"a.slice/b@{1}*"')),
);
const some = (match: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.option(match, { nil: '' }).map((text) => text.trim());
const target = pick(
  'main',
  'drop',
  'reject',
  'a',
  'b snat 192.0.2.2',
  'b snat 192.0.2.2, 192.0.2.9, 2001:db8:b::2-2001:db8:b::4',
  'c nonat',
  'a else b',
  'b masquerade else c else main',
  'a else "l.te" else drop',
  'c else reject',
  'balance a 3, b 1',
  'balance a, b 2, c 4 by source else reject',
  'balance b, c by source-destination else a',
);
const matches = (local: boolean): fc.Arbitrary<string[]> =>
  fc
    .tuple(
      some(not('from', nets)),
      some(not('to', nets)),
      some(protocol),
      some(local ? not('user', list(pick('0', '1000', 'nobody', 'www-data', 'no-such'))) : arrival),
      some(local ? sender : other),
      some(not('time', pick('22:00-06:00 fri-sun', '08:00-24:00', '12:00-13:00 mon, wed'))),
      pick('', '', 'ipv4', 'ipv6'),
    )
    .map((texts) => texts.filter((text) => text !== ''));
const route = fc.boolean().chain((local) =>
  fc.tuple(matches(local), target).map(([texts, to]) => {
    return ['route', ...(local ? ['local'] : []), ...texts, 'via', to].join(' ');
  }),
);
const forward = pick(
  'forward tcp 8443 on a, b to 192.168.0.10:443',
  'forward tcp,udp 7000-7005, 7010 on b to 192.168.0.10:80',
  'forward udp 7000-7005 on b to [fd00::10]:8000-8005',
);
const head = [
  'uplink a dev eth2 gateway 198.51.100.1, fe80::1 masquerade weight 2',
  'uplink b dev eth3 gateway 192.0.2.1 address 192.0.2.2/24, 192.0.2.9, 2001:db8:b::2/64, 2001:db8:b::3, 2001:db8:b::4 snat 192.0.2.2',
  'uplink c dev wg0 mtu-clamp',
  'uplink "l.te" dev "wwan0.7" gateway 203.0.113.129 nonat',
  'set nets4 = 172.16.0.0/12, 192.168.7.7',
  'set nets6 = fd00:1::/64',
  'set web = 80, 443, 8443',
  'set sites domains example.com, example.net',
  'set more domains www.example.com',
  'set phones = 00:00:5e:00:53:10',
];
const options = pick('', 'option counters off', 'option mark-mask 0xff00', 'option priority 300');
const policy = fc
  .tuple(options, fc.array(fc.oneof({ arbitrary: route, weight: 8 }, forward), { maxLength: 25 }))
  .map(([option, lines]) => [option, ...head, ...lines].join('\n'));

/** The artefacts of what is left when the lines that contradict themselves are taken out. */
function sound(text: string, backend: BackendName): readonly Artefact[] {
  const entry = { name: 'p.route', base: 'p', bytes: new TextEncoder().encode(text) };
  const read = () => ({ refused: 'no files' });
  const { artefacts, diagnostics } = compile(entry, read, undefined, backend);
  if (artefacts.length > 0) return artefacts;
  const wrong = diagnostics
    .filter(({ severity }) => severity === 'error')
    .map(({ labels: [{ span }] }) => positionOf(span.source, span.start).line);
  expect(wrong, text).not.toEqual([]);
  return sound(
    text
      .split('\n')
      .filter((_, index) => !wrong.includes(index + 1))
      .join('\n'),
    backend,
  );
}

const RUNS = Number(process.env.ROUTEC_RUNS ?? 60);

it('whatever compiles is loaded by nft and ip, twice', async () => {
  let loaded = 0;
  await fc.assert(
    fc.asyncProperty(policy, async (text) => {
      const artefacts = sound(text, 'nft');
      const of = (suffix: string) => artefacts.find((each) => each.suffix === suffix)?.text ?? '';
      expect(artefacts).not.toEqual([]);
      loaded += 1;
      const nft = of('nft');
      const listed = ['sh', '-ec', 'nft -f - && nft -n list table inet routec'];
      const listing = await load(listed, `${nft}\n${nft}`);
      // As it lists it, each count has an owner.
      const map = readMap(of('map.json'));
      expect(map && policyCounts(nft, map, parseNftTable(listing)).strangers).toEqual([]);
      for (const [end, words] of [
        ['', ['ip', '-batch', '-']],
        ['6', ['ip', '-6', '-batch', '-']],
      ] as const) {
        const files = ['guard.ip', 'ip', 'down.ip', 'ip'].map((name) => of(`${name}${end}`));
        await load(words, `link set lo up\n${files.join('')}`);
      }
    }),
    { numRuns: RUNS },
  );
  expect(loaded).toBe(RUNS);
});

it('what is live and what changes of it come to what the full file loads', async () => {
  await fc.assert(
    fc.asyncProperty(policy, policy, async (before, after) => {
      const [first, last] = [before, after].map(
        (text) => sound(text, 'nft').find(({ suffix }) => suffix === 'nft')?.text ?? bug('none'),
      ) as [string, string];
      const [wanted, live] = (await listings([last], [first])) as [NftTable, NftTable];
      const steps = nftSteps(wanted, live).map(({ run: { stdin } }) => stdin ?? bug('none'));
      const [changed] = (await listings([first, ...steps])) as [NftTable];
      expect(settled(changed), `${before}\n--- to\n${after}`).toEqual(settled(wanted));
    }),
    { numRuns: RUNS / 3 },
  );
});

/** What nft lists once it has loaded texts one after the other, each list of them from nothing. */
async function listings(...lists: (readonly string[])[]): Promise<NftTable[]> {
  const script = lists.map((texts) =>
    [
      ...texts.map((text) => `nft -f - <<'END'\n${text}\nEND`),
      listRuleset(false).argv.join(' '),
      'echo ======',
      'nft delete table inet routec',
    ].join('\n'),
  );
  const listed = (await load(['sh', '-e'], script.join('\n'))).split('======');
  return lists.map((_, at) => parseNftTable(listed[at] ?? bug('no listing')));
}

/** A table, whatever the order of what stands in it; that of rules counts. */
const settled = (table: NftTable): string[] =>
  [...table.values()]
    .map(({ content, ...block }) => {
      const inOrder = block.keyword === 'chain' ? content : [...content].sort();
      return `${block.name} ${settledText({ ...block, content: inOrder })}`;
    })
    .sort();

it('whatever compiles is loaded by ipset, iptables-nft and iptables-legacy, twice, and taken away', async () => {
  let loaded = 0;
  await fc.assert(
    fc.asyncProperty(policy, async (text) => {
      const artefacts = sound(text, 'iptables');
      const of = (suffix: string) => artefacts.find((each) => each.suffix === suffix)?.text ?? '';
      expect(artefacts).not.toEqual([]);
      loaded += 1;
      const sets = of('ipset');
      for (const variant of ['nft', 'legacy']) {
        for (const tables of ['iptables', 'ip6tables']) {
          const restore = `${tables}-${variant}-restore -w --noflush`;
          const absent = artefacts.filter(({ suffix }) => suffix.endsWith(`.absent.${tables}`));
          const steps = [
            ['ipset -exist restore', sets],
            ['ipset -exist restore', sets],
            ...absent.map((each) => [restore, each.text]),
            [restore, of(tables)],
            [restore, of(`hook.${tables}`)],
            [restore, of(tables)],
            [restore, of(`down.${tables}`)],
            ['ipset -exist restore', of('down.ipset')],
          ];
          const script = steps.map(([tool, input]) => `${tool} <<'END'\n${input}\nEND`);
          await load(['sh', '-e'], `${script.join('\n')}\ntest -z "$(ipset list -n)"\n`);
        }
      }
    }),
    { numRuns: RUNS / 2 },
  );
  expect(loaded).toBe(RUNS / 2);
});

/** In a network namespace of its own, which is gone with the tool. */
async function load(words: readonly string[], input: string): Promise<string> {
  return (await execa('unshare', ['-n', ...words], { input })).stdout;
}
