import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa, type Options } from 'execa';
import { Parser } from 'tap-parser';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROUTEC } from '../lab/place.ts';
import { tryRoutec } from './try-routec.ts';

const RULES = [
  'uplink cable dev eth2 gateway 198.51.100.1 masquerade',
  'uplink dsl   dev eth3 gateway 192.0.2.1    snat 192.0.2.2',
  '',
  'route ipv4 tcp 22 via cable',
  'route ipv4 tcp 80 via dsl',
];
const FAILS = [...RULES, 'expect ipv4 tcp via dsl', 'expect ipv4 tcp 80 via dsl snat 192.0.2.2'];

let cwd: string;
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'routec-test-'));
  const put = (name: string, lines: readonly string[]): void =>
    writeFileSync(join(cwd, name), `${lines.join('\n')}\n`);
  put('policy.route', [...RULES, 'expect ipv4 tcp 80 via dsl']);
  put('fails.route', FAILS);
  put('silent.route', RULES);
  put('wrong.route', [...RULES, 'expect tcp 80 via dls']);
});
afterAll(() => {
  rmSync(cwd, { recursive: true, force: true });
});

const test = (words: string[], options: Options = {}) =>
  tryRoutec(cwd, ['test', ...words], options);

describe('routec test', () => {
  it('answers with its exit code', async () => {
    const good = await test([]);
    expect(good).toMatchObject({ exitCode: 0, stderr: '' });
    expect(good.stdout).toBe('1 expectation: 1 as expected, 0 failed');
    expect(await test(['policy.route', 'fails.route'])).toMatchObject({ exitCode: 1 });
    const gone = await test(['gone.route', 'policy.route']);
    expect(gone).toMatchObject({ exitCode: 2 });
    expect(gone.stdout).toMatch(
      /^gone\.route: nothing was tried: it could not be read\n\n2 expectations: 1 .*, 1 failed$/,
    );
    expect(await test(['-'], { input: FAILS.join('\n') })).toMatchObject({ exitCode: 1 });
    const silent = await test(['silent.route']);
    expect(silent).toMatchObject({ exitCode: 1 });
    expect(silent.stderr).toContain('nothing is expected');
    expect(await test(['silent.route', '--allow-empty'])).toMatchObject({ exitCode: 0 });
    const wrong = await test(['wrong.route']);
    expect(wrong).toMatchObject({ exitCode: 1 });
    expect(wrong.stderr).toContain('did you mean `dsl`?');
  });

  it('shows what was expected, what came of it, the line that decided, and a packet', async () => {
    const { stdout } = await test(['fails.route']);
    expect(stdout.split('\n')).toEqual([
      'failed: expected `via dsl`, got `cable masquerade`',
      ' --> fails.route:6:17',
      '  |',
      '4 | route ipv4 tcp 22 via cable',
      '  | --------------------------- this line decides',
      '...',
      '6 | expect ipv4 tcp via dsl',
      '  |                 ^^^^^^^ got `cable masquerade`',
      '  |',
      '  = packet: from 192.168.0.10 to 203.0.113.80 tcp 22 in lan0',
      '  = the port decides: this one gets the answer: from 192.168.0.10 to 203.0.113.80 tcp 80 in lan0',
      '',
      '2 expectations: 1 as expected, 1 failed',
    ]);
  });

  it('names the rules that nothing expects', async () => {
    const { stdout } = await test(['policy.route', '--coverage']);
    expect(stdout).toContain('policy.route: 1 of 2 rules decide something that is expected\n');
    expect(stdout).toContain('  policy.route:4: route ipv4 tcp 22 via cable\n');
  });

  it('speaks JSON', async () => {
    const { stdout } = await test(['fails.route', 'wrong.route', '--format', 'json']);
    expect(JSON.parse(stdout)).toMatchObject({
      version: 1,
      files: [
        {
          file: 'fails.route',
          error: null,
          expectations: [
            {
              file: 'fails.route',
              line: 6,
              text: 'expect ipv4 tcp via dsl',
              result: 'fail',
              expected: 'via dsl',
              got: 'cable masquerade',
              packet: 'from 192.168.0.10 to 203.0.113.80 tcp 22 in lan0',
              rule: { file: 'fails.route', line: 4 },
              decides: ['port'],
            },
            { result: 'pass', got: null },
          ],
          coverage: { rules: 2, expected: 2, unexpected: [] },
        },
        {
          file: 'wrong.route',
          error: 'there is no uplink `dls`',
          expectations: [],
          coverage: null,
        },
      ],
      summary: { total: 3, passed: 1, failed: 2, open: 0 },
    });
  });

  it('speaks TAP that its parser understands', async () => {
    const hash = [...RULES, 'expect from 192.168.0.10 tcp 80 via "dsl" # why', 'expect udp drop'];
    const { stdout } = await test(['-', '--format', 'tap'], { input: hash.join('\n') });
    const results = Parser.parse(stdout);
    expect(results.filter(([kind]) => kind === 'extra')).toEqual([]);
    const asserts = results.filter(([kind]) => kind === 'assert').map(([, result]) => result);
    expect(asserts).toMatchObject([
      { ok: true, name: '<stdin>:6 expect from 192.168.0.10 tcp 80 via "dsl"' },
      { ok: false, diag: { expected: 'drop', got: 'main', at: '<stdin>:7' } },
    ]);
    expect(results.find(([kind]) => kind === 'complete')?.[1]).toMatchObject({ count: 2, fail: 1 });
  });

  it('speaks JUnit', async () => {
    const closes = [...RULES, 'expect ipv4 tcp 22 via dsl # ]]> <evil/>'];
    const { stdout } = await test(['-', '--format', 'junit'], { input: closes.join('\n') });
    expect(stdout).toContain('<testsuites tests="1" failures="1" errors="0" skipped="0">');
    expect(stdout).toContain('name="expect ipv4 tcp 22 via dsl"');
    expect(stdout).toContain('message="expected `via dsl`, got `cable masquerade`"');
    // Whatever a policy says, it stays text.
    expect(stdout.replace(/<!\[CDATA\[.*?\]\]>/gs, '')).not.toContain('<evil/>');
  });

  it('tries again when a file changes, and ends when it is told to', async () => {
    writeFileSync(join(cwd, 'part.route'), 'expect ipv4 tcp 22 via cable\n');
    writeFileSync(join(cwd, 'watched.route'), [...RULES, 'include "part.route"', ''].join('\n'));
    const running = execa(process.execPath, [ROUTEC, 'test', '--watch', 'watched.route'], {
      cwd,
      reject: false,
      timeout: 20_000,
      env: { NO_COLOR: '1' },
    });
    let rounds = 0;
    for await (const line of running.iterable()) {
      if (!String(line).includes('expectation')) continue;
      rounds += 1;
      if (rounds === 1) {
        expect(line).toContain('0 failed');
        writeFileSync(join(cwd, 'part.route'), 'expect ipv4 tcp 22 via dsl\n');
      } else {
        expect(line).toContain('1 failed');
        running.kill('SIGINT');
      }
    }
    expect(rounds).toBe(2);
    expect((await running).signal).toBe('SIGINT');
  });
});
