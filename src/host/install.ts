import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import * as v from 'valibot';
import { sha256 } from '../emit/manifest/emit-manifest.ts';
import type { Running } from './draw-plan.ts';
import type { InstallFile } from './install-files.ts';
import { keepGood } from './last-good.ts';
import { reasonOf } from './read-file.ts';
import { makeStage, sweepStages, sync, writeDurably } from './stage.ts';

/** Where all that outlives a boot is, in the unit as well. */
const FOLDER = '/var/lib/routec';
/** What was installed, so that just that is removed again. */
const RECORD = join(FOLDER, 'installed.json');

const Path = v.pipe(
  v.string(),
  v.check((path) => path.startsWith('/') && !path.split('/').includes('..')),
);
const Installed = v.object({
  format: v.literal(1),
  /** The SHA-256 of each file, or where a link leads, as in `-> ../routec.service`. */
  files: v.record(Path, v.string()),
  /** Folders that were made for them. */
  folders: v.array(Path),
  /** The SHA-256 of the manifest of the artefacts that were put there, if any were. */
  good: v.optional(v.string()),
});
export type Installed = v.InferOutput<typeof Installed>;

/** What stands at the place of a file, or is to: its hash, or where it leads. */
const signOf = (file: InstallFile): string =>
  file.kind === 'link' ? `-> ${file.to}` : sha256(file.text);

function signAt(path: string): string | undefined {
  const status = lstatSync(path, { throwIfNoEntry: false });
  if (status === undefined) return undefined;
  if (status.isSymbolicLink()) return `-> ${readlinkSync(path)}`;
  return status.isFile() ? sha256(readFileSync(path)) : 'something else';
}

/** What was installed below a root; nothing where nothing was, or why that can't be told. */
export function readInstalled(
  root: string,
): { readonly installed?: Installed } | { readonly refused: string } {
  const path = join(root, RECORD);
  if (!existsSync(path)) return {};
  try {
    const parsed = v.safeParse(Installed, JSON.parse(readFileSync(path, 'utf8')));
    if (parsed.success) return { installed: parsed.output };
  } catch {
    // Said below.
  }
  return { refused: `${path} is not as routec wrote it` };
}

export interface InstallPlan {
  /** What is new, what another routec wrote, what is as it should be, and what is installed no more. */
  readonly write: readonly InstallFile[];
  readonly same: readonly string[];
  readonly remove: readonly string[];
  /** What somebody else wrote, or changed: then nothing is done. */
  readonly inTheWay: readonly string[];
}

/** Compares what is to be installed with what is there. */
export function planInstall(
  root: string,
  files: readonly InstallFile[],
  old: Installed | undefined,
): InstallPlan {
  const places = files.map((file) => ({ file, is: signAt(join(root, file.path)) }));
  const ours = (path: string, is: string | undefined): boolean => is === old?.files[path];
  const same = places.filter(({ file, is }) => is === signOf(file));
  const others = places.filter((place) => !same.includes(place));
  const wanted = new Set(files.map(({ path }) => path));
  return {
    write: others
      .filter(({ file, is }) => is === undefined || ours(file.path, is))
      .map(({ file }) => file),
    same: same.map(({ file }) => file.path),
    remove: Object.keys(old?.files ?? {}).filter(
      (path) => !wanted.has(path) && ours(path, signAt(join(root, path))),
    ),
    inTheWay: others
      .filter(({ file, is }) => is !== undefined && !ours(file.path, is))
      .map(({ file }) => file.path),
  };
}

/**
 * Carries it out. What is to be there is noted first: killed at any instant, all that was written can be
 * removed. Each file is written whole, and renamed.
 *
 * @param artefacts what is to be loaded at boot, if that is to change
 */
export function carryOutInstall(
  root: string,
  files: readonly InstallFile[],
  { write, remove }: InstallPlan,
  old: Installed | undefined,
  artefacts: Running | undefined,
): { readonly refused?: string } {
  try {
    const folders = new Set(old?.folders ?? []);
    for (const path of [RECORD, ...write.map((each) => each.path)])
      makeFolders(root, dirname(path), folders);
    chmodSync(join(root, FOLDER), 0o700);
    const manifest = artefacts?.files['manifest.json'];
    const good = manifest === undefined ? old?.good : sha256(manifest);
    const signs = files.map((file): [string, string] => [file.path, signOf(file)]);
    const record = (more: Installed['files']): void => {
      const installed: Installed = {
        format: 1,
        files: { ...more, ...Object.fromEntries(signs) },
        folders: [...folders],
        ...(good === undefined ? {} : { good }),
      };
      const text = `${JSON.stringify(installed, null, 2)}\n`;
      place(root, { kind: 'file', path: RECORD, text, mode: 0o600 });
    };
    record(old?.files ?? {});
    const kept = artefacts === undefined ? {} : keepGood(artefacts, goodFolder(root));
    if (kept.refused !== undefined) return kept;
    for (const file of write) place(root, file);
    for (const path of remove) rmSync(join(root, path), { force: true });
    record({});
    return {};
  } catch (error) {
    return { refused: reasonOf(error) };
  }
}

function makeFolders(root: string, folder: string, made: Set<string>): void {
  if (existsSync(join(root, folder))) return;
  if (dirname(folder) !== folder) makeFolders(root, dirname(folder), made);
  mkdirSync(join(root, folder), { mode: 0o755 });
  made.add(folder);
}

function place(root: string, file: InstallFile): void {
  const path = join(root, file.path);
  const folder = dirname(path);
  sweepStages(folder);
  const stage = makeStage(folder);
  try {
    const staged = join(stage, basename(path));
    if (file.kind === 'link') symlinkSync(file.to, staged);
    else {
      writeDurably(staged, file.text);
      chmodSync(staged, file.mode);
    }
    renameSync(staged, path);
    sync(folder);
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}

/**
 * Removes what was installed and is still as it was, and the folders that were made for it.
 *
 * @returns the paths that are gone, and those that somebody changed, which stay
 */
export function removeInstalled(
  root: string,
  { files, folders, good }: Installed,
  dryRun: boolean,
):
  | { readonly gone: readonly string[]; readonly changed: readonly string[] }
  | { readonly refused: string } {
  try {
    const there = Object.entries(files).flatMap(([path, sign]) => {
      const is = signAt(join(root, path));
      return is === undefined ? [] : [{ path, ours: is === sign }];
    });
    const gone = there.filter(({ ours }) => ours).map(({ path }) => path);
    const changed = there.filter(({ ours }) => !ours).map(({ path }) => path);
    if (dryRun) return { gone, changed };
    for (const path of gone) rmSync(join(root, path));
    if (good !== undefined && good === goodSign(root)) {
      rmSync(join(root, FOLDER, 'good'), { recursive: true });
    }
    rmSync(join(root, RECORD));
    for (const folder of [...folders].sort().reverse()) removeIfEmpty(join(root, folder));
    return { gone, changed };
  } catch (error) {
    return { refused: reasonOf(error) };
  }
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Others put something into it.
  }
}

/** Where the artefacts lie that are loaded at boot, below a root. */
export const goodFolder = (root: string): string => join(root, FOLDER, 'good');

/** The SHA-256 of the manifest of the artefacts that are loaded at boot. */
export function goodSign(root: string): string | undefined {
  const folder = goodFolder(root);
  if (!existsSync(folder)) return undefined;
  const manifest = readdirSync(folder).find((name) => name.endsWith('.manifest.json'));
  return manifest === undefined ? undefined : signAt(join(folder, manifest));
}
