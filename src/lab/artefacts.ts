import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type BackendName, backendOf } from '../emit/backends.ts';
import { findManifest, readText } from '../host/artefact-folder.ts';

const MANIFEST = '.manifest.json';

/** The artefacts of one policy, as they lie in a folder. */
export interface Artefacts {
  readonly folder: string;
  /** The same as the tools see it that load them, where they see it elsewhere. */
  readonly at?: string;
  readonly base: string;
  readonly names: ReadonlySet<string>;
  readonly backend: BackendName;
  readonly uplinks: readonly { readonly name: string; readonly device: string }[];
}

/** Finds the artefacts in a folder by their manifest; none without one. */
export function findArtefacts(folder: string, at?: string): Artefacts | undefined {
  const manifest = readdirSync(folder).find((name) => name.endsWith(MANIFEST));
  if (manifest === undefined) return undefined;
  const base = manifest.slice(0, -MANIFEST.length);
  const found = findManifest(folder, base);
  if ('refused' in found) throw new Error(found.refused);
  const names = Object.keys(found.manifest?.artefacts ?? {});
  const backend = backendOf(names, base);
  return {
    folder,
    ...(at === undefined ? {} : { at }),
    base,
    names: new Set(names),
    backend,
    uplinks: names.flatMap(uplinkOf(folder, base)),
  };
}

/** The uplink whose routes a file holds: what a link hook goes by, its name and its device. */
function uplinkOf(folder: string, base: string): (file: string) => Artefacts['uplinks'] {
  const start = `${base}.uplink.`;
  return (file) => {
    const name = file.startsWith(start) ? /^([^.]+)\.ip$/.exec(file.slice(start.length)) : null;
    if (name?.[1] === undefined) return [];
    const device = /^link set dev (\S+) /m.exec(readText(folder, file) ?? '')?.[1];
    if (device === undefined) throw new Error(`${join(folder, file)} names no device`);
    return [{ name: name[1], device }];
  };
}
