import {
  chmodSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { execa } from 'execa';
import { Parser } from 'tap-parser';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { compile, understand } from '../compile.ts';
import { cgroupRoot } from '../lab/ground.ts';
import { labReportOf } from './reports/lab-report-of.ts';

const ROOT = join(import.meta.dirname, '../..');
const POLICY = [
  'uplink cable dev eth2 gateway 198.51.100.1 masquerade',
  'uplink dsl   dev eth3 gateway 192.0.2.1    snat 192.0.2.2',
  'route host 192.168.0.228 ipv4 tcp 80 via dsl else cable',
  'route ipv4 udp 53 via balance cable 3, dsl 1',
  'route ipv4 tcp 25 via reject',
];
const EXPECTS = [
  'expect host 192.168.0.228 tcp 80 via dsl snat 192.0.2.2',
  'expect host 192.168.0.228 tcp 80 while dsl down via cable',
  'expect ipv4 udp 53 via cable, dsl',
  'expect ipv4 tcp 25 reject',
  'expect ipv4 tcp 25 via cable',
  'expect ipv4 icmp echo-request main',
  'expect ipv4 dscp ef tcp 26 via cable',
  'expect local ipv4 cgroup "routec.slice" tcp 28 via dsl',
  'expect ipv4 tcp 25 while dsl, cable down reject',
];
/** What takes more than a packet from a host: who sends it, what others write into it, where it comes in, how many. */
const RICH = [
  'uplink cable dev eth2 gateway 198.51.100.1, 2001:db8:a::1 address 198.51.100.2/24, 2001:db8:a::2/64 masquerade',
  'uplink dsl   dev eth3 gateway 192.0.2.1 address 192.0.2.2/24 snat 192.0.2.2',
  'set sites domains example.com',
  'route mark 0x1 tcp 27 via dsl',
  'route dscp ef tcp 26 via cable',
  'route mac 02:00:00:00:00:77 ipv4 tcp 28 via dsl',
  'route mark 0x40/0x40 icmp echo-request via dsl',
  'route ipv4 tcp 443 via balance cable 3, dsl 1',
  'route ipv4 udp 53 via balance cable 3, dsl 1 by source',
  'route in dsl ipv4 tcp 1000 via cable',
  'route in dsl ipv4 tcp 1001 via drop',
  'route in cable ipv4 udp 1002 via dsl else cable',
  'route in cable ipv4 udp 1003 via main',
  'route in dsl icmp echo-request via cable',
  'route ipv4 udp 9 via dsl',
  'route ipv4 tcp 1010 to @sites via dsl',
  'route local user www-data ipv4 tcp 1020 via dsl',
  'route local user not www-data ipv4 tcp 1020 via cable',
  'route local user 1000 ipv4 tcp 1021 via dsl',
  'route local cgroup "routec.slice/a.service" ipv4 tcp 1023 via dsl',
  'route local cgroup "routec.slice" ipv4 tcp 1023 via cable',
  'route local mark 0x10 ipv4 tcp 1025 via dsl',
  'route local dscp ef ipv4 udp 1026 via dsl',
  'route local from 10.9.9.9 ipv4 tcp 1027 via dsl',
  'route local icmp echo-request via dsl',
  'forward tcp,udp 8080 on dsl to 192.168.0.10:80',
  'forward tcp 2000-2010 on cable, dsl to 192.168.0.11:3000-3010',
  'forward tcp 22 on cable to [fd00::10]:2222',
];
const TIMED = ['00:00-12:00', '12:00-00:00'].map(
  (time) => `route ipv4 tcp 1011 time ${time} via dsl else cable`,
);

/** All that ships, where everybody may read it, and nothing else. */
let cwd: string;
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'routec-lab-'));
  chmodSync(cwd, 0o755);
  cpSync(join(ROOT, 'dist'), join(cwd, 'dist'), { recursive: true });
  const put = (name: string, lines: readonly string[]): void =>
    writeFileSync(join(cwd, name), `${lines.join('\n')}\n`);
  const rules = [
    'route dscp ef tcp 26 via cable',
    'route local ipv4 cgroup "routec.slice" tcp 28 via dsl',
  ];
  put('policy.route', [...POLICY, ...rules, ...EXPECTS]);
  put('rich.route', [...RICH, ...TIMED, 'route local user no-such-user tcp 1022 via cable']);
});
afterAll(() => {
  rmSync(cwd, { recursive: true, force: true });
});

const lab = (words: readonly string[], user = {}) =>
  execa(process.execPath, [join(cwd, 'dist/routec.js'), 'lab', ...words], {
    cwd,
    reject: false,
    timeout: 60_000,
    env: { NO_COLOR: '1' },
    ...user,
  });

