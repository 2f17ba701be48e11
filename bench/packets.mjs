// What a router costs a packet, with plain forwarding, without a policy, and with N rules for a host each of
// which the last one fits. Each case has a network of its own, on one ground: a sender, a router, and a sink
// that throws frames away at its door. Frames go out by sendmmsg from a packet socket, at the highest
// priority, on one core, and the kernel does all that becomes of them there and then: sender, router and sink
// share that core. Runs are short and interleaved, and the best of each counts, for a busy machine only ever
// slows them down.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { basename, join } from 'node:path';
import { openSource } from '../scripts/open-source.mjs';
import { plot } from './plot.mjs';

const ROUNDS = 15;
/** Seconds of one long flow; and the most that new ones may take. */
const SECONDS = 0.1;
const NEW_FLOWS = 20_000;

const UPLINKS = [
  'uplink cable dev eth2 gateway 198.51.100.1 address 198.51.100.2/24 masquerade',
  'uplink dsl dev eth3 gateway 192.0.2.1 address 192.0.2.2/24 snat 192.0.2.2',
];
const host = (at) => `10.${1 + (at >> 16)}.${(at >> 8) & 255}.${at & 255}`;
const hosts = (count) => Array.from({ length: count }, (_, at) => host(at));

const routec = (backend, count, iptables) => ({
  rules: count,
  leaves: 'eth3',
  load: async ({ router, ground, source }) => {
    const { load } = await source.load('src/lab/load.ts');
    const { findArtefacts } = await source.load('src/lab/artefacts.ts');
    const { ROUTEC } = await source.load('src/lab/place.ts');
    const folder = mkdtempSync(join(ground.folder, 'policy-'));
    const at = join(ground.at, basename(folder));
    const rules = hosts(count).map((each) => `route host ${each} via dsl`);
    writeFileSync(join(folder, 'policy.route'), `${[...UPLINKS, ...rules].join('\n')}\n`);
    const words = ['compile', join(at, 'policy.route'), '--backend', backend];
    await router.run(process.execPath, [ROUTEC, ...words]);
    await load(router, findArtefacts(folder, at), undefined, iptables);
    rmSync(folder, { recursive: true });
  },
});

/** As in the how-to, and as ferm, Shorewall and FireHOL come to it: a rule a line. */
const howto = (count, iptables) => ({
  rules: count,
  leaves: 'eth3',
  load: async ({ router }) => {
    await router.run('ip', ['route', 'add', 'default', 'via', '192.0.2.1', 'table', '4']);
    await router.run('ip', ['rule', 'add', 'fwmark', '4', 'table', '4']);
    const marks = hosts(count).map((each) => `-A PREROUTING -s ${each} -j MARK --set-mark 4`);
    const text = [
      ...['*mangle', ...marks, 'COMMIT'],
      ...['*nat', '-A POSTROUTING -o eth3 -j SNAT --to-source 192.0.2.2', 'COMMIT', ''],
    ].join('\n');
    await router.run(`iptables-${iptables}-restore`, [], text);
  },
});

const SOURCE_NAT = `
  chain source_nat {
    type nat hook postrouting priority 100; policy accept;
    oifname { "eth2", "eth3" } masquerade
  }`;
const FLOOR = `table inet floor {${SOURCE_NAT}
}
`;
/** What keeps a connection on the uplink that was chosen for it, and nothing else. */
const BY_HAND = `table inet by_hand {
  chain choose {
    type filter hook prerouting priority -140; policy accept;
    iifname != "lan0" accept
    ct mark != 0 meta mark set ct mark accept
    ip saddr ${host(0)} ct mark set 4 meta mark set 4
  }${SOURCE_NAT}
}
`;
/** A ruleset, and two tables that are asked by mark. */
const marked =
  (ruleset) =>
  async ({ router }) => {
    await router.run('nft', ['-f', '-'], ruleset);
    for (const mark of ['4', '5']) {
      await router.run('ip', ['route', 'add', 'default', 'via', '192.0.2.1', 'table', mark]);
      await router.run('ip', ['rule', 'add', 'fwmark', mark, 'table', mark]);
    }
  };
const PLAIN_NAME = 'plain forwarding';
const FLOOR_NAME = 'no policy: conntrack, NAT, two fwmark rules';

const CASES = [
  { name: PLAIN_NAME, leaves: 'eth2', load: async () => {} },
  { name: FLOOR_NAME, leaves: 'eth2', load: marked(FLOOR) },
  { name: 'by hand: one mark, kept and restored', leaves: 'eth3', load: marked(BY_HAND) },
  ...[1, 1000, 100_000].flatMap((count) => [
    { name: 'routec, nft', ...routec('nft', count) },
    { name: 'routec, iptables and ipset', ...routec('iptables', count, 'nft') },
    { name: 'a MARK rule a line, iptables-legacy', ...howto(count, 'legacy') },
  ]),
  ...[1, 1000].map((count) => ({
    name: 'a MARK rule a line, iptables-nft',
    ...howto(count, 'nft'),
  })),
];

/** Prints a table, and draws a plot. */
export async function packets({ svg }) {
  const source = await openSource();
  const { startGround } = await source.load('src/lab/ground.ts');
  const started = await startGround();
  if ('refused' in started) throw new Error(`no namespaces: ${started.refused}`);
  const { ground, end } = started;
  try {
    const networks = [];
    for (const [at, each] of CASES.entries()) {
      networks.push({ ...each, ...(await build(each, `case-${at}`, ground, source)), rounds: [] });
    }
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const each of networks) each.rounds.push(await measure(each));
    }
    const results = compare(networks);
    print(results);
    if (svg !== undefined) {
      mkdirSync(svg, { recursive: true });
      writeFileSync(join(svg, 'packets.svg'), draw(results));
    }
  } finally {
    await end();
    await source.close();
  }
}

