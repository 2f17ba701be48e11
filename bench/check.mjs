// What `routec check` costs at 10,000 rules, shape by shape, and what of it the analyses do: the rest is what
// `explain` does for one packet. Times are of the processor, of whole processes, and the least of some interleaved
// runs, for a busy machine only ever adds to them.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { timed } from './timed.mjs';

const routec = resolve(import.meta.dirname, '../dist/routec.js');
const COUNT = 10_000;
const RUNS = 3;
const UPLINKS = [
  'uplink a dev eth1 gateway 192.0.2.1 masquerade',
  'uplink b dev eth2 gateway 198.51.100.1 masquerade',
];

const quad = (address) => [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');
const host = (at) => quad(0x0a000000 + at);

/** Numbers that look random, and are the same in each run. */
function dice(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** As many lines as there are rules, each from its place and the dice. */
const lines = (lineOf) => {
  const roll = dice(1);
  return Array.from({ length: COUNT }, (_, at) => lineOf(at, roll));
};
const either = (at) => (at % 2 === 0 ? 'a' : 'b');

const range = (roll, most) => {
  const low = 0x0a000000 + roll(1 << 24);
  return `${quad(low)}-${quad(low + 1 + roll(most))}`;
};
const ports = (roll) => {
  const low = 1 + roll(60_000);
  return `${low}-${low + 1 + roll(5000)}`;
};

const CASES = {
  hosts: () => lines((at) => `route host ${host(at)} via ${either(at)}`),
  'hosts with a port': () =>
    lines((at) => `route host ${host(at >> 2)} tcp ${80 + (at & 3)} via ${either(at)}`),
  'one uplink': () => lines((at) => `route host ${host(at)} via a`),
  'hosts above a net': () => [
    ...lines((at) => `route host ${host(at)} via ${either(at)}`).slice(1),
    'route from 10.0.0.0/8 via b',
  ],
  'nets that nest': () =>
    lines((at, roll) => {
      const length = 12 + roll(18);
      const low = (0x0a000000 + roll(1 << 24)) & (-1 << (32 - length));
      return `route to ${quad(low >>> 0)}/${length} via ${either(at)}`;
    }),
  'overlapping ranges': () =>
    lines((at) => `route from ${host(at * 16)}-${host(at * 16 + 40)} via ${either(at)}`),
  'overlapping ranges, long ones': () =>
    lines((at, roll) => `route from ${range(roll, 1 << 16)} via ${either(at)}`),
  'random ranges and ports': () =>
    lines((at, roll) => `route from ${range(roll, 1 << 16)} tcp ${ports(roll)} via ${either(at)}`),
  'ports of both sides': () =>
    lines((at, roll) => `route tcp ${ports(roll)} sport ${ports(roll)} via ${either(at)}`),
  'lists of four': () =>
    lines((at, roll) => {
      const its = Array.from({ length: 4 }, () => host(roll(1 << 20)));
      return `route host ${[...new Set(its)].join(', ')} via ${either(at)}`;
    }),
  'not lists': () =>
    lines(
      (at, roll) =>
        `route from 10.0.0.0/8 to not ${quad(0xcb000000 + roll(1 << 20))} tcp ${1 + roll(60_000)} via ${either(at)}`,
    ),
  'all above shadows': () => [
    'route ipv4 via a',
    ...lines((at) => `route host ${host(at)} via ${either(at)}`).slice(1),
  ],
  marks: () => lines((at) => `route mark 0x${(at & 0xffff).toString(16)} via ${either(at)}`),
  'IPv6 nets': () =>
    lines((at, roll) => `route from 2001:db8:${roll(1 << 16).toString(16)}::/48 via ${either(at)}`),
  'two families': () => lines((at) => `route tcp ${1 + at} via ${either(at)}`),
  'expectations that contradict': () => [
    'route ipv4 via a',
    ...lines((at) => `expect from ${host(at * 16)}-${host(at * 16 + 40)} via ${either(at)}`).slice(
      1,
    ),
  ],
  'expectations of hosts': () => [
    'route ipv4 via a',
    ...lines((at) => `expect host ${host(at)} tcp 80 via a`).slice(1),
  ],
};

/** Prints a table. */
export async function check() {
  const place = await mkdtemp(join(tmpdir(), 'routec-bench-'));
  console.log(`\n| check of ${COUNT} lines | s | explain, s | analyses, s |`);
  console.log('|---|---:|---:|---:|');
  try {
    for (const [name, rulesOf] of Object.entries(CASES)) {
      await writeFile(join(place, 'policy.route'), [...UPLINKS, ...rulesOf(), ''].join('\n'));
      console.log(await row(place, name));
    }
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}

async function row(folder, name) {
  const packet = 'host 10.0.0.1 tcp 80 sport 40000 to 203.0.113.80 in lan0';
  const commands = {
    check: ['check', 'policy.route'],
    explain: ['explain', 'policy.route', packet],
  };
  const least = { check: Infinity, explain: Infinity };
  for (let run = 0; run < RUNS; run += 1) {
    for (const [what, words] of Object.entries(commands)) {
      const ran = await timed(folder, [process.execPath, routec, ...words]);
      least[what] = Math.min(least[what], ran?.seconds ?? Infinity);
    }
  }
  const { check, explain } = least;
  const parts = [check, explain, check - explain].map((each) => each.toFixed(2));
  return `| ${name} | ${parts.join(' | ')} |`;
}
