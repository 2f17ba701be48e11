import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa, type Options } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const GOOD = 'uplink dsl dev eth3 gateway 192.0.2.1\nroute ipv4 tcp 80 via dsl\n';
const SECRET = 'correct-horse-battery';
const FORMATS = ['pretty', 'concise', 'json'];
/** Nothing that a terminal obeys, turns round or does not show, but the ends of lines. */
const UNSEEN = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
const ROOT = process.getuid?.() === 0;
const NOBODY = 65534;

let place: string;
let bundle: string;
beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), 'routec-hostile-'));
  chmodSync(place, 0o755);
  // The bundle as it ships, where others than its owner may read it.
  const dist = join(place, 'dist');
  cpSync(join(import.meta.dirname, '../../dist'), dist, { recursive: true });
  bundle = join(dist, 'routec.js');
});
afterAll(() => {
  rmSync(place, { recursive: true, force: true });
});

interface Run {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}
/** With twenty seconds; what is not done by then has no bounds. */
async function routec(cwd: string, words: readonly string[], options: Options = {}): Promise<Run> {
  const run = (await execa(process.execPath, [bundle, ...words], {
    cwd,
    reject: false,
    timeout: 20_000,
    input: '',
    env: { NO_COLOR: '1' },
    ...options,
  })) as unknown as Run & { timedOut: boolean };
  expect(run.timedOut, words.join(' ')).toBe(false);
  expect([0, 1, 2], run.stderr.slice(0, 2000)).toContain(run.exitCode);
  expect(UNSEEN.exec(run.stdout + run.stderr)).toBeNull();
  expect(run.stdout + run.stderr).not.toContain(SECRET);
  return run;
}

