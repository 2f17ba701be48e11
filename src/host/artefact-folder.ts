import { lstatSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Artefact } from '../emit/artefact.ts';
import { sha256 } from '../emit/manifest/emit-manifest.ts';
import { type Manifest, readManifest } from '../emit/manifest/read-manifest.ts';
import { readFile, reasonOf } from './read-file.ts';
import { makeStage, sweepStages, sync, writeDurably } from './stage.ts';

/** What follows the policy's base name in the name of an artefact. */
const OURS =
  /^(nft|sysctl|(down\.)?ipset|(hook\.|down\.)?ip6?tables|(guard\.)?(down\.)?ip6?|networkd\.conf|dnsmasq\.conf|(user|cgroup)\.[A-Za-z0-9_-]+\.(nft|(absent\.)?ip6?tables)|uplink\.[A-Za-z0-9_-]+\.(sysctl|dhcp6?|own6?|(down\.)?ip6?))$/;

/** How a text of ours begins; a manifest says so of itself. */
const HEAD = /^((#!\/bin\/sh\n)?# routec\b|\{\n {2}"format": )/;

/** The manifest in a folder: none yet, one that can be used, or why it can't, and what to do. */
export type Found =
  | { readonly manifest?: Manifest }
  | { readonly refused: string; readonly help?: string };

/** Reads the manifest of a policy's artefacts. */
export function findManifest(folder: string, base: string): Found {
  const path = join(folder, `${base}.manifest.json`);
  try {
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return {};
  } catch (error) {
    return { refused: `${folder}: ${reasonOf(error)}` };
  }
  const help = 'take it back from git; without it every mark and table would get a new number';
  const file = readFile(path);
  if ('refused' in file) return { refused: `${path}: ${file.refused}`, help };
  const manifest = readManifest(new TextDecoder().decode(file.bytes));
  return 'wrong' in manifest ? { refused: `${path}: ${manifest.wrong}`, help } : { manifest };
}

/** The artefacts that a manifest names, if all are there and are what it says. */
export function readArtefacts(
  folder: string,
  base: string,
  { artefacts }: Manifest,
): { readonly files: ReadonlyMap<string, string> } | { readonly refused: string } {
  const files = new Map<string, string>();
  for (const [name, hash] of Object.entries(artefacts)) {
    const file = belongs(name, base) ? readFile(join(folder, name)) : { refused: 'no such name' };
    if ('refused' in file || sha256(file.bytes) !== hash) {
      return { refused: `${join(folder, name)} does not agree with its manifest: compile again` };
    }
    files.set(name, new TextDecoder().decode(file.bytes));
  }
  return { files };
}

/** What is in a file of the folder, as far as it is text. */
export function readText(folder: string, name: string): string | undefined {
  const file = readFile(join(folder, name));
  return 'refused' in file ? undefined : new TextDecoder().decode(file.bytes);
}

/** Whether a file of the folder has this text. */
function holds(folder: string, name: string, text: string): boolean {
  const file = readFile(join(folder, name));
  if ('refused' in file || file.bytes.length !== Buffer.byteLength(text)) return false;
  return Buffer.compare(file.bytes, Buffer.from(text)) === 0;
}

/** Files that the old manifest lists and the new artefacts do not have. */
export function staleNames(
  base: string,
  artefacts: readonly Artefact[],
  old: Manifest | undefined,
): string[] {
  const names = new Set(artefacts.map(({ suffix }) => `${base}.${suffix}`));
  return Object.keys(old?.artefacts ?? {}).filter(
    (name) => !names.has(name) && belongs(name, base),
  );
}

/** A manifest is a text like any other: it must not be able to name a file elsewhere. */
function belongs(name: string, base: string): boolean {
  return name.startsWith(`${base}.`) && OURS.test(name.slice(base.length + 1));
}

/**
 * Writes a set of artefacts: all are staged beside their places, then renamed, those that are gone
 * removed, the manifest (the last one) renamed last. Killed at any instant it leaves the old set,
 * the new one, or one that does not agree with its manifest. Files that are the same stay untouched.
 *
 * @returns how many were written and removed, or why the system refused
 */
export function writeArtefacts(
  folder: string,
  base: string,
  artefacts: readonly Artefact[],
  old: Manifest | undefined,
  rename: (from: string, to: string) => void = renameSync,
): { readonly written: number; readonly removed: number } | { readonly refused: string } {
  let stage: string | undefined;
  try {
    makeFolder(folder);
    sweepStages(folder);
    const changed = artefacts
      .map(({ suffix, text }) => ({ name: `${base}.${suffix}`, text }))
      .filter(({ name, text }) => !holds(folder, name, text));
    const stale = staleNames(base, artefacts, old);
    for (const name of [...changed.map((each) => each.name), ...stale]) {
      const refused = inTheWay(folder, name, old);
      if (refused !== undefined) return { refused: `${join(folder, name)}: ${refused}` };
    }
    if (changed.length > 0) {
      stage = makeStage(folder);
      for (const { name, text } of changed) writeDurably(join(stage, name), text);
    }
    const manifest = `${base}.manifest.json`;
    const into = stage ?? folder;
    for (const { name } of changed) {
      if (name !== manifest) rename(join(into, name), join(folder, name));
    }
    let removed = 0;
    for (const name of stale) {
      if (lstatSync(join(folder, name), { throwIfNoEntry: false }) === undefined) continue;
      rmSync(join(folder, name));
      removed += 1;
    }
    sync(folder);
    if (changed.some(({ name }) => name === manifest)) {
      rename(join(into, manifest), join(folder, manifest));
      sync(folder);
    }
    return { written: changed.length, removed };
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const reason = missing ? "it is not there, and can't be made" : reasonOf(error);
    return { refused: `${folder}: ${reason}` };
  } finally {
    if (stage !== undefined) rmSync(stage, { recursive: true, force: true });
  }
}

/** Why a file can't be replaced, if it can't: nothing is that routec did not write. */
function inTheWay(folder: string, name: string, old: Manifest | undefined): string | undefined {
  const status = lstatSync(join(folder, name), { throwIfNoEntry: false });
  if (status === undefined) return undefined;
  if (status.isDirectory()) return 'it is a folder';
  // A manifest does not list itself, nor the map.
  const ours = old !== undefined && (Object.hasOwn(old.artefacts, name) || name.endsWith('.json'));
  if (ours || HEAD.test(readText(folder, name) ?? '')) return undefined;
  return 'routec did not write it, and does not replace it; move it away';
}

/** With the folders that it lies in. Node's own way to do so never ends below /proc. */
function makeFolder(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || dirname(path) === path) throw error;
    makeFolder(dirname(path));
    mkdirSync(path);
  }
}
