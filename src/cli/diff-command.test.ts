import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { tryRoutec } from './try-routec.ts';

const UPLINKS =
  'uplink cable dev eth2 gateway 198.51.100.1 masquerade\n' +
  'uplink dsl dev eth3 gateway 192.0.2.1 masquerade\n';
const RULES = 'include "more.route"\nroute from 192.168.0.0/24 via cable\n';

let place: string;
beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), 'routec-diff-'));
  const write = (path: string, text: string): void => writeFileSync(join(place, path), text);
  const git = (...words: string[]): unknown =>
    execFileSync('git', ['-c', 'user.name=n', '-c', 'user.email=n@example', ...words], {
      cwd: place,
      stdio: 'pipe',
    });
  mkdirSync(join(place, 'site'));
  write('site/policy.route', UPLINKS + RULES);
  write('site/more.route', 'route ipv4 udp 53 via cable\n');
  write('site/bad.route', `${UPLINKS}route tcp 80 via dls\n`);
  write('site/out.route', `${UPLINKS}include "../../etc/passwd"\n`);
  symlinkSync('policy.route', join(place, 'site/link.route'));
  git('init', '-q', '-b', 'main', '.');
  git('add', '.');
  git('commit', '-q', '-m', 'first');
  write('site/policy.route', `# said anew\n${UPLINKS}${RULES}option group 7000\n`);
  write('site/more.route', 'route ipv4 udp 53 via dsl\n');
});
afterAll(() => {
  rmSync(place, { recursive: true, force: true });
});
const diff = (words: readonly string[], cwd = join(place, 'site'), input = '') =>
  tryRoutec(cwd, ['diff', ...words], { input });

const SAID = `\
traffic changes from \`HEAD:site/policy.route\` to \`policy.route\`

\`via cable masquerade\` becomes \`via dsl masquerade\`:

- \`ipv4 udp 53\`
  - for one: \`from 192.168.0.10 to 203.0.113.80 udp 53 in lan0\`
  - before: HEAD:site/more.route:1: \`route ipv4 udp 53 via cable\`
  - now: more.route:1: \`route ipv4 udp 53 via dsl\`

This changes numbers, and no way that traffic takes:

- \`option group\` is 7000; before, 6000`;

it('compares a revision with the file, includes of either where they belong', async () => {
  for (const words of [[], ['HEAD'], ['HEAD', 'policy.route']]) {
    expect(await diff(words)).toMatchObject({ exitCode: 0, stdout: SAID, stderr: '' });
  }
  const named = await diff(['main:./policy.route', 'policy.route', '--exit-code', '--text']);
  expect(named.exitCode).toBe(1);
  expect(named.stdout).toContain('-route ipv4 udp 53 via cable\n+route ipv4 udp 53 via dsl');
  expect(named.stdout).toContain('+# said anew');
  const { stdout } = await diff(['HEAD', 'policy.route', '--json']);
  expect(JSON.parse(stdout)).toMatchObject({
    changes: true,
    complete: true,
    traffic: [{ after: 'via dsl masquerade', regions: [{ before: { line: 1 }, partly: false }] }],
  });
});

it('says that nothing changes, and ends with 0 then', async () => {
  const same = await diff(['HEAD:site/policy.route', 'main', '--exit-code'], place);
  expect(same.exitCode).toBe(0);
  expect(same.stdout).toMatch(/^no traffic changes/);
  const text = `${UPLINKS}route ipv4 udp 53 via dsl\nroute ipv4 from 192.168.0.0/24 via cable\n`;
  const typed = await diff(['policy.route', '-', '--exit-code'], undefined, text);
  expect(typed).toMatchObject({ exitCode: 0 });
  expect(typed.stdout).toContain('no traffic changes from `policy.route` to `<stdin>`');
});

it.each<[string[], RegExp]>([
  [['HEAD:site/nope.route', 'policy.route'], /there is no such file/],
  [['HEAD:policy.route', 'policy.route'], /did you mean `HEAD:\.\/policy\.route`/],
  [['nope:site/policy.route', 'policy.route'], /there is no revision `nope`/],
  [['nope', 'policy.route'], /no such file, and no such revision/],
  [['--', '--output=x:site/policy.route', 'policy.route'], /there is no revision `--output=x`/],
  [['HEAD:site/link.route', 'policy.route'], /it is a symbolic link/],
  [['HEAD:site', 'policy.route'], /it is a folder/],
  [['HEAD:../../policy.route', 'policy.route'], /outside the repository/],
  [
    ['HEAD:site/out.route', 'policy.route'],
    /can't be read: it lies outside the repository\n +--> HEAD:site\/out\.route:3:9/,
  ],
  [['HEAD', 'main'], /which policy in it is meant/],
  [['HEAD:site/bad.route', 'policy.route'], /RC101.*\n +--> HEAD:site\/bad\.route:3:18/],
  [['-', '-'], /both sides/],
])('%j is refused', async (words, said) => {
  const { exitCode, stderr, stdout } = await diff(words);
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  expect(stderr).toMatch(said);
});

it('needs no repository for files, and says where there is none', async () => {
  const outside = mkdtempSync(join(tmpdir(), 'routec-plain-'));
  writeFileSync(join(outside, 'policy.route'), UPLINKS);
  expect((await diff(['policy.route', 'policy.route'], outside)).exitCode).toBe(0);
  const { exitCode, stderr } = await diff(['HEAD:policy.route', 'policy.route'], outside);
  expect(exitCode).toBe(2);
  expect(stderr).toContain('this is no git repository');
  rmSync(outside, { recursive: true });
});

it('never shows a list that must not be quoted', async () => {
  const lists = mkdtempSync(join(tmpdir(), 'routec-secret-'));
  mkdirSync(join(lists, 'policy'));
  writeFileSync(join(lists, 'secret.list'), '203.0.113.77\n');
  const rule = (to: string): string =>
    `${UPLINKS}set s from "../secret.list"\nroute to @s via ${to}\n`;
  writeFileSync(join(lists, 'policy/a.route'), rule('dsl'));
  writeFileSync(join(lists, 'policy/b.route'), rule('cable'));
  for (const more of [['--text'], ['--json']]) {
    const { stdout, exitCode } = await diff(['a.route', 'b.route', ...more], join(lists, 'policy'));
    expect(exitCode).toBe(0);
    expect(stdout).toContain('route to @s via cable');
    expect(stdout).not.toContain('203.0.113.77');
  }
  rmSync(lists, { recursive: true });
});
