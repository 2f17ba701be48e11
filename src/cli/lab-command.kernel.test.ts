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
import { tryPolicy } from '../lab/try-policy.ts';
import { witness } from '../model/witness.ts';

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
];

/** All that ships, where everybody may read it, and nothing else. */
let cwd: string;
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'routec-lab-'));
  chmodSync(cwd, 0o755);
  cpSync(join(ROOT, 'dist'), join(cwd, 'dist'), { recursive: true });
  const put = (name: string, lines: readonly string[]): void =>
    writeFileSync(join(cwd, name), `${lines.join('\n')}\n`);
  put('policy.route', [...POLICY, 'route dscp ef tcp 26 via cable', ...EXPECTS]);
  const forward = 'forward tcp 8080 on dsl to 192.168.0.10:80';
  put('silent.route', [...POLICY, 'route mark 0x1 tcp 27 via dsl', forward]);
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
  expect(stdout).toContain("not tried: the lab can't choose the DSCP of TCP and UDP\n");
  expect(stdout).toMatch(/\n7 expectations: 5 as expected, 1 failed, 1 not tried$/);
  expect(exitCode).toBe(1);
});

it('sends a packet for each rule where nothing is expected, for iptables too', async () => {
  const words = ['silent.route', '--backend', 'iptables', '--format', 'tap'];
  const { stdout, exitCode } = await lab(words);
  const asserts = Parser.parse(stdout).flatMap(([kind, result]) =>
    kind === 'assert' ? [{ ok: result.ok, skip: result.skip }] : [],
  );
  expect(asserts).toEqual([
    ...Array.from({ length: 3 }, () => ({ ok: true, skip: false })),
    { ok: true, skip: "the lab can't choose the mark of a packet" },
    {
      ok: true,
      skip: 'the lab does not try `forward` lines: it sends nothing in by an uplink',
    },
  ]);
  expect(exitCode).toBe(0);
});

it('sees that a kernel does not do what the model says', async () => {
  const entry = (text: string) => {
    return { name: 'p.route', base: 'p', bytes: new TextEncoder().encode(`${text}\n`) };
  };
  const read = () => ({ refused: 'no files' });
  const other = POLICY.join('\n').replace('via dsl else cable', 'via cable else dsl');
  const { program } = understand(entry(POLICY.join('\n')), read, undefined);
  const { artefacts } = compile(entry(other), read, undefined);
  const box = program?.forwarded[0]?.boxes[0];
  const packet = box && witness(box, false);
  if (program === undefined || packet === undefined) throw new Error('no packet');
  const loaded = { program, base: 'p', artefacts, backend: 'nft' } as const;
  const [up, down] = [new Set<string>(), new Set(['dsl'])];
  expect(
    await tryPolicy(loaded, [
      { packet, downs: up },
      { packet, downs: down },
    ]),
  ).toMatchObject([
    { kind: 'differs', got: expect.stringMatching(/^it left by `cable` as 198\.51\.100\./) },
    { kind: 'agrees' },
  ]);
});

it('leaves nothing behind when it is killed', async () => {
  const running = lab(['policy.route']);
  const { pid = 0 } = running;
  let below: string[] = [];
  // A router whose ruleset is loaded has an agent in each namespace.
  while (below.length < 12) {
    await setTimeout(50);
    below = descendants(String(pid));
  }
  running.kill('SIGKILL');
  await running;
  for (let tries = 0; below.some(isThere) && tries < 100; tries += 1) await setTimeout(50);
  expect(below.filter(isThere)).toEqual([]);
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
