// What N rules for a host cost to compile, by routec and by those who write firewalls of as many lines, and as a
// script that calls iptables line by line, which loads them as well. Times are of the processor, of whole
// processes, and the least of some interleaved runs. All of them run in network namespaces of their own: some
// ask the kernel what it can do. Nothing of theirs is loaded on the machine.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { timed } from './timed.mjs';

const ROUTEC = resolve(import.meta.dirname, '../dist/routec.js');
const RUNS = 3;
/** What takes longer is run once; in seconds. */
const LONG = 5;
const COUNTS = [10, 1000, 10_000];

const host = (at) => `10.${1 + (at >> 16)}.${(at >> 8) & 255}.${at & 255}`;
const alone = (...words) => ['unshare', '--net', '--mount', ...words];

/** Each with what it reads, what starts it, and the most rules for which it ends within a minute or so. */
const PEERS = [
  {
    name: 'routec',
    files: (hosts) => ({
      'policy.route': [
        'uplink dsl dev eth3 gateway 192.0.2.1 snat 192.0.2.2',
        ...hosts.map((each) => `route host ${each} via dsl`),
      ],
    }),
    words: [process.execPath, ROUTEC, 'compile', 'policy.route', '-o', 'out'],
  },
  {
    name: 'ferm',
    files: (hosts) => ({
      'ferm.conf': [
        'table mangle chain PREROUTING {',
        ...hosts.map((each) => `saddr ${each} MARK set-mark 4;`),
        '}',
      ],
    }),
    words: alone('ferm', '--noexec', '--lines', 'ferm.conf'),
  },
  {
    name: 'Shorewall',
    files: (hosts) => ({
      'shorewall/shorewall.conf': ['STARTUP_ENABLED=Yes', 'IP_FORWARDING=Keep'],
      'shorewall/zones': ['fw firewall', 'lan ipv4', 'net ipv4'],
      'shorewall/interfaces': ['?FORMAT 2', 'lan lan0', 'net eth3'],
      'shorewall/policy': ['all all ACCEPT'],
      'shorewall/mangle': hosts.map((each) => `MARK(4):P ${each} 0.0.0.0/0`),
    }),
    words: alone('shorewall', 'compile', 'shorewall', 'shorewall.out'),
  },
  {
    name: 'FireHOL',
    most: 1000,
    files: (hosts) => ({
      'firehol.conf': ['version 6', ...hosts.map((each) => `mark 1 PREROUTING src ${each}`)],
      // Debian's own is off; this is laid over it where nobody else sees it. What only prints exits with 1.
      'firehol.default': ['START_FIREHOL=YES'],
    }),
    words: alone(
      'sh',
      '-c',
      'mount --bind firehol.default /etc/default/firehol && mount -t tmpfs none /run && firehol firehol.conf debug >firehol.out; grep -q COMMIT firehol.out',
    ),
  },
  {
    name: 'the how-to, a call a line',
    most: 1000,
    files: (hosts) => ({
      'howto.sh': [
        'set -e',
        ...hosts.map((each) => `iptables -t mangle -A PREROUTING -s ${each} -j MARK --set-mark 4`),
      ],
    }),
    words: alone('sh', 'howto.sh'),
  },
];

/** Prints a table. */
export async function peers() {
  const place = await mkdtemp(join(tmpdir(), 'routec-bench-'));
  const columns = COUNTS.map((count) => `${count.toLocaleString('en')} rules, s | routec's part`);
  console.log(`| compiled by | ${columns.join(' | ')} |`);
  console.log(`|---|${'---:|---:|'.repeat(COUNTS.length)}`);
  try {
    const least = await measure(place);
    for (const { name } of PEERS) {
      const cells = COUNTS.map((count) => {
        const [own, its] = ['routec', name].map((each) => least.get(`${each} ${count}`));
        if (its === undefined) return '- | -';
        return `${its.toPrecision(2)} | ${(own / its).toPrecision(2)}`;
      });
      console.log(`| ${name} | ${cells.join(' | ')} |`);
    }
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}

async function measure(place) {
  const least = new Map();
  for (const count of COUNTS) {
    const hosts = Array.from({ length: count }, (_, at) => host(at));
    const here = join(place, String(count));
    const those = PEERS.filter(({ most = count }) => count <= most);
    for (const { files } of those) {
      for (const [file, lines] of Object.entries(files(hosts))) {
        await mkdir(join(here, file, '..'), { recursive: true });
        await writeFile(join(here, file), `${lines.join('\n')}\n`);
      }
    }
    const left = new Set(those);
    for (let run = 0; run < RUNS; run += 1) {
      for (const peer of left) {
        await rm(join(here, 'out'), { recursive: true, force: true });
        const time = await timed(here, peer.words);
        const key = `${peer.name} ${count}`;
        if (time !== undefined) least.set(key, Math.min(time.seconds, least.get(key) ?? Infinity));
        // Minutes are not waited for a second time, nor what fails.
        if (time === undefined || time.seconds > LONG) left.delete(peer);
      }
    }
  }
  return least;
}
