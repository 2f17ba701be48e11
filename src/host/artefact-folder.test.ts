import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { esbuildTemplates } from '../../scripts/template-plugin.mjs';
import { esbuildTexts } from '../../scripts/texts-plugin.mjs';
import { type Compiled, compile } from '../compile.ts';
import type { Manifest } from '../emit/manifest/read-manifest.ts';
import { findManifest, readArtefacts, writeArtefacts } from './artefact-folder.ts';

const OLD =
  'uplink a dev eth2 gateway 192.0.2.1\nuplink b dev eth3 gateway 198.51.100.1\nroute via a\n';
const NEW = 'uplink a dev eth2 gateway 192.0.2.9\nroute ipv4 tcp 80 via a\nroute ipv4 via drop\n';

const made = (text: string, lock?: Manifest['lock']): Compiled['artefacts'] =>
  compile(
    { name: 'policy.route', base: 'policy', bytes: new TextEncoder().encode(text) },
    () => ({ refused: 'nothing to read' }),
    lock,
  ).artefacts;

let place: string;
beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), 'routec-test-'));
});
afterAll(() => {
  rmSync(place, { recursive: true, force: true });
});

const folderWith = (name: string, text: string): string => {
  const folder = join(place, name);
  writeArtefacts(folder, 'policy', made(text), undefined);
  return folder;
};
const manifestOf = (folder: string): Manifest => {
  const found = findManifest(folder, 'policy');
  if ('refused' in found || found.manifest === undefined) throw new Error(`no manifest: ${folder}`);
  return found.manifest;
};
const contents = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder)
      .sort()
      .map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
  );

describe('writeArtefacts', () => {
  it('writes what changed, and removes what the old manifest lists and nothing else', () => {
    const folder = folderWith('plain', OLD);
    writeFileSync(join(folder, 'policy.uplink.mine.ip'), 'not of the manifest');
    const old = manifestOf(folder);
    const result = writeArtefacts(folder, 'policy', made(NEW, old.lock), old);
    expect(result).toMatchObject({ removed: 3 });
    expect(readdirSync(folder).filter((name) => name.includes('uplink.b'))).toEqual([]);
    expect(existsSync(join(folder, 'policy.uplink.mine.ip'))).toBe(true);
    expect(readArtefacts(folder, 'policy', manifestOf(folder))).toHaveProperty('files');
    const again = writeArtefacts(folder, 'policy', made(NEW, old.lock), manifestOf(folder));
    expect(again).toEqual({ written: 0, removed: 0 });
  });

  it('never follows a manifest out of its folder', () => {
    const folder = folderWith('escape', OLD);
    const victim = join(place, 'victim');
    writeFileSync(victim, 'precious');
    const old = manifestOf(folder);
    const policy = join(folder, 'policy.route');
    writeFileSync(policy, 'precious');
    const names = ['../victim', 'policy./../../victim', 'policy.route'];
    const artefacts = { ...old.artefacts, ...Object.fromEntries(names.map((name) => [name, 'x'])) };
    writeArtefacts(folder, 'policy', made(NEW), { ...old, artefacts });
    expect(readFileSync(victim, 'utf8')).toBe('precious');
    expect(readFileSync(policy, 'utf8')).toBe('precious');
  });

  it('writes nothing where an artefact can not take its place', () => {
    const folder = folderWith('blocked', OLD);
    rmSync(join(folder, 'policy.nft'));
    mkdirSync(join(folder, 'policy.nft'));
    const before = readdirSync(folder);
    const result = writeArtefacts(folder, 'policy', made(NEW), manifestOf(folder));
    expect(result).toHaveProperty('refused');
    expect(readdirSync(folder)).toEqual(before);
  });

  it('refuses a manifest that is cut, newer, or no JSON', () => {
    const folder = folderWith('cut', OLD);
    const path = join(folder, 'policy.manifest.json');
    const text = readFileSync(path, 'utf8');
    for (const bad of [
      text.slice(0, 200),
      text.replace('"format": 1', '"format": 2'),
      '[]',
      '',
      text.replace('"slot": 2', '"slot": 1'),
    ]) {
      writeFileSync(path, bad);
      expect(findManifest(folder, 'policy'), bad.slice(0, 40)).toHaveProperty('refused');
    }
    rmSync(path);
    mkdirSync(path);
    expect(findManifest(folder, 'policy')).toHaveProperty('refused');
  });

  it('says why a folder can not be made', () => {
    writeFileSync(join(place, 'file'), '');
    const result = writeArtefacts(join(place, 'file', 'out'), 'policy', made(NEW), undefined);
    expect(result).toMatchObject({ refused: expect.stringContaining('no folder') });
  });
});

describe('a compile that is killed', () => {
  const child = (): string => join(place, 'child.mjs');
  beforeAll(async () => {
    // Writes the new set over the old one, and kills itself before rename number N.
    await build({
      stdin: {
        contents: `
          import { renameSync } from 'node:fs';
          import { compile } from './compile.ts';
          import { findManifest, writeArtefacts } from './host/artefact-folder.ts';
          const [folder, text, at] = process.argv.slice(2);
          const { manifest } = findManifest(folder, 'policy');
          const entry = { name: 'policy.route', base: 'policy', bytes: Buffer.from(text) };
          const { artefacts } = compile(entry, () => ({ refused: '' }), manifest?.lock);
          let count = 0;
          writeArtefacts(folder, 'policy', artefacts, manifest, (from, to) => {
            if (count === Number(at)) process.kill(process.pid, 'SIGKILL');
            count += 1;
            renameSync(from, to);
          });
          console.log(count);
        `,
        resolveDir: join(import.meta.dirname, '..'),
        loader: 'ts',
      },
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile: child(),
      plugins: [esbuildTemplates, esbuildTexts],
    });
  });

  it('leaves the old set, the new set, or one that is refused, and the next one mends it', async () => {
    const whole = folderWith('whole', OLD);
    const run = (folder: string, at: number) =>
      execa(process.execPath, [child(), folder, NEW, String(at)], { reject: false });
    const { stdout } = await run(whole, -1);
    const renames = Number(stdout);
    expect(renames).toBeGreaterThan(4);
    const wanted = contents(whole);
    const refused: number[] = [];
    for (let at = 0; at <= renames; at += 1) {
      const folder = folderWith(`killed-${at}`, OLD);
      const old = contents(folder);
      const { signal } = await run(folder, at);
      expect(signal, `rename ${at}`).toBe(at < renames ? 'SIGKILL' : undefined);
      const left = Object.fromEntries(
        Object.keys(old)
          .concat(Object.keys(wanted))
          .filter((name) => existsSync(join(folder, name)))
          .map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
      );
      const agrees = 'files' in readArtefacts(folder, 'policy', manifestOf(folder));
      if (agrees) expect([sorted(old), sorted(wanted)]).toContainEqual(sorted(left));
      else refused.push(at);
      await run(folder, -1);
      expect(contents(folder), `mended after ${at}`).toEqual(wanted);
    }
    expect(refused.length).toBeGreaterThan(3);
  });

  const sorted = (files: Record<string, string>): [string, string][] =>
    Object.entries(files)
      .filter(([name]) => name !== 'policy.map.json')
      .sort(([a], [b]) => (a < b ? -1 : 1));
});
