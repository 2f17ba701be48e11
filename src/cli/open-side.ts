import { existsSync } from 'node:fs';
import { basename, dirname, posix } from 'node:path';
import { type Checked, type Entry, understand } from '../compile.ts';
import { reader } from '../host/read-file.ts';
import { type NoRevision, openRevision, type Revision } from '../host/revision.ts';
import type { Read, ReadResult } from '../policy/load.ts';
import type { Diagnostic } from '../text/diagnostic.ts';
import type { Source, Span } from '../text/source.ts';
import { complain } from './io.ts';
import { readEntry } from './read-entry.ts';

/** One side of a comparison: a policy, and the files that it came to. */
export interface OpenSide {
  /** As it is named: a file, or `REVISION:PATH`. */
  readonly name: string;
  readonly checked: Checked;
  /** The policy and all that it reads, by their paths from its folder; only what may be shown. */
  readonly texts: ReadonlyMap<string, string>;
  /** A place of this side as people find it again. */
  readonly nameOf: (source: Source) => string;
  /** Findings whose places are named so. */
  readonly named: (diagnostics: readonly Diagnostic[]) => readonly Diagnostic[];
}

/**
 * The side that an argument names: a file, `-` for standard input, `REVISION:PATH` as git has it, or a bare
 * revision, which has the policy of the other side. A file goes before a revision of that name. Nothing
 * once it is complained about.
 *
 * @param other the argument of the other side
 */
export function openSide(argument: string, other: string): OpenSide | undefined {
  if (argument === '-' || existsSync(argument)) return openFileSide(argument);
  const colon = argument.indexOf(':');
  if (colon >= 0) {
    const [revision, path] = [argument.slice(0, colon), argument.slice(colon + 1)];
    const opened = openRevision('.', revision);
    if ('lacks' in opened) return noRevision(argument, revision, opened);
    const at = /^\.\.?\//.test(path) ? posix.normalize(opened.prefix + path) : path;
    return openGitSide(argument, opened, revision, at);
  }
  // The file of the other side says which policy is meant, and in which repository.
  const named = /^[^:]+:(.+)$/.exec(existsSync(other) ? '' : other)?.[1];
  const file = named === undefined ? other : undefined;
  const there = file !== undefined && file !== '-' && existsSync(file);
  const opened = openRevision(there ? dirname(file) : '.', argument);
  if ('lacks' in opened) {
    if (opened.lacks === 'git') return noRevision(argument, argument, opened);
    complain(
      `\`${argument}\`: there is no such file, and no such revision`,
      'name a policy, `REVISION:PATH`, or a revision beside a policy: `HEAD policy.route`',
    );
    return undefined;
  }
  if (file !== undefined && !there) {
    complain(
      `\`${argument}\` is a revision, and nothing says which policy in it is meant`,
      `name it: \`${argument}:policy.route\``,
    );
    return undefined;
  }
  const path =
    file === undefined
      ? posix.normalize((/^\.\.?\//.test(named ?? '') ? opened.prefix : '') + named)
      : opened.prefix + basename(file);
  return openGitSide(`${argument}:${path}`, opened, argument, path);
}

function noRevision(argument: string, revision: string, no: NoRevision): undefined {
  if (no.lacks === 'revision') {
    const staged = revision === '' ? 'the index is no revision; ' : '';
    complain(
      `\`${argument}\`: ${revision === '' ? 'no revision is named' : `there is no revision \`${revision}\``}`,
      `${staged}\`git log\` lists them`,
    );
  } else complain(`\`${argument}\`: there is no such file, and ${reasonOf(no)}`);
  return undefined;
}

const reasonOf = ({ lacks, refused }: NoRevision): string =>
  lacks === 'git' || /dubious ownership/.test(refused) ? refused : 'this is no git repository';

function openFileSide(path: string): OpenSide | undefined {
  const entry = readEntry(path);
  if (entry === undefined) return undefined;
  return sideOf(path === '-' ? '<stdin>' : path, entry, reader(path), '');
}

function openGitSide(
  argument: string,
  revision: Revision,
  name: string,
  path: string,
): OpenSide | undefined {
  const file = revision.read(path);
  if ('refused' in file) {
    const top = argument === `${name}:${path}` && revision.prefix !== '';
    const here = top && !('refused' in revision.read(revision.prefix + path));
    const help = here ? `paths begin at the top: did you mean \`${name}:./${path}\`?` : undefined;
    complain(`\`${argument}\`: ${file.refused}`, help);
    return undefined;
  }
  const folder = posix.dirname(path);
  // As with files: what lies outside the policy's folder is not quoted.
  const read: Read = (at) => {
    const result = revision.read(at);
    if ('refused' in result) return result;
    const inside = folder === '.' || posix.normalize(at).startsWith(`${folder}/`);
    return { ...result, quotable: inside };
  };
  const base = basename(path).replace(/\.route$/, '');
  return sideOf(argument, { name: path, base, bytes: file.bytes }, read, `${name}:`);
}

/** @param prefix what stands before the names of its files */
function sideOf(name: string, entry: Entry, read: Read, prefix: string): OpenSide {
  const files = new Map<string, ReadResult>([
    [entry.name, { bytes: entry.bytes, quotable: entry.quotable ?? true }],
  ]);
  const noted: Read = (path) => {
    const result = read(path);
    files.set(path, result);
    return result;
  };
  // Numbers are nothing that traffic sees, so no manifest is asked.
  const checked = understand(entry, noted, undefined);
  const folder = posix.dirname(entry.name);
  const texts = new Map<string, string>();
  for (const [path, file] of files) {
    if ('refused' in file || !file.quotable) continue;
    const at = path === entry.name ? basename(path) : posix.relative(folder, path);
    texts.set(at, new TextDecoder().decode(file.bytes));
  }
  const copies = new Map<Source, Source>();
  const copyOf = (source: Source): Source => {
    const copy = copies.get(source) ?? { ...source, name: `${prefix}${source.name}` };
    copies.set(source, copy);
    return copy;
  };
  const spanOf = (span: Span): Span => ({ ...span, source: copyOf(span.source) });
  const labelOf = (label: Diagnostic['labels'][number]): Diagnostic['labels'][number] => {
    return { ...label, span: spanOf(label.span) };
  };
  return {
    name,
    checked,
    texts,
    nameOf: (source) => copyOf(source).name,
    named: (diagnostics) =>
      diagnostics.map(({ fix: _, labels: [first, ...rest], ...diagnostic }) => ({
        ...diagnostic,
        labels: [labelOf(first), ...rest.map(labelOf)],
      })),
  };
}