/** A sender, a router that is set up, and a sink. */
async function build({ load, rules = 1 }, name, ground, source) {
  const { addNamespaces } = await source.load('src/lab/namespace.ts');
  const labels = ['lan', 'router', 'sink'].map((label) => `${name}-${label}`);
  const [lan, router, sink] = await addNamespaces(labels, ground);
  // The neighbours' addresses are nobody's, so that the sink takes nothing for its own.
  const lines = [
    `link add lan0 type veth peer name router netns ${lan.name}`,
    'link set lan0 up',
    'addr add 10.0.0.1/8 dev lan0',
    ...[
      ['eth2', '198.51.100'],
      ['eth3', '192.0.2'],
    ].flatMap(([device, net]) => [
      `link add ${device} type veth peer name ${device} netns ${sink.name}`,
      `link set ${device} up`,
      `addr add ${net}.2/24 dev ${device}`,
      `neigh add ${net}.1 lladdr 02:00:00:00:00:99 dev ${device} nud permanent`,
    ]),
    'route add default via 198.51.100.1',
  ];
  await router.run('sysctl', ['-qw', 'net.ipv4.ip_forward=1', 'net.ipv4.conf.all.rp_filter=0']);
  await router.run('ip', ['-batch', '-'], `${lines.join('\n')}\n`);
  for (const device of ['eth2', 'eth3']) await sink.run('ip', ['link', 'set', device, 'up']);
  await lan.run('ip', ['link', 'set', 'router', 'up']);
  await load({ router, ground, source });

  const [{ address: to }] = JSON.parse(await router.run('ip', ['-j', 'link', 'show', 'lan0']));
  const { frame } = await source.load('src/lab/frame.ts');
  const { startSender } = await source.load('src/lab/start-sender.ts');
  const of = (from) =>
    frame({
      to,
      source: host(rules - 1),
      destination: '203.0.113.80',
      carries: { kind: 'udp', from, port: 9 },
    });
  const core = cpus().length - 1;
  const one = Buffer.concat(Array(256).fill(of(1000)));
  const many = Buffer.concat(Array.from({ length: NEW_FLOWS }, (_, at) => of(1024 + at)));
  return {
    router,
    sink,
    flow: await startSender(lan, 'router', one, core),
    fresh: await startSender(lan, 'router', many, core),
  };
}

/** Packets a second of one flow, and of new ones; those that arrived where they should. */
async function measure({ router, sink, leaves, name, flow, fresh }) {
  const through = async (send) => {
    const before = await arrived(sink, leaves);
    const { packets, seconds } = await send();
    const got = (await arrived(sink, leaves)) - before;
    if (got < packets * 0.99)
      throw new Error(`${name}: of ${packets} packets, ${got} by ${leaves}`);
    return got / seconds;
  };
  await flow.flood(1, 256);
  const open = await through(() => flow.flood(SECONDS, Number.MAX_SAFE_INTEGER));
  const begun = await through(() => fresh.flood(SECONDS, NEW_FLOWS));
  await router.run('conntrack', ['-F']);
  return { open, begun };
}

async function arrived(sink, device) {
  const [link] = JSON.parse(await sink.run('ip', ['-s', '-j', 'link', 'show', 'dev', device]));
  return link.stats64.rx.packets;
}

function compare(networks) {
  const best = networks.map(({ name, rules, rounds }) => ({
    name,
    rules,
    open: Math.max(...rounds.map(({ open }) => open)),
    begun: Math.max(...rounds.map(({ begun }) => begun)),
  }));
  const find = (wanted) => best.find(({ name }) => name === wanted);
  const [plain, floor] = [find(PLAIN_NAME), find(FLOOR_NAME)];
  return best.map((its) => ({
    ...its,
    ofPlain: its.open / plain.open,
    ofFloor: its.open / floor.open,
    begunOfFloor: its.begun / floor.begun,
  }));
}

function print(results) {
  console.log(
    `The best of ${ROUNDS} interleaved rounds; sendmmsg from a packet socket; sender, router and sink share a core\n`,
  );
  console.log(
    '| on the router | rules | packets/s | of plain | of no policy | new flows/s | of no policy |',
  );
  console.log('|---|---:|---:|---:|---:|---:|---:|');
  for (const { name, rules, open, begun, ofPlain, ofFloor, begunOfFloor } of results) {
    const whole = (number) => Number(number.toPrecision(3)).toLocaleString('en');
    const count = rules?.toLocaleString('en') ?? '';
    const share = (number) => number.toPrecision(2);
    console.log(
      `| ${name} | ${count} | ${whole(open)} | ${share(ofPlain)} | ${share(ofFloor)} | ${whole(begun)} | ${share(begunOfFloor)} |`,
    );
  }
}

function draw(results) {
  const names = [...new Set(results.filter(({ rules }) => rules).map(({ name }) => name))];
  return plot({
    title: 'Packets a second of an open connection, against plain forwarding',
    x: { label: 'rules for a host, the last of which fits', at: [1, 1000, 100_000] },
    level: {
      label: 'no policy: conntrack and NAT',
      y: results.find(({ name }) => name === FLOOR_NAME).ofPlain,
    },
    lines: names.map((name) => ({
      name,
      points: results
        .filter((each) => each.name === name)
        .map(({ rules, ofPlain }) => ({ x: rules, y: ofPlain })),
    })),
  });
}