let made = 0;
/** A folder for one test, with a secret beside it. */
function folder(files: Readonly<Record<string, string>> = { 'policy.route': GOOD }): string {
  made += 1;
  const path = join(place, String(made), 'policy');
  mkdirSync(path, { recursive: true });
  chmodSync(path, 0o777);
  writeFileSync(join(path, '../secret'), `root:${SECRET}:0:0\nroute via ${SECRET}x "\n`);
  for (const [name, text] of Object.entries(files)) put(join(path, name), text);
  return path;
}
function put(path: string, text: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** All that is in a folder, down to the last byte; links are not followed. */
function everything(path: string): Record<string, string> {
  const out: Record<string, string> = {};
  for (const each of readdirSync(path, { withFileTypes: true, recursive: true })) {
    const full = join(each.parentPath, each.name);
    const { mode, size } = lstatSync(full);
    const small = each.isFile() && size < 1e6;
    const text = small
      ? readFileSync(full, 'latin1')
      : each.isSymbolicLink()
        ? readlinkSync(full)
        : '';
    out[full] = `${mode} ${each.isDirectory() ? '' : size} ${text}`;
  }
  return out;
}

/** A compile that is refused changes no byte, and says why in a few lines. */
async function expectRefused(
  cwd: string,
  words: readonly string[],
  exitCode: number,
  said: string | RegExp,
  options: Options = {},
): Promise<Run> {
  const before = everything(dirname(cwd));
  const run = await routec(cwd, words, options);
  expect(run.exitCode, run.stderr).toBe(exitCode);
  expect(run.stdout + run.stderr).toMatch(said);
  expect(run.stderr.length).toBeLessThan(50_000);
  expect(everything(dirname(cwd))).toEqual(before);
  return run;
}
const compile = ['compile', 'policy.route', '-o', 'out'];
/** Half a gigabyte; V8 takes no code cache with it, so it is only where memory is what is tried. */
const BOUNDED: Options = { env: { NO_COLOR: '1', NODE_OPTIONS: '--max-old-space-size=512' } };

type Make = (path: string) => void;
const link =
  (target: string): Make =>
  (path) =>
    symlinkSync(target, path);
const fifo: Make = (path) => execFileSync('mkfifo', [path]);
const sparse =
  (size: number): Make =>
  (path) => {
    writeFileSync(path, '');
    truncateSync(path, size);
  };

/** What may be where a file is expected: how it gets there, and why it is refused. */
const NO_FILES: readonly (readonly [name: string, make: Make, why: string])[] = [
  ['a FIFO that nobody writes to', fifo, 'it is no regular file'],
  ['a folder', (path) => mkdirSync(path), 'it is a folder'],
  ['a link to itself', (path) => symlinkSync(path, path), 'symbolic link'],
  ['a link to nothing', link('nowhere'), 'no such file|symbolic link'],
  ['a link to a device without an end', link('/dev/zero'), 'regular file|symbolic link'],
  ['a link to what the kernel makes up', link('/proc/self/environ'), 'regular file|symbolic link'],
  ['a link to what is used up by its readers', link('/proc/kmsg'), 'regular|symbolic|permi'],
  ['two gigabytes', sparse(2 ** 31), 'it has more than 64 MiB'],
];

describe.each(NO_FILES)('%s', (_, make, why) => {
  it('is no policy', async () => {
    const cwd = folder({});
    make(join(cwd, 'policy.route'));
    const { stderr } = await expectRefused(cwd, compile, 2, new RegExp(`^error: .*(${why})`));
    expect(stderr).toContain('policy.route');
  });

  it.each([
    ['include', (path: string) => `include "${path}"\n${GOOD}`],
    ['list', (path: string) => `set s from "${path}"\nroute from @s via drop\n${GOOD}`],
  ])('is no %s', async (_name, text) => {
    const cwd = folder({ 'policy.route': text('x') });
    make(join(cwd, 'x'));
    await expectRefused(cwd, compile, 1, new RegExp(`RC110[^]*(${why})`));
  });

  it('is no manifest', async () => {
    const cwd = folder();
    mkdirSync(join(cwd, 'out'));
    make(join(cwd, 'out/policy.manifest.json'));
    const said = /policy.manifest.json: it .*\n.*take it back from git/;
    await expectRefused(cwd, compile, 2, said);
    await expectRefused(cwd, [...compile, '--check'], 2, said);
  });

  it('is never replaced by an artefact, nor read for `--check`', async () => {
    const cwd = folder();
    mkdirSync(join(cwd, 'out'));
    make(join(cwd, 'out/policy.nft'));
    await expectRefused(cwd, compile, 2, /policy.nft: (it is a folder|routec did not write it)/);
    await expectRefused(cwd, [...compile, '--check'], 1, 'not what the policy says');
  });
});

describe('a file of somebody else', () => {
  const foreign: readonly (readonly [string, Make, string])[] = [
    ['by its path', () => undefined, '../secret'],
    ['by a path with detours', (cwd) => mkdirSync(join(cwd, 'a')), 'a/../../secret'],
    ['by a link', (cwd) => symlinkSync('../secret', join(cwd, 'x')), 'x'],
    [
      'by a link of a link',
      (cwd) => {
        symlinkSync('y', join(cwd, 'x'));
        symlinkSync('../secret', join(cwd, 'y'));
      },
      'x',
    ],
    ['by a linked folder', (cwd) => symlinkSync('..', join(cwd, 'sub')), 'sub/secret'],
  ];
  it.each(foreign)('%s is never quoted', async (_, make, path) => {
    for (const text of [`include "${path}"\n`, `set s from "${path}"\nroute from @s via drop\n`]) {
      const cwd = folder({ 'policy.route': text });
      make(cwd);
      for (const format of FORMATS) {
        await expectRefused(cwd, [...compile, '--format', format], 1, /secret|\bx:|"x"/);
      }
    }
  });

  it('is not quoted either where the policy itself is a link to it', async () => {
    const cwd = folder({});
    symlinkSync('../secret', join(cwd, 'policy.route'));
    for (const format of FORMATS) {
      await expectRefused(cwd, ['check', '--format', format], 1, 'policy.route');
    }
    // A link within the folder is how some tools change all files of it at once.
    const inside = folder({ 'data/policy.route': 'route via dls5x "\n' });
    symlinkSync('data/policy.route', join(inside, 'policy.route'));
    expect((await routec(inside, ['check'])).stderr).toContain('dls5x');
  });

  it('is not shown by `--check` where an artefact is a link to it', async () => {
    const cwd = folder();
    await routec(cwd, compile);
    rmSync(join(cwd, 'out/policy.nft'));
    symlinkSync('../../secret', join(cwd, 'out/policy.nft'));
    await expectRefused(cwd, [...compile, '--check'], 1, 'policy.nft does not agree');
    // The manifest says that this one is ours: it is replaced, and what it led to stays.
    expect(await routec(cwd, compile)).toMatchObject({ exitCode: 0 });
    expect(lstatSync(join(cwd, 'out/policy.nft')).isFile()).toBe(true);
    expect(readFileSync(join(cwd, '../secret'), 'utf8')).toContain(SECRET);
  });

  it.runIf(ROOT)('that may not be read is refused', async () => {
    const cwd = folder({ 'policy.route': `include "x"\n${GOOD}`, x: SECRET });
    chmodSync(join(cwd, 'x'), 0);
    const nobody = { uid: NOBODY, gid: NOBODY };
    await expectRefused(cwd, compile, 1, "`x` can't be read: permission denied", nobody);
    chmodSync(join(cwd, 'policy.route'), 0);
    await expectRefused(cwd, compile, 2, 'policy.route: permission denied', nobody);
  });

  it('is written about, and stays what it was: hard links can not be told', async () => {
    const cwd = folder();
    await routec(cwd, compile);
    linkSync(join(cwd, 'out/policy.nft'), join(cwd, 'other'));
    const before = readFileSync(join(cwd, 'other'), 'utf8');
    writeFileSync(join(cwd, 'policy.route'), GOOD.replace('80', '81'));
    await routec(cwd, compile);
    expect(readFileSync(join(cwd, 'other'), 'utf8')).toBe(before);
  });
});

describe('standard input', () => {
  it('that is endless ends somewhere', async () => {
    const cwd = folder({});
    const run = await execa(
      'sh',
      ['-c', `cat /dev/zero | "$0" "$1" compile - -o out`, process.execPath, bundle],
      {
        cwd,
        reject: false,
        timeout: 20_000,
      },
    );
    expect(run).toMatchObject({ exitCode: 2, timedOut: false });
    expect(run.stderr).toContain('it has more than 64 MiB');
    expect(readdirSync(cwd)).toEqual([]);
  });

  it('is no file of a policy', async () => {
    const cwd = folder({ 'policy.route': `include "/dev/stdin"\n${GOOD}` });
    await expectRefused(cwd, compile, 1, 'RC110', { input: SECRET });
  });
});

describe('a text of megabytes', () => {
  const MIB = 2 ** 20;
  it.each([
    ['letters', 'a'.repeat(10 * MIB)],
    ['backslashes', '\\'.repeat(10 * MIB)],
    ['backslashes before quotes', '\\"'.repeat(5 * MIB)],
    ['NULs', '\0'.repeat(10 * MIB)],
    ['carriage returns', '\r'.repeat(10 * MIB)],
    ['letters that it does not have', '\u00e9'.repeat(5 * MIB)],
    ['no UTF-8', new Uint8Array(10 * MIB).fill(0x80)],
    ['braces', '{'.repeat(10 * MIB)],
    ['braces a line', '{\n'.repeat(5 * MIB)],
    ['sets that are never closed', 'set a={\n'.repeat(MIB / 8)],
    ['quotes', '"'.repeat(10 * MIB)],
    ['quoted texts', '"" '.repeat(3 * MIB)],
    ['words', 'a '.repeat(5 * MIB)],
    ['commas', `route from ${','.repeat(400_000)}`],
    ['a name', `uplink ${'a'.repeat(10 * MIB)} dev eth0\n`],
    ['a quoted name', `uplink "${'a'.repeat(10 * MIB)}" dev eth0\n`],
    ['a reference', `route from @${'a'.repeat(10 * MIB)} via drop\n`],
    ['a port', `route tcp ${'9'.repeat(10 * MIB)} via drop\n`],
    ['an address', `route from ${'1.'.repeat(5 * MIB)} via drop\n`],
    ['an IPv6 address', `route from ${'1:'.repeat(2 * MIB)} via drop\n`],
    ['colons', `route from ${':'.repeat(10 * MIB)} via drop\n`],
    ['a mark', `route mark 0x${'f'.repeat(10 * MIB)} via drop\n`],
    ['a path', `include "${'../'.repeat(1 * MIB)}x"\n`],
    ['`not`', `route ${'not '.repeat(300_000)}tcp via x`],
    ['`else`', `route via ${'drop else '.repeat(100_000)}drop`],
    ['combining marks', `a${'\u0301'.repeat(5 * MIB)}`],
    ['all of them', '{"a\\\u00e9\0 , @= \n'.repeat(MIB / 2)],
  ])('%s: an error, in seconds, in half a gigabyte, in a few lines', async (_, text) => {
    const cwd = folder({});
    put(join(cwd, 'policy.route'), text);
    await expectRefused(cwd, compile, 1, /^error\[RC/, BOUNDED);
  });

  it('that names many thousands of what is nowhere is told so in seconds', async () => {
    const sets = Array.from({ length: 5000 }, (_, index) => `set known${index} = 192.0.2.1\n`);
    const rules = Array.from({ length: 10_000 }, (_, index) => `route from @know${index}n via x\n`);
    const ports = Array.from({ length: 10_000 }, (_, index) => `smtq${index}`);
    const cwd = folder({
      'policy.route': `${sets.join('')}${rules.join('')}route tcp { ${ports} } via drop\n`,
    });
    const run = await routec(cwd, ['check', 'policy.route', '--format', 'concise']);
    const errors = run.stderr.split('\n').filter((line) => line.includes(': error['));
    const told = errors.map((line) => Number(/ and (\d+) more /.exec(line)?.[1] ?? 1));
    expect(told.reduce((sum, count) => sum + count, 0)).toBe(20_000);
    expect(errors.length).toBe(202);
  });

  it('is refused in a list, too', async () => {
    const cwd = folder({
      'policy.route': 'set l from "l"\nroute from @l via drop\n',
      l: '1\n'.repeat(5 * MIB),
    });
    await expectRefused(cwd, compile, 1, /^error\[RC009\]/, BOUNDED);
  });

  it.each([
    ['blanks', ' '.repeat(2 * MIB)],
    ['comments', `#${'x'.repeat(10 * MIB)}\n`],
    ['lines', '\n'.repeat(2 * MIB)],
    ['joined lines', '\\\n'.repeat(MIB)],
  ])('%s: nothing', async (_, text) => {
    const cwd = folder({ 'policy.route': text });
    expect(await routec(cwd, compile, BOUNDED)).toMatchObject({ exitCode: 0 });
  });
});

describe('includes', () => {
  it('that double with each step are stopped', async () => {
    const files = Object.fromEntries(
      Array.from({ length: 17 }, (_, index) => [
        `${index}.route`,
        `include "${index + 1}.route"\n`.repeat(2),
      ]),
    );
    const cwd = folder({ ...files, '17.route': '', 'policy.route': 'include "0.route"\n' });
    await expectRefused(cwd, compile, 1, /RC112/);
  });

  it('in a circle are told, and those that meet again are fine', async () => {
    const circle = folder({
      'policy.route': 'include "b"\n',
      b: 'include "./x/../policy.route"\n',
    });
    await expectRefused(circle, compile, 1, /includes itself\n --> b:1:9/);
    const meet = folder({
      'policy.route': 'include "a"\ninclude "b"\n',
      a: 'include "c"\n',
      b: 'include "c"\n',
      c: 'route tcp 80 via drop\n',
    });
    expect(await routec(meet, compile)).toMatchObject({ exitCode: 0 });
  });
});

describe('the name of a policy', () => {
  it.each([
    ...[
      'a\nb',
      'a b',
      '',
      '.',
      'é',
      'a\u001b[31m',
      'a\u202eb',
      'a;b',
      'a$(id)',
      'a%n',
      "a'b",
      'a"b',
    ],
    ...['a#b', '{{x}}', '*', 'a\\', 'a@b', '-rf', 'a'.repeat(151)],
  ])('%j is refused', async (base) => {
    const name = `${base}.route`;
    const cwd = folder({ [name]: GOOD });
    await expectRefused(cwd, ['compile', '-o', 'out', '--', name], 2, /rename it|at most 150/);
    await expectRefused(cwd, ['compile', `./${name}`], 2, /rename it|at most 150/);
  });

  it('may lead up, and then that is where it writes', async () => {
    const cwd = folder({});
    writeFileSync(join(cwd, '../up.route'), GOOD);
    expect(await routec(cwd, ['compile', '../up.route'])).toMatchObject({ exitCode: 0 });
    expect(readdirSync(join(cwd, '..'))).toContain('up.nft');
    expect(readdirSync(cwd)).toEqual([]);
  });

  it('is shown as a terminal can bear it, as all that is typed', async () => {
    const cwd = folder();
    const odd = 'x\u001b[31m\u202e\u0007';
    for (const words of [
      ['check', odd],
      ['compile', odd],
      [odd],
      ['check', `--${odd}`],
      ['check', '--format', odd],
      ['compile', 'policy.route', '--emit', odd],
    ]) {
      expect((await routec(cwd, words)).exitCode).toBe(2);
    }
    expect(await routec(cwd, ['check'], { env: { ROUTEC_FORMAT: odd } })).toMatchObject({
      exitCode: 2,
    });
    const written = await routec(cwd, ['compile', 'policy.route', '-o', odd]);
    expect(written).toMatchObject({ exitCode: 0 });
  });
});

describe('the folder to write into', () => {
  it.each([
    ['a file', (path: string) => put(path, ''), 'out: a part of the path is no folder'],
    ['a link to nothing', link('nowhere'), "out: it is not there, and can't be made"],
    ['a link to itself', link('out'), 'out: too many symbolic links'],
    ['a FIFO', fifo, 'out: a part of the path is no folder'],
  ])('%s is none', async (_, make, said) => {
    const cwd = folder();
    make(join(cwd, 'out'));
    await expectRefused(cwd, compile, 2, said);
  });

  it.each([
    '',
    '/proc/self/x',
    '/proc/x/y/z',
    '/dev/null',
    '/dev/null/x',
    'policy.route/x',
    'a'.repeat(300),
  ])('%j is none', async (path) => {
    await expectRefused(folder(), ['compile', 'policy.route', '-o', path], 2, /^error: /);
  });

  it('may be a link, have an odd name, and lie deep', async () => {
    const cwd = folder();
    mkdirSync(join(cwd, 'real'));
    symlinkSync('real', join(cwd, 'out'));
    expect(await routec(cwd, compile)).toMatchObject({ exitCode: 0 });
    expect(readdirSync(join(cwd, 'real'))).toContain('policy.nft');
    for (const path of ['-rf', 'a b;c', 'a/b/c/d']) {
      expect(await routec(cwd, ['compile', 'policy.route', `--output=${path}`])).toMatchObject({
        exitCode: 0,
      });
      expect(readdirSync(join(cwd, path))).toContain('policy.nft');
    }
  });

  it.runIf(ROOT)('that may not be written, or not be searched, is left alone', async () => {
    const cwd = folder();
    mkdirSync(join(cwd, 'out'));
    const nobody = { uid: NOBODY, gid: NOBODY };
    for (const mode of [0o555, 0o000]) {
      chmodSync(join(cwd, 'out'), mode);
      await expectRefused(cwd, compile, 2, 'out: permission denied', nobody);
    }
  });

  /** In a mount namespace of its own, with a small file system as the folder. */
  const mounted = (options: string, then: string): readonly string[] => [
    ...['-m', 'sh', '-c'],
    `mkdir -p out && mount -t tmpfs -o ${options} none out && ${then}`,
  ];
  const command = '"$0" "$1" compile policy.route -o out';
  it.runIf(ROOT).each([
    ['full', 'size=8k', 'no space is left'],
    ['out of names', 'size=1m,nr_inodes=5', 'no space is left'],
    ['read-only', 'ro', 'read-only'],
  ])('that is %s stays empty', async (_, options, said) => {
    const words = mounted(options, `${command}; echo "exit $?"; ls -A out`);
    const { stdout, stderr } = await execa('unshare', [...words, process.execPath, bundle], {
      cwd: folder(),
    });
    expect(stderr).toContain(said);
    expect(stdout).toBe('exit 2');
  });

  it.runIf(ROOT)('that is full at the second compile keeps what the first one wrote', async () => {
    const again = `sed -i s/80/81/ policy.route && head -c 1m /dev/zero > out/x; sha256sum out/policy.*`;
    const words = mounted(
      'size=300k',
      `${command} && { ${again} > a; ${command}; echo "exit $?"; sha256sum out/policy.* > b; ls -A out | grep -c stage; cmp a b; }`,
    );
    const run = await execa('unshare', [...words, process.execPath, bundle], { cwd: folder() });
    expect(run.stdout.split('\n').slice(-2)).toEqual(['exit 2', '0']);
    expect(run.stderr).toContain('no space is left on the device');
  });
});

describe('what is in the way of an artefact', () => {
  it.each([
    ['a text of its own', (path: string) => put(path, 'mine\n')],
    ['nothing but a name', (path: string) => put(path, '')],
    ['no text', (path: string) => put(path, new Uint8Array([0xff, 0xfe]))],
    ['a link to a text of routec', link('policy.route')],
  ])('%s is not replaced', async (_, make) => {
    const cwd = folder({ 'policy.route': `# routec\n${GOOD}` });
    make(join(cwd, 'policy.nft'));
    const said = 'policy.nft: routec did not write it, and does not replace it; move it away';
    await expectRefused(cwd, ['compile', 'policy.route'], 2, said);
  });

  it('is replaced where routec wrote it, with or without its manifest', async () => {
    const cwd = folder();
    await routec(cwd, compile);
    writeFileSync(join(cwd, 'out/policy.nft'), 'edited\n');
    expect(await routec(cwd, compile)).toMatchObject({ exitCode: 0 });
    rmSync(join(cwd, 'out/policy.manifest.json'));
    writeFileSync(join(cwd, 'policy.route'), GOOD.replace('80', '81'));
    expect(await routec(cwd, compile)).toMatchObject({ exitCode: 0 });
    expect(readFileSync(join(cwd, 'out/policy.nft'), 'utf8')).toContain('81 : goto');
  });

  it('is shown by `--check` as a terminal can bear it, if it is no longer than anybody reads', async () => {
    const cwd = folder();
    await routec(cwd, compile);
    writeFileSync(join(cwd, 'out/policy.nft'), '\u001b[31m\u202e\0\r\n'.repeat(3));
    await expectRefused(cwd, [...compile, '--check'], 1, '-\ufffd[31m\ufffd');
    writeFileSync(join(cwd, 'out/policy.nft'), 'a\n'.repeat(2 ** 24));
    await expectRefused(
      cwd,
      [...compile, '--check'],
      1,
      'policy.nft: it differs, and is too large',
    );
  });
});

describe('a manifest', () => {
  let good: string;
  beforeAll(async () => {
    good = folder();
    await routec(good, compile);
  });
  type Json = { [key: string]: Json } & Json[];
  const changed = (change: (manifest: Json) => void): string => {
    const manifest = JSON.parse(readFileSync(join(good, 'out/policy.manifest.json'), 'utf8'));
    change(manifest);
    return JSON.stringify(manifest);
  };
  const slot = (value: unknown) => (): string =>
    changed(({ slots }) => Object.assign(slots?.[0] as object, { slot: value }));

  it.each([
    ['empty', () => ''],
    ['NULs', () => '\0'.repeat(1e7)],
    ['open to the end', () => '['.repeat(1e6)],
    ['deep', () => `${'['.repeat(1e5)}${']'.repeat(1e5)}`],
    ['deep in a part', () => `{"format":1,"options":${'['.repeat(1e6)}${']'.repeat(1e6)}}`],
    ['one string', () => `"${'a'.repeat(1e7)}"`],
    ['null', () => 'null'],
    ['a number', () => '1e999'],
    ['only a prototype', () => '{"format":1,"__proto__":{"options":{"priority":6000}}}'],
    ['newer', () => changed((manifest) => Object.assign(manifest, { format: 2 }))],
    [
      'of a format that is text',
      () => changed((manifest) => Object.assign(manifest, { format: '1' })),
    ],
    ['slot -1', slot(-1)],
    ['slot 0', slot(0)],
    ['slot 1.5', slot(1.5)],
    ['slot 499', slot(499)],
    ['slot 1e99', slot(1e99)],
    ['slot null', slot(null)],
    ['slot "1"', slot('1')],
    [
      'a priority too low',
      () => changed(({ slots }) => Object.assign(slots?.[0] as object, { priorities: [1] })),
    ],
    [
      'a million priorities',
      () =>
        changed(({ slots }) =>
          Object.assign(slots?.[0] as object, { priorities: Array(1e6).fill(6001) }),
        ),
    ],
    [
      'a priority below zero',
      () => changed(({ options }) => Object.assign(options as object, { priority: -1 })),
    ],
    [
      'a key twice',
      () => changed(({ slots }) => Object.assign(slots?.[1] as object, { key: 'dsl' })),
    ],
    [
      'an odd hash',
      () =>
        changed(({ artefacts }) =>
          Object.assign(artefacts as object, { ['\u001b[31m'.repeat(1e5)]: 'x' }),
        ),
    ],
  ])('that is %s is refused', async (_, text) => {
    const cwd = folder();
    put(join(cwd, 'out/policy.manifest.json'), text());
    await expectRefused(cwd, compile, 2, /policy.manifest.json: .*\n.*take it back from git/);
  });

  it('can name no file that is not ours to remove', async () => {
    const cwd = folder();
    const names = [
      '../policy.route',
      'policy.route',
      'policy.nft/../../policy.route',
      '../../secret',
    ];
    const all = [...names, `policy.uplink.../x`, join(cwd, 'policy.route'), '__proto__'];
    const text = changed(({ artefacts }) => {
      for (const name of all) {
        Object.defineProperty(artefacts, name, { value: '0'.repeat(64), enumerable: true });
      }
    });
    put(join(cwd, 'out/policy.manifest.json'), text);
    expect(await routec(cwd, compile)).toMatchObject({ exitCode: 0 });
    expect(readdirSync(cwd).sort()).toEqual(['out', 'policy.route']);
    expect(readFileSync(join(cwd, '../secret'), 'utf8')).toContain(SECRET);
  });

  it('that names a folder stops the compile before it writes', async () => {
    const cwd = folder();
    const text = changed(({ artefacts }) =>
      Object.assign(artefacts as object, { 'policy.uplink.old.ip': '0'.repeat(64) }),
    );
    put(join(cwd, 'out/policy.manifest.json'), text);
    put(join(cwd, 'out/policy.uplink.old.ip/x'), '');
    await expectRefused(cwd, compile, 2, 'policy.uplink.old.ip: it is a folder');
  });

  it('with hostile keys is read, and its keys go nowhere but back', async () => {
    const key = 'x\n; flush ruleset\u001b[31m\u202e{{x}}"';
    const cwd = folder();
    const text = changed((manifest) => {
      Object.assign(manifest.slots?.[0] as object, { key });
      Object.assign(manifest, {
        __proto__: { polluted: 1 },
        retired: [{ slot: 400, key: `${key}2` }],
      });
    });
    put(join(cwd, 'out/policy.manifest.json'), text);
    expect(await routec(cwd, compile)).toMatchObject({ exitCode: 0 });
    for (const name of readdirSync(join(cwd, 'out'))) {
      const its = readFileSync(join(cwd, 'out', name), 'utf8');
      expect(its.includes('flush ruleset')).toBe(name === 'policy.manifest.json');
    }
    // The same once more, now that those are its own.
    const again = folder();
    cpSync(join(cwd, 'out'), join(again, 'out'), { recursive: true });
    expect((await routec(again, compile)).stderr).toContain(' 0 written');
  });
});
