import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Options } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at, type Diagnostic, type Fix } from '../text/diagnostic.ts';
import { hint } from './hint.ts';
import { tryRoutec } from './try-routec.ts';

const UPLINK = 'uplink dsl dev eth3 gateway 192.0.2.1\n';
const BAD = `${UPLINK}route tcp 80 via dls\nroute tcp HTTP via dsl\nroute tcp 81 via dsl\n`;

let place: string;
beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), 'routec-findings-'));
});
afterAll(() => {
  rmSync(place, { recursive: true, force: true });
});

const folder = (name: string, files: Record<string, string>): string => {
  const path = join(place, name);
  mkdirSync(path, { recursive: true });
  for (const [file, text] of Object.entries(files)) writeFileSync(join(path, file), text);
  return path;
};
const routec = (cwd: string, words: string[], options: Options = {}) =>
  tryRoutec(cwd, words, { stripFinalNewline: false, ...options });

describe('routec --explain', () => {
  it.each(['RC101', 'rc101', '101', 'unknown-uplink', 'Unknown-Uplink'])('%s', async (asked) => {
    const { exitCode, stdout, stderr } = await routec(place, ['--explain', asked]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toMatch(/^RC101 unknown-uplink \(error\): no such uplink\n\n/);
    expect(stdout).toContain('\nWrong:\n\n    uplink dsl dev eth3 gateway 192.0.2.1\n    route ');
    expect(stdout).toContain('\nRight:\n\n    uplink dsl');
    expect(stdout).not.toMatch(/```|\n\n\n|\n\n$/);
  });

  it('knows the numbers that begin with zeros, and files that an example has', async () => {
    const syntax = await routec(place, ['--explain=1']);
    expect(syntax.stdout).toMatch(/^RC001 /);
    const file = await routec(place, ['--explain', '207']);
    expect(file.stdout).toContain(
      'The file `partners.list`:\n\n    # one value a line\n\nWrong:\n',
    );
  });

  it('lists all without a code, wherever it stands', async () => {
    const { exitCode, stdout } = await routec(place, ['--explain']);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^RC001 {2}unexpected-character +error +unexpected character\n/);
    expect(stdout).toContain('\nRC504  unused-uplink ');
    expect((await routec(place, ['check', '--explain'])).stdout).toBe(stdout);
  });

  it.each([
    ['no-wayy', 'did you mean `no-way`?'],
    ['RC99', '`routec --explain` lists all'],
    ['RC999', '`routec --explain` lists all'],
    ['constructor', '`routec --explain` lists all'],
    ['', '`routec --explain` lists all'],
  ])('does not know %j', async (asked, help) => {
    const { exitCode, stdout, stderr } = await routec(place, ['--explain', asked]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain(`there is no finding \`${asked}\``);
    expect(stderr).toContain(help);
  });
});

describe('formats for programs', () => {
  it('SARIF goes to standard output, with the page of each code', async () => {
    const run = await routec(place, ['check', '-', '--format', 'sarif'], { input: BAD });
    expect(run).toMatchObject({ exitCode: 1, stderr: '' });
    const [{ tool, results }] = JSON.parse(run.stdout).runs;
    expect(tool.driver.semanticVersion).toMatch(/^\d+\.\d+\.\d+$/);
    expect(tool.driver.rules).toMatchObject([
      {
        id: 'RC101',
        name: 'unknown-uplink',
        shortDescription: { text: 'no such uplink' },
        help: { markdown: expect.stringContaining('Wrong:\n\n```route\nuplink dsl') },
      },
      { id: 'RC202' },
      { id: 'RC225', defaultConfiguration: { level: 'warning' } },
    ]);
    expect(results.map(({ ruleId }: { ruleId: string }) => ruleId)).toEqual([
      'RC101',
      'RC202',
      'RC225',
    ]);
    const [{ physicalLocation }] = results[1].locations;
    expect(physicalLocation).toMatchObject({
      artifactLocation: { uri: '%3Cstdin%3E' },
      region: { startLine: 3, startColumn: 11, endColumn: 15 },
    });
    expect(results[1].fixes).toHaveLength(1);
    const clean = await routec(place, ['check', '-', '--format', 'sarif'], { input: UPLINK });
    expect(JSON.parse(clean.stdout).runs[0].results).toEqual([]);
  });

  it('workflow commands go to standard output', async () => {
    const cwd = folder('github', { 'policy.route': BAD });
    const run = await routec(cwd, ['check'], { env: { ROUTEC_FORMAT: 'github' } });
    expect(run).toMatchObject({ exitCode: 1, stderr: '' });
    expect(run.stdout.split('\n')).toEqual([
      '::error file=policy.route,line=2,col=18,endColumn=21,title=RC101 unknown-uplink::' +
        'there is no uplink `dls`%0Ahelp: did you mean `dsl`?',
      expect.stringMatching(/^::error file=policy.route,line=3,col=11,endColumn=15,title=RC202 /),
      expect.stringMatching(/^::warning file=policy.route,line=4,col=18,endColumn=21,title=RC225 /),
      '',
    ]);
    const emits = ['compile', '-', '--emit', 'nft', '--format', 'github'];
    const emitted = await routec(cwd, emits, { input: `${UPLINK}route tcp 80 via dsl\n` });
    expect(emitted.stdout).toMatch(/^#/);
    expect(emitted.stderr).toMatch(/^::warning /);
  });

  it('JSON has the fix', async () => {
    const run = await routec(place, ['check', '-', '--format', 'json'], { input: BAD });
    expect(JSON.parse(run.stdout).diagnostics[1].fix).toEqual({
      title: 'write `http`',
      edits: [
        {
          file: '<stdin>',
          start: { line: 3, column: 11 },
          end: { line: 3, column: 15 },
          text: 'http',
        },
      ],
    });
  });
});

describe('routec check --fix', () => {
  it('mends what it can, in files that are included too, and says what is left', async () => {
    const cwd = folder('fix', {
      'policy.route': `${BAD}include "more.route"\nset web from "web.list"\n`,
      'more.route': '\ufeffroute ipv4 TCP 80, 80 VIA dsl\r\n',
      'web.list': 'HTTP\n',
    });
    chmodSync(join(cwd, 'more.route'), 0o640);
    const before = statSync(join(cwd, 'web.list'));
    const run = await routec(cwd, ['check', '--fix', '--format', 'concise']);
    expect(run.exitCode).toBe(1);
    expect(run.stderr.split('\n').filter((line) => !line.includes('RC501'))).toEqual([
      '3 fixed in more.route, policy.route',
      'web.list:1:1: error[RC202]: `HTTP` is neither a port nor a service that IANA lists',
      'policy.route:2:18: error[RC101]: there is no uplink `dls`',
      'policy.route:3:20: warning[RC225]: `dsl` has no IPv6 gateway: the rule makes IPv6 unreachable',
      'policy.route:4:18: warning[RC225]: `dsl` has no IPv6 gateway: the rule makes IPv6 unreachable',
      '',
    ]);
    const text = (name: string): string => readFileSync(join(cwd, name), 'utf8');
    expect(text('policy.route')).toContain('\nroute tcp http via dsl\n');
    expect(text('more.route')).toBe('\ufeffroute ipv4 tcp 80, 80 via dsl\r\n');
    expect(statSync(join(cwd, 'more.route')).mode & 0o777).toBe(0o640);
    expect(statSync(join(cwd, 'web.list')).ino).toBe(before.ino);
    expect(readdirSync(cwd).sort()).toEqual(['more.route', 'policy.route', 'web.list']);

    // What is only looked at without errors is mended once there are none.
    writeFileSync(join(cwd, 'web.list'), '80\n');
    writeFileSync(join(cwd, 'policy.route'), text('policy.route').replace('dls', 'dsl'));
    const sound = await routec(cwd, ['check', '--fix', '--format', 'concise']);
    expect(sound.exitCode).toBe(0);
    expect(sound.stderr).toMatch(/^1 fixed in more.route\n/);
    expect(text('more.route')).toBe('\ufeffroute ipv4 tcp 80 via dsl\r\n');
  });

  it('a second time changes nothing', async () => {
    const cwd = folder('twice', { 'policy.route': `${UPLINK}ROUTE ipv4 tcp 80, 80 via dsl\n` });
    const path = join(cwd, 'policy.route');
    expect(await routec(cwd, ['check', '--fix'])).toMatchObject({
      exitCode: 0,
      stdout: '',
      stderr: '2 fixed in policy.route\n',
    });
    const before = statSync(path);
    expect(await routec(cwd, ['check', '--fix'])).toMatchObject({ exitCode: 0, stderr: '' });
    expect(statSync(path)).toMatchObject({ ino: before.ino, mtimeMs: before.mtimeMs });
  });

  it('takes allowances out that nothing needs, and ids stay', async () => {
    const line = 'route ipv4 tcp 80 via dsl';
    const cwd = folder('allowed', {
      'policy.route': `${UPLINK}${line} # web # routec: allow no-way\n`,
    });
    await routec(cwd, ['compile', 'policy.route']);
    expect((await routec(cwd, ['check', '--strict'])).exitCode).toBe(1);
    expect((await routec(cwd, ['check', '--fix', '--strict'])).exitCode).toBe(0);
    expect(readFileSync(join(cwd, 'policy.route'), 'utf8')).toBe(`${UPLINK}${line} # web\n`);
    expect((await routec(cwd, ['compile', 'policy.route', '--check'])).exitCode).toBe(0);
  });

  it('writes nothing outside the folder, and no standard input', async () => {
    writeFileSync(join(place, 'outside.route'), 'ROUTE via main\n');
    const cwd = folder('inside', { 'policy.route': 'include "../outside.route"\n' });
    symlinkSync('../outside.route', join(cwd, 'linked.route'));
    writeFileSync(join(cwd, 'other.route'), 'include "linked.route"\n');
    for (const name of ['policy.route', 'other.route']) {
      const run = await routec(cwd, ['check', '--fix', name]);
      expect(run).toMatchObject({ exitCode: 1 });
      expect(run.stderr).not.toContain('fixed');
    }
    expect(readFileSync(join(place, 'outside.route'), 'utf8')).toBe('ROUTE via main\n');

    const stdin = await routec(cwd, ['check', '--fix', 'policy.route', '-'], { input: 'ROUTE' });
    expect(stdin).toMatchObject({ exitCode: 2, stdout: '' });
    expect(stdin.stderr).toContain('standard input');
    const gone = await routec(cwd, ['check', '--fix', 'gone.route']);
    expect(gone.exitCode).toBe(2);
    expect(gone.stderr.match(/gone.route: there is no such file/g)).toHaveLength(1);
  });

  it('follows a link that is named to the file, and keeps it', async () => {
    const cwd = folder('links', { 'real.route': 'ROUTE via main\n' });
    symlinkSync('real.route', join(cwd, 'policy.route'));
    expect((await routec(cwd, ['check', '--fix'])).stderr).toBe('1 fixed in policy.route\n');
    expect(readFileSync(join(cwd, 'real.route'), 'utf8')).toBe('route via main\n');
    expect(readdirSync(cwd).sort()).toEqual(['policy.route', 'real.route']);
  });
});

describe('warnings that a comment allows', () => {
  it('are no warnings with --strict, in check and compile', async () => {
    const text = `${UPLINK}route tcp 80 via dsl # routec: allow no-way\n`;
    const cwd = folder('strict', { 'policy.route': text });
    expect(await routec(cwd, ['check', '--strict'])).toMatchObject({ exitCode: 0, stderr: '' });
    const compiled = await routec(cwd, ['compile', 'policy.route', '--strict', '-o', 'out']);
    expect(compiled).toMatchObject({ exitCode: 0 });
    const emitted = ['compile', '-', '--strict', '--emit', 'nft'];
    const bare = await routec(cwd, emitted, { input: text.replace(/ #.*/, '') });
    expect(bare.exitCode).toBe(1);
  });
});

describe('the line below findings on a terminal', () => {
  const finding = (code: string, fix?: Fix, name = 'policy.route'): Diagnostic => ({
    code,
    slug: 'x',
    severity: code === 'RC2' ? 'error' : 'warning',
    message: 'm',
    labels: [at({ source: { name, text: '', quotable: true }, start: 0, end: 0 })],
    ...(fix === undefined ? {} : { fix }),
  });
  const fix = (name: string): Fix => {
    const source = { name, text: '', quotable: true };
    return { title: 't', edits: [{ span: { source, start: 0, end: 0 }, text: 'x' }] };
  };

  it('names the worst code, and how much can be mended', () => {
    expect(hint([])).toBe('');
    expect(hint([finding('RC1')])).toBe('`routec --explain RC1` says more\n');
    expect(hint([finding('RC1', fix('a.route')), finding('RC2'), finding('RC2')])).toBe(
      '`routec --explain RC2` says more; `routec check --fix` mends 1 of these\n',
    );
    expect(hint([finding('RC1', fix('<stdin>'))])).toBe('`routec --explain RC1` says more\n');
  });

  it('is nowhere else', async () => {
    const run = await routec(place, ['check', '-'], { input: BAD, env: { FORCE_COLOR: '1' } });
    expect(run.stderr).not.toContain('--explain');
  });
});

describe('what rules come to together', () => {
  const rules = 'route from 10.0.0.0/8 via drop\nroute from 10.1.2.3 via main\n';

  it('is said by `check`, not by `compile`', async () => {
    const cwd = folder('together', { 'policy.route': rules });
    const check = await routec(cwd, ['check', '--format', 'concise']);
    expect(check.stderr).toMatch(/^policy\.route:2:1: warning\[RC301\]: no packet reaches/m);
    expect(check.exitCode).toBe(0);
    expect((await routec(cwd, ['check', '--strict'])).exitCode).toBe(1);
    const compile = await routec(cwd, ['compile', 'policy.route', '--strict']);
    expect(compile.stderr).not.toContain('RC3');
    expect(compile.exitCode).toBe(0);
  });
});
