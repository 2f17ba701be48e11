import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa, type Options } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** The bundle as it ships: `npm test` builds it first. */
const ROUTEC = join(import.meta.dirname, '../../dist/routec.js');
const GOOD = 'uplink dsl dev eth3 gateway 192.0.2.1\nroute ipv4 tcp 80 via dsl\n';
const WARNS = 'route ipv4 tcp 80 via lan7x\n';
const BAD =
  'uplink dsl dev eth3 gateway 192.0.2.1\nroute tcp 80 via dls\nroute tcp 99999 via dsl\n';

let place: string;
beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), 'routec-cli-'));
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
  execa(process.execPath, [ROUTEC, ...words], {
    cwd,
    reject: false,
    timeout: 20_000,
    input: '',
    env: { NO_COLOR: '1' },
    ...options,
  }) as unknown as Promise<{ exitCode: number; stdout: string; stderr: string }>;

describe('routec', () => {
  it('shows its help and version, and knows no other command', async () => {
    const help = await routec(place, ['--help']);
    expect(help).toMatchObject({ exitCode: 0 });
    expect(help.stdout).toContain('compile [options] <policy>');
    expect((await routec(place, ['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+$/);
    expect(await routec(place, [])).toMatchObject({ exitCode: 2 });
    const unknown = await routec(place, ['complie']);
    expect(unknown).toMatchObject({ exitCode: 2 });
    expect(unknown.stderr).toContain('compile');
    expect(await routec(place, ['compile', '--emitt', 'x', 'y'])).toMatchObject({ exitCode: 2 });
  });
});

describe('routec check', () => {
  it('answers with its exit code', async () => {
    const cwd = folder('check', { 'policy.route': GOOD, 'bad.route': BAD, 'warns.route': WARNS });
    expect(await routec(cwd, ['check'])).toMatchObject({ exitCode: 0, stdout: '', stderr: '' });
    const bad = await routec(cwd, ['check', 'policy.route', 'bad.route']);
    expect(bad.exitCode).toBe(1);
    expect(bad.stderr).toContain('bad.route:2:18');
    expect(bad.stderr).toContain('bad.route:3:11');
    expect(await routec(cwd, ['check', 'warns.route'])).toMatchObject({ exitCode: 0 });
    expect(await routec(cwd, ['check', 'warns.route', '--strict'])).toMatchObject({ exitCode: 1 });
    expect(await routec(cwd, ['check', 'gone.route'])).toMatchObject({ exitCode: 2 });
    expect(await routec(cwd, ['check', '-'], { input: BAD })).toMatchObject({ exitCode: 1 });
    expect(readdirSync(cwd)).toHaveLength(3);
  });

  it('speaks concise and JSON', async () => {
    const concise = await routec(place, ['check', '-', '--format', 'concise'], { input: BAD });
    expect(concise.stderr.split('\n')).toEqual([
      '<stdin>:2:18: error[RC101]: there is no uplink `dls`',
      '<stdin>:3:11: error[RC202]: `99999` is not a port: ports are 0 to 65535',
    ]);
    const json = await routec(place, ['check', '-', '--format', 'json'], { input: BAD });
    expect(json.stderr).toBe('');
    expect(JSON.parse(json.stdout)).toMatchObject({
      version: 1,
      diagnostics: [
        { code: 'RC101', slug: 'unknown-uplink', labels: [{ start: { line: 2 } }] },
        {},
      ],
      summary: { error: 2, warning: 0 },
    });
    expect(await routec(place, ['check', '-', '--format', 'xml'])).toMatchObject({ exitCode: 2 });
  });

  it('colours where it is asked to, and nowhere else', async () => {
    const colour = '\u001b[';
    const plain = await routec(place, ['check', '-'], { input: BAD, env: { NO_COLOR: '' } });
    expect(plain.stderr).not.toContain(colour);
    const forced = { FORCE_COLOR: '1', NO_COLOR: '' };
    expect((await routec(place, ['check', '-'], { input: BAD, env: forced })).stderr).toContain(
      colour,
    );
    const refused = { FORCE_COLOR: '1', NO_COLOR: '1' };
    expect(
      (await routec(place, ['check', '-'], { input: BAD, env: refused })).stderr,
    ).not.toContain(colour);
  });
});

describe('routec compile', () => {
  it('writes beside the policy or into a folder, and the same bytes each time', async () => {
    const cwd = folder('compile', { 'office.route': GOOD });
    expect(await routec(cwd, ['compile', 'office.route'])).toMatchObject({
      exitCode: 0,
      stdout: '',
    });
    expect(readdirSync(cwd)).toContain('office.uplink.dsl.ip');
    expect(await routec(cwd, ['compile', 'office.route', '-o', 'new/out'])).toMatchObject({
      exitCode: 0,
    });
    for (const name of readdirSync(join(cwd, 'new/out'))) {
      const [one, other] = [cwd, join(cwd, 'new/out')].map((at) =>
        readFileSync(join(at, name), 'utf8'),
      );
      expect(one, name).toBe(other);
      expect(one, name).not.toContain(place);
    }
    const again = await routec(cwd, ['compile', 'office.route']);
    expect(again.stderr).toContain(' 0 written');
  });

  it('writes nothing on an error, nor on a warning with --strict', async () => {
    const cwd = folder('nothing', { 'policy.route': BAD, 'warns.route': WARNS });
    expect(await routec(cwd, ['compile', 'policy.route'])).toMatchObject({
      exitCode: 1,
      stdout: '',
    });
    expect(await routec(cwd, ['compile', 'warns.route', '--strict'])).toMatchObject({
      exitCode: 1,
    });
    expect(readdirSync(cwd).sort()).toEqual(['policy.route', 'warns.route']);
  });

  it('prints one artefact', async () => {
    const nft = await routec(place, ['compile', '-', '--emit', 'nft'], { input: GOOD });
    expect(nft).toMatchObject({ exitCode: 0, stderr: '' });
    expect(nft.stdout).toContain('table inet routec');
    const uplink = await routec(place, ['compile', '-', '--emit', 'uplink.dsl.ip'], {
      input: GOOD,
    });
    expect(uplink.stdout).toContain('route replace default via 192.0.2.1 dev eth3 onlink');
    const none = await routec(place, ['compile', '-', '--emit', 'iptables'], { input: GOOD });
    expect(none).toMatchObject({ exitCode: 2, stdout: '' });
    expect(none.stderr).toContain('uplink.dsl.ip');
    expect(await routec(place, ['compile', '-'], { input: GOOD })).toMatchObject({ exitCode: 2 });
  });

  it('compares with what is there, and writes nothing', async () => {
    const cwd = folder('compare', { 'policy.route': GOOD });
    const empty = await routec(cwd, ['compile', 'policy.route', '--check']);
    expect(empty.exitCode).toBe(1);
    expect(readdirSync(cwd)).toEqual(['policy.route']);
    await routec(cwd, ['compile', 'policy.route']);
    expect(await routec(cwd, ['compile', 'policy.route', '--check'])).toMatchObject({
      exitCode: 0,
      stdout: '',
    });

    writeFileSync(join(cwd, 'policy.route'), GOOD.replace('tcp 80', 'tcp 81'));
    const changed = await routec(cwd, ['compile', 'policy.route', '--check']);
    expect(changed.exitCode).toBe(1);
    expect(changed.stdout).toContain('-      6 . 80 : goto');
    expect(changed.stdout).toContain('+      6 . 81 : goto');
    writeFileSync(join(cwd, 'policy.route'), `# a comment moves no byte\n${GOOD}`);
    expect(await routec(cwd, ['compile', 'policy.route', '--check'])).toMatchObject({
      exitCode: 0,
    });

    writeFileSync(join(cwd, 'policy.nft'), 'flush ruleset\n');
    const edited = await routec(cwd, ['compile', 'policy.route', '--check']);
    expect(edited.exitCode).toBe(1);
    expect(edited.stderr).toContain('policy.nft does not agree with its manifest: compile again');
  });

  it('refuses a manifest that it can not read', async () => {
    const cwd = folder('manifest', { 'policy.route': GOOD, 'policy.manifest.json': '{' });
    const run = await routec(cwd, ['compile', 'policy.route']);
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toContain('policy.manifest.json: it is not JSON');
    expect(readdirSync(cwd)).toHaveLength(2);
  });

  it('keeps the numbers of a manifest in the output folder', async () => {
    const cwd = folder('lock', { 'policy.route': GOOD });
    await routec(cwd, ['compile', 'policy.route']);
    const more = `uplink first dev eth9 gateway 198.51.100.1\n${GOOD}`;
    writeFileSync(join(cwd, 'policy.route'), more);
    await routec(cwd, ['compile', 'policy.route']);
    const { slots } = JSON.parse(readFileSync(join(cwd, 'policy.manifest.json'), 'utf8'));
    const numbers = slots.map(({ key, slot }: { key: string; slot: number }) => [key, slot]);
    expect(Object.fromEntries(numbers)).toEqual({
      dsl: 1,
      'dsl inbound': 2,
      first: 3,
      'first inbound': 4,
    });
  });
});

describe('files that are none', () => {
  it('are refused at once, whatever they are', async () => {
    const cwd = folder('hostile', { 'policy.route': GOOD });
    mkdirSync(join(cwd, 'folder.route'));
    execFileSync('mkfifo', [join(cwd, 'fifo.route')]);
    symlinkSync('loop.route', join(cwd, 'loop.route'));
    for (const name of ['folder.route', 'fifo.route', 'loop.route', '/dev/zero', '']) {
      const run = await routec(cwd, ['compile', name, '-o', 'out']);
      expect(run.exitCode, name).toBe(2);
      expect(run.stderr, name).not.toContain(' at ');
      for (const inner of [`include "${name}"`, `set s from "${name}"`]) {
        const read = await routec(cwd, ['compile', '-', '-o', 'out'], {
          input: `${inner}\n${GOOD}`,
        });
        expect(read.exitCode, inner).toBe(1);
        expect(read.stderr, inner).toContain('RC110');
      }
    }
    expect(readdirSync(cwd)).not.toContain('out');
  });

  it('are cut by no lone carriage return and no NUL', async () => {
    const cwd = folder('returns', {});
    for (const list of [
      '10.0.0.0/8 # a\r192.168.0.0/16\n',
      '# header\r10.0.0.0/8\r',
      '10.0.0.0/8\0\n',
    ]) {
      writeFileSync(join(cwd, 'list'), list);
      writeFileSync(join(cwd, 'policy.route'), `set s from "list"\nroute from @s via drop\n`);
      const run = await routec(cwd, ['check']);
      expect(run.exitCode, JSON.stringify(list)).toBe(1);
      expect(run.stderr).toContain('RC003');
    }
  });

  it('are waited for by nobody, and sets in sets end somewhere', async () => {
    const kernel = await routec(place, ['check', '/proc/kmsg']);
    expect(kernel.exitCode).toBe(2);
    const deep = Array.from({ length: 2000 }, (_, index) => `set s${index} = @s${index + 1}`);
    const input = [...deep, 'set s2000 = 192.0.2.1'].join('\n');
    const run = await routec(place, ['check', '-', '--format', 'concise'], { input });
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain('RC114');
  });

  it('are never quoted from outside the folder', async () => {
    const cwd = folder('quoting', {});
    const secret = 'correct-horse-battery';
    writeFileSync(join(place, 'secret'), `root:${secret}:0:0\nroute via ${secret}x "\n`);
    symlinkSync('../secret', join(cwd, 'inside.route'));
    for (const path of ['../secret', 'inside.route', join(place, 'secret')]) {
      for (const inner of [`include "${path}"`, `set s from "${path}"`]) {
        writeFileSync(join(cwd, 'policy.route'), `${inner}\nroute from @s via dsl\n`);
        for (const format of ['pretty', 'concise', 'json']) {
          const run = await routec(cwd, ['check', '--format', format]);
          expect(run.exitCode).toBe(1);
          expect(run.stdout + run.stderr).not.toContain(secret);
        }
      }
    }
  });

  it('are bounded: deep, wide and long ones end with an error', async () => {
    const twice = 'include "bomb.route"\n'.repeat(3);
    const cwd = folder('bombs', {
      'bomb.route': `${twice}include "a.route"\ninclude "a.route"\n`,
      'a.route': 'include "b.route"\ninclude "b.route"\ninclude "./x/../b.route"\n',
      'b.route': 'include "c.route"\n'.repeat(200),
      'c.route': 'include "d.route"\n'.repeat(200),
      'd.route': '',
      'long.route': `route host ${'192.0.2.1,'.repeat(1_000_000)} via x`,
      'deep.route': `set x = ${'{ '.repeat(1_000_000)}`,
      'nots.route': `route ${'not '.repeat(1_000_000)}tcp via x`,
      'binary.route': '\u0000\u0001\u001b[31m\u202eroute via x\n'.repeat(1000),
    });
    for (const name of readdirSync(cwd).filter((each) => !/^[acd]\./.test(each))) {
      const run = await routec(cwd, ['check', name, '--format', 'concise']);
      expect(run.exitCode, name).toBe(1);
      expect(run.stderr, name).not.toContain('has a bug');
      expect(run.stderr, name).not.toContain('\u001b');
    }
  });
});
