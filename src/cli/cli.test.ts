import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Script } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROUTEC } from '../lab/place.ts';
import { tryRoutec } from './try-routec.ts';

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

describe('routec', () => {
  it('shows its help and version, and knows no other command', async () => {
    const help = await tryRoutec(place, ['--help']);
    expect(help).toMatchObject({ exitCode: 0 });
    expect(help.stdout).toContain('compile [options] <policy>');
    expect((await tryRoutec(place, ['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+$/);
    expect(await tryRoutec(place, [])).toMatchObject({ exitCode: 2 });
    const unknown = await tryRoutec(place, ['complie']);
    expect(unknown).toMatchObject({ exitCode: 2 });
    expect(unknown.stderr).toContain('compile');
    expect(await tryRoutec(place, ['compile', '--emitt', 'x', 'y'])).toMatchObject({ exitCode: 2 });
  });
});

describe('routec check', () => {
  it('answers with its exit code', async () => {
    const cwd = folder('check', { 'policy.route': GOOD, 'bad.route': BAD, 'warns.route': WARNS });
    expect(await tryRoutec(cwd, ['check'])).toMatchObject({ exitCode: 0, stdout: '', stderr: '' });
    const bad = await tryRoutec(cwd, ['check', 'policy.route', 'bad.route']);
    expect(bad.exitCode).toBe(1);
    expect(bad.stderr).toContain('bad.route:2:18');
    expect(bad.stderr).toContain('bad.route:3:11');
    expect(await tryRoutec(cwd, ['check', 'warns.route'])).toMatchObject({ exitCode: 0 });
    expect(await tryRoutec(cwd, ['check', 'warns.route', '--strict'])).toMatchObject({
      exitCode: 1,
    });
    expect(await tryRoutec(cwd, ['check', 'gone.route'])).toMatchObject({ exitCode: 2 });
    expect(await tryRoutec(cwd, ['check', '-'], { input: BAD })).toMatchObject({ exitCode: 1 });
    expect(readdirSync(cwd)).toHaveLength(3);
  });

  it('speaks concise and JSON', async () => {
    const concise = await tryRoutec(place, ['check', '-', '--format', 'concise'], { input: BAD });
    expect(concise.stderr.split('\n')).toEqual([
      '<stdin>:2:18: error[RC101]: there is no uplink `dls`',
      '<stdin>:3:11: error[RC202]: `99999` is not a port: ports are 0 to 65535',
    ]);
    const json = await tryRoutec(place, ['check', '-', '--format', 'json'], { input: BAD });
    expect(json.stderr).toBe('');
    expect(JSON.parse(json.stdout)).toMatchObject({
      version: 1,
      diagnostics: [
        { code: 'RC101', slug: 'unknown-uplink', labels: [{ start: { line: 2 } }] },
        {},
      ],
      summary: { error: 2, warning: 0 },
    });
    expect(await tryRoutec(place, ['check', '-', '--format', 'xml'])).toMatchObject({
      exitCode: 2,
    });
  });

  it('colours where it is asked to, and nowhere else', async () => {
    const colour = '\u001b[';
    const plain = await tryRoutec(place, ['check', '-'], { input: BAD, env: { NO_COLOR: '' } });
    expect(plain.stderr).not.toContain(colour);
    const forced = { FORCE_COLOR: '1', NO_COLOR: '' };
    expect((await tryRoutec(place, ['check', '-'], { input: BAD, env: forced })).stderr).toContain(
      colour,
    );
    const refused = { FORCE_COLOR: '1', NO_COLOR: '1' };
    expect(
      (await tryRoutec(place, ['check', '-'], { input: BAD, env: refused })).stderr,
    ).not.toContain(colour);
  });
});

describe('routec fmt', () => {
  const UGLY =
    '\nuplink  cable dev eth2\nuplink dsl dev eth3\r\nroute tcp 80,443 via dsl   # web\n\n';
  const NEAT = 'uplink cable dev eth2\nuplink dsl   dev eth3\nroute tcp 80, 443 via dsl # web\n';

  it('writes what changes and nothing else, the default and the files that are named', async () => {
    const cwd = folder('fmt', {
      'policy.route': UGLY,
      'a.route': `\ufeff${NEAT}`,
      'b.route': NEAT,
    });
    const before = statSync(join(cwd, 'b.route'));
    expect(await tryRoutec(cwd, ['fmt'])).toEqual(
      expect.objectContaining({ exitCode: 0, stdout: '', stderr: 'policy.route: formatted' }),
    );
    expect(readFileSync(join(cwd, 'policy.route'), 'utf8')).toBe(NEAT);
    expect(await tryRoutec(cwd, ['fmt'])).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await tryRoutec(cwd, ['fmt', 'a.route', 'b.route'])).toMatchObject({
      exitCode: 0,
      stderr: 'a.route: formatted',
    });
    expect(readFileSync(join(cwd, 'a.route'), 'utf8')).toBe(NEAT);
    expect(statSync(join(cwd, 'b.route')).ino).toBe(before.ino);
    expect(readdirSync(cwd)).toHaveLength(3);
  });

  it('goes from standard input to standard output', async () => {
    expect(await tryRoutec(place, ['fmt', '-'], { input: UGLY })).toMatchObject({
      exitCode: 0,
      stdout: NEAT.trimEnd(),
      stderr: '',
    });
    const wrong = await tryRoutec(place, ['fmt', '-'], { input: `${UGLY}route via` });
    expect(wrong).toMatchObject({ exitCode: 1, stdout: '' });
    expect(wrong.stderr).toContain('<stdin>:6:10');
    expect(await tryRoutec(place, ['fmt', '-'])).toMatchObject({ exitCode: 0, stdout: '' });
  });

  it('says with --check and --diff what it would change, and changes nothing', async () => {
    const files = { 'ugly.route': UGLY, 'neat.route': NEAT, 'bom.route': `\ufeff${NEAT}` };
    const cwd = folder('fmt-check', files);
    const names = Object.keys(files);
    const check = await tryRoutec(cwd, ['fmt', '--check', ...names]);
    expect(check).toMatchObject({ exitCode: 1, stdout: 'ugly.route\nbom.route', stderr: '' });
    const diff = await tryRoutec(cwd, ['fmt', '--diff', ...names]);
    expect(diff).toMatchObject({ exitCode: 1, stderr: '' });
    expect(diff.stdout).toContain('--- a/ugly.route\n+++ b/ugly.route\n');
    expect(diff.stdout).toContain('+uplink cable dev eth2\n');
    expect(diff.stdout).not.toContain('neat.route');
    for (const how of ['--check', '--diff']) {
      expect(await tryRoutec(cwd, ['fmt', how, 'neat.route'])).toMatchObject({
        exitCode: 0,
        stdout: '',
      });
    }
    expect(await tryRoutec(cwd, ['fmt', '--check', '--diff'])).toMatchObject({ exitCode: 2 });
    for (const [name, text] of Object.entries(files)) {
      expect(readFileSync(join(cwd, name), 'utf8')).toBe(text);
    }
  });

  it('leaves a file alone that it can not read or understand, and takes the others', async () => {
    const cwd = folder('fmt-wrong', { 'bad.route': 'route  via\n', 'ugly.route': UGLY });
    writeFileSync(join(cwd, 'latin.route'), Buffer.from('route  via main # \xe9\n', 'latin1'));
    execFileSync('mkfifo', [join(cwd, 'fifo.route')]);
    const wrong = await tryRoutec(cwd, ['fmt', 'bad.route', 'latin.route', 'ugly.route']);
    expect(wrong).toMatchObject({ exitCode: 1, stdout: '' });
    expect(wrong.stderr).toContain('bad.route:1:11');
    expect(wrong.stderr).toContain('latin.route:1:19');
    expect(wrong.stderr).toContain('RC004');
    expect(readFileSync(join(cwd, 'bad.route'), 'utf8')).toBe('route  via\n');
    expect(readFileSync(join(cwd, 'latin.route'))).toHaveLength(20);
    expect(readFileSync(join(cwd, 'ugly.route'), 'utf8')).toBe(NEAT);
    writeFileSync(join(cwd, 'ugly.route'), UGLY);
    const unread = await tryRoutec(cwd, [
      'fmt',
      'bad.route',
      'fifo.route',
      'gone.route',
      'ugly.route',
    ]);
    expect(unread.exitCode).toBe(2);
    expect(unread.stderr).toContain('gone.route: there is no such file');
    expect(readFileSync(join(cwd, 'ugly.route'), 'utf8')).toBe(NEAT);
  });

  it('is asked for by a note of `check`, which is no warning, and not by `compile`', async () => {
    const files = { 'policy.route': 'include "more.route"\nroute tcp 80,443 via dsl\n' };
    const cwd = folder('fmt-note', { ...files, 'more.route': 'uplink  dsl dev eth3\n' });
    const said = await tryRoutec(cwd, ['check', '--strict', '--format', 'concise']);
    expect(said.exitCode).toBe(0);
    expect(said.stderr.split('\n')).toEqual([
      'policy.route:2:14: note[RC501]: this file is not formatted',
      'more.route:1:8: note[RC501]: this file is not formatted',
    ]);
    expect((await tryRoutec(cwd, ['compile', 'policy.route'])).stderr).not.toContain('RC501');
    await tryRoutec(cwd, ['fmt', 'policy.route', 'more.route']);
    expect(await tryRoutec(cwd, ['check'])).toMatchObject({ exitCode: 0, stderr: '' });
  });
});

describe('routec compile', () => {
  it('says with `--stats` what became of the policy, and what each phase took', async () => {
    const cwd = folder('stats', { 'office.route': GOOD });
    const { stderr, exitCode } = await tryRoutec(cwd, ['compile', 'office.route', '--stats']);
    expect(exitCode).toBe(0);
    for (const word of ['look-ups', 'elements', 'linear rules', 'bytes']) {
      expect(stderr).toMatch(new RegExp(`^${word} +[0-9]`, 'm'));
    }
    for (const phase of ['parse', 'read', 'check', 'lower', 'emit', 'write']) {
      expect(stderr).toMatch(new RegExp(`^${phase} +[0-9,]+ ms, then [0-9]+ MB in use$`, 'm'));
    }
  });

  it('writes beside the policy or into a folder, and the same bytes each time', async () => {
    const cwd = folder('compile', { 'office.route': GOOD });
    expect(await tryRoutec(cwd, ['compile', 'office.route'])).toMatchObject({
      exitCode: 0,
      stdout: '',
    });
    expect(readdirSync(cwd)).toContain('office.uplink.dsl.ip');
    expect(await tryRoutec(cwd, ['compile', 'office.route', '-o', 'new/out'])).toMatchObject({
      exitCode: 0,
    });
    for (const name of readdirSync(join(cwd, 'new/out'))) {
      const [one, other] = [cwd, join(cwd, 'new/out')].map((at) =>
        readFileSync(join(at, name), 'utf8'),
      );
      expect(one, name).toBe(other);
      expect(one, name).not.toContain(place);
    }
    const again = await tryRoutec(cwd, ['compile', 'office.route']);
    expect(again.stderr).toContain(' 0 written');
  });

  it('writes nothing on an error, nor on a warning with --strict', async () => {
    const cwd = folder('nothing', { 'policy.route': BAD, 'warns.route': WARNS });
    expect(await tryRoutec(cwd, ['compile', 'policy.route'])).toMatchObject({
      exitCode: 1,
      stdout: '',
    });
    expect(await tryRoutec(cwd, ['compile', 'warns.route', '--strict'])).toMatchObject({
      exitCode: 1,
    });
    expect(readdirSync(cwd).sort()).toEqual(['policy.route', 'warns.route']);
  });

  it('prints one artefact', async () => {
    const nft = await tryRoutec(place, ['compile', '-', '--emit', 'nft'], { input: GOOD });
    expect(nft).toMatchObject({ exitCode: 0, stderr: '' });
    expect(nft.stdout).toContain('table inet routec');
    const uplink = await tryRoutec(place, ['compile', '-', '--emit', 'uplink.dsl.ip'], {
      input: GOOD,
    });
    expect(uplink.stdout).toContain('route replace default via 192.0.2.1 dev eth3 onlink');
    const none = await tryRoutec(place, ['compile', '-', '--emit', 'iptables'], { input: GOOD });
    expect(none).toMatchObject({ exitCode: 2, stdout: '' });
    expect(none.stderr).toContain('uplink.dsl.ip');
    expect(await tryRoutec(place, ['compile', '-'], { input: GOOD })).toMatchObject({
      exitCode: 2,
    });
  });

  it('compares with what is there, and writes nothing', async () => {
    const cwd = folder('compare', { 'policy.route': GOOD });
    const empty = await tryRoutec(cwd, ['compile', 'policy.route', '--check']);
    expect(empty.exitCode).toBe(1);
    expect(readdirSync(cwd)).toEqual(['policy.route']);
    await tryRoutec(cwd, ['compile', 'policy.route']);
    expect(await tryRoutec(cwd, ['compile', 'policy.route', '--check'])).toMatchObject({
      exitCode: 0,
      stdout: '',
    });

    writeFileSync(join(cwd, 'policy.route'), GOOD.replace('tcp 80', 'tcp 81'));
    const changed = await tryRoutec(cwd, ['compile', 'policy.route', '--check']);
    expect(changed.exitCode).toBe(1);
    expect(changed.stdout).toContain('-      6 . 80 : goto');
    expect(changed.stdout).toContain('+      6 . 81 : goto');
    writeFileSync(join(cwd, 'policy.route'), `# a comment moves no byte\n${GOOD}`);
    expect(await tryRoutec(cwd, ['compile', 'policy.route', '--check'])).toMatchObject({
      exitCode: 0,
    });

    writeFileSync(join(cwd, 'policy.nft'), 'flush ruleset\n');
    const edited = await tryRoutec(cwd, ['compile', 'policy.route', '--check']);
    expect(edited.exitCode).toBe(1);
    expect(edited.stderr).toContain('policy.nft does not agree with its manifest: compile again');
  });

  it('refuses a manifest that it can not read', async () => {
    const cwd = folder('manifest', { 'policy.route': GOOD, 'policy.manifest.json': '{' });
    const run = await tryRoutec(cwd, ['compile', 'policy.route']);
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toContain('policy.manifest.json: it is not JSON');
    expect(readdirSync(cwd)).toHaveLength(2);
  });

  it('keeps the numbers of a manifest in the output folder', async () => {
    const cwd = folder('lock', { 'policy.route': GOOD });
    await tryRoutec(cwd, ['compile', 'policy.route']);
    const more = `uplink first dev eth9 gateway 198.51.100.1\n${GOOD}`;
    writeFileSync(join(cwd, 'policy.route'), more);
    await tryRoutec(cwd, ['compile', 'policy.route']);
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
  it('are cut by no lone carriage return and no NUL', async () => {
    const cwd = folder('returns', {});
    for (const list of [
      '10.0.0.0/8 # a\r192.168.0.0/16\n',
      '# header\r10.0.0.0/8\r',
      '10.0.0.0/8\0\n',
    ]) {
      writeFileSync(join(cwd, 'list'), list);
      writeFileSync(join(cwd, 'policy.route'), `set s from "list"\nroute from @s via drop\n`);
      const run = await tryRoutec(cwd, ['check']);
      expect(run.exitCode, JSON.stringify(list)).toBe(1);
      expect(run.stderr).toContain('RC003');
    }
  });

  it('are waited for by nobody, and sets in sets end somewhere', async () => {
    const kernel = await tryRoutec(place, ['check', '/proc/kmsg']);
    expect(kernel.exitCode).toBe(2);
    const deep = Array.from({ length: 2000 }, (_, index) => `set s${index} = @s${index + 1}`);
    const input = [...deep, 'set s2000 = 192.0.2.1'].join('\n');
    const run = await tryRoutec(place, ['check', '-', '--format', 'concise'], { input });
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain('RC114');
  });
});

it('starts from the code that V8 kept of it with this very Node, and from no other', () => {
  const { version, platform, arch } = process;
  const kept = readdirSync(dirname(ROUTEC)).filter((name) => name.endsWith('.cache'));
  const hashes = ['main.js', 'more.js'].map((pack) =>
    createHash('sha256')
      .update(readFileSync(join(dirname(ROUTEC), pack)))
      .digest('hex')
      .slice(0, 12),
  );
  expect(kept.sort()).toEqual(
    hashes.map((hash) => `${hash}-${version}-${platform}-${arch}.cache`).sort(),
  );
  // V8 takes it: it fits the text, and the flags that Node has today.
  for (const [at, pack] of ['main.js', 'more.js'].entries()) {
    const script = new Script(readFileSync(join(dirname(ROUTEC), pack), 'latin1'), {
      cachedData: readFileSync(
        join(dirname(ROUTEC), `${hashes[at]}-${version}-${platform}-${arch}.cache`),
      ),
    });
    expect(script.cachedDataRejected).toBe(false);
  }
  const read = readFileSync(ROUTEC, 'latin1');
  for (const hash of hashes) expect(read).toContain(`'${hash}'`);
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the launcher's.
  expect(read).toContain('${hash}-${version}-${platform}-${arch}.cache');
});