it('tries what is expected, for somebody who is not root', async () => {
  const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
  const { stdout, stderr, exitCode } = await lab(['policy.route', '--backend', 'nft'], nobody);
  expect(stderr).toBe('');
  expect(stdout).toContain('failed: expected `via cable`, got `reject`\n');
  expect(stdout).toMatch(/ = on the kernel, too: it went nowhere, and the sender was told E\w+\n/);
  expect(stdout).toContain('not tried: the lab may make no cgroup here (EACCES)\n');
  expect(stdout).toMatch(/:\d+: of 400 connections \d+ by `cable` \(300 are due\), /);
  expect(stdout).toMatch(/\n9 expectations: 7 as expected, 1 failed, 1 not tried$/);
  expect(exitCode).toBe(1);
});

it.each(['nft', 'iptables'])(
  'tries every rule where nothing is expected, by %s',
  async (backend) => {
    const words = ['rich.route', '--backend', backend, '--format', 'tap'];
    const { stdout, exitCode } = await lab(words);
    const asserts = Parser.parse(stdout).flatMap(([kind, result]) =>
      kind === 'assert' ? [{ ok: result.ok, skip: result.skip }] : [],
    );
    const tried = RICH.filter((line) => /^(route|forward)/.test(line)).length;
    const skipped = asserts.flatMap(({ skip }) => (skip === false ? [] : [skip]));
    expect(asserts.filter(({ ok }) => !ok)).toEqual([]);
    // Of two times one is now; if it has begun in this very minute, both are.
    expect(asserts.length - skipped.length).toBeGreaterThanOrEqual(tried + 1);
    expect(asserts).toHaveLength(tried + 3);
    expect(skipped).toContain('the lab finds no user no-such-user on this machine');
    expect(skipped.filter((why) => !String(why).includes('no-such-user')).join()).toMatch(
      /^the lab can't choose the time of day: .*, and by the kernel's it is \w{3} \d\d:\d\d UTC$/,
    );
    expect(exitCode).toBe(0);
  },
);

const read = () => ({ refused: 'no files' });
const entry = (lines: readonly string[]) => {
  const bytes = new TextEncoder().encode(`${lines.join('\n')}\n`);
  return { name: 'p.route', base: 'p', bytes };
};

it('sees of every kind of line that a kernel does not do what the model says', async () => {
  const exchanged: Readonly<Record<string, string>> = { cable: 'dsl', dsl: 'cable' };
  const exchange = (line: string): string =>
    line.replace(/(?<=via .*)\b(cable|dsl)\b/g, (name) => exchanged[name] ?? name);
  const wrong = RICH.map((line) =>
    line.startsWith('forward') ? line.replace(/:\d+$/, ':9') : exchange(line),
  ).map((line) => line.replace('via drop', 'via cable').replace('via main', 'via drop'));
  const { program, policy } = understand(entry(RICH), read, undefined);
  const { artefacts } = compile(entry(wrong), read, undefined);
  if (program === undefined) throw new Error('no program');
  const report = await labReportOf('p.route', policy, {
    program,
    base: 'p',
    artefacts,
    backend: 'nft',
  });
  if ('refused' in report) throw new Error(report.refused);
  // Where both may take it, or no port changes, there is nothing to see.
  const same = /forward tcp 2000/;
  const passed = report.cases.filter(({ result, text }) => result !== 'fail' && !same.test(text));
  expect(passed.map(({ text }) => text)).toEqual([]);
  expect(report.cases.find(({ text }) => /balance.*1$/.test(text))?.got).toMatch(
    /^of 400 connections .*: further off than chance$/,
  );
});

it('leaves nothing behind when it is killed', async () => {
  const running = lab(['policy.route']);
  const { pid = 0 } = running;
  let below: string[] = [];
  const cgroups = (): string[] =>
    readdirSync(cgroupRoot() ?? '/', { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.includes(`routec-lab-${pid}`),
    );
  // A router whose ruleset is loaded has an agent in each namespace.
  while (below.length < 12) {
    await setTimeout(50);
    below = descendants(String(pid));
  }
  expect(cgroups()).not.toEqual([]);
  running.kill('SIGKILL');
  await running;
  for (let tries = 0; below.some(isThere) && tries < 100; tries += 1) await setTimeout(50);
  expect(below.filter(isThere)).toEqual([]);
  await expect.poll(cgroups, { timeout: 5000 }).toEqual([]);
});

const isThere = (pid: string): boolean => /^State:\s+[^ZX]/m.test(statusOf(pid));

function statusOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return '';
  }
}

function descendants(of: string): string[] {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => [pid, /^PPid:\s+(\d+)/m.exec(statusOf(pid))?.[1]] as const);
  const found: string[] = [];
  for (const next = [of]; next.length > 0; ) {
    const one = next.pop();
    const its = parents.flatMap(([pid, parent]) => (parent === one ? [pid] : []));
    found.push(...its);
    next.push(...its);
  }
  return found;
}
