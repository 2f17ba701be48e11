import type { Allowance } from '../../grammar/allowance.ts';
import { type Decoded, decode } from '../../grammar/decode.ts';
import { controlCharacter } from '../../grammar/kinds.ts';
import { parse } from '../../grammar/parse.ts';
import type { RouteStatement, SetStatement, Statement, Word } from '../../grammar/tree.ts';
import { findTurnedText } from '../../grammar/turned-text.ts';
import { MOST_WORDS, wordMeter } from '../../grammar/word-meter.ts';
import { bug } from '../bug.ts';
import { joined, type Series, series } from '../series.ts';
import { at, type Diagnostic, diagnose, type Report } from '../text/diagnostic.ts';
import type { Source } from '../text/source.ts';
import { WholeNumbers } from '../whole-numbers.ts';
import { includeCycle, tooManyFiles, unreadableFile } from './kinds.ts';

/** What a file holds, or why it can't be had. */
export type ReadResult =
  | {
      readonly bytes: Uint8Array;
      /** Whether it lies in the policy's folder. */
      readonly quotable: boolean;
    }
  | { readonly refused: string };

/** The one hole in the wall: a path as it is written in the policy, joined to where it stands. */
export type Read = (path: string) => ReadResult;

/** A policy's statements, those that are included where their include stands, and its list files. */
export interface Loaded {
  readonly rules: Series<RouteStatement>;
  readonly others: readonly Statement[];
  readonly lists: ReadonlyMap<SetStatement, Source>;
  /** Names that statements with a syntax error would have declared. */
  readonly lost: ReadonlySet<string>;
  /** The policy and what it includes, each file once, as far as its syntax is sound. */
  readonly sources: readonly Source[];
  /** Comments that allow a warning on their line. */
  readonly allowances: readonly Allowance[];
}

const DEEPEST = 16;
const MOST_FILES = 1000;
const MOST_BYTES = 256 * 1024 * 1024;

/** Reads and parses a policy and all that it includes. */
export function load(
  entry: { readonly name: string; readonly bytes: Uint8Array; readonly quotable?: boolean },
  read: Read,
  report: Report,
): Loaded {
  const rules: Series<RouteStatement>[] = [];
  const others: Statement[] = [];
  const lists = new Map<SetStatement, Source>();
  const lost = new Set<string>();
  const sources = new Map<string, Source>();
  const allowances: Allowance[] = [];
  let files = 0;
  let tooDeep = false;
  let bytes = entry.bytes.length;
  const meter = wordMeter();
  // A value and the end of its line.
  const listMeter = wordMeter(2 * MOST_WORDS);

  const open = (path: Word, from: Source): Decoded | undefined => {
    files += 1;
    const name = resolve(from.name, path.text);
    const no = (message: string, help?: string): undefined => {
      report(diagnose(unreadableFile, message, [at(path.span, 'named here')], help));
    };
    if (files > MOST_FILES || bytes > MOST_BYTES) {
      const limit = files > MOST_FILES ? `${MOST_FILES} files` : `${MOST_BYTES / 2 ** 20} MiB`;
      if (files <= MOST_FILES + 1) {
        report(diagnose(tooManyFiles, `the policy reads more than ${limit}`, [at(path.span)]));
      }
      return undefined;
    }
    if (name.length > LONGEST_PATH) return no('the path is too long to be that of a file');
    const result = read(name);
    if ('refused' in result) return no(`\`${path.text}\` can't be read: ${result.refused}`);
    bytes += result.bytes.length;
    return decode(name, result.bytes, result.quotable);
  };

  const take = ({ source, fault }: Decoded, above: readonly string[]): void => {
    if (fault !== undefined) report(fault);
    const tooLong = meter(source);
    if (tooLong !== undefined) {
      report(tooLong);
      return;
    }
    const parsed = parse(source);
    if (fault === undefined && parsed.diagnostics.length === 0) sources.set(source.name, source);
    for (const diagnostic of withoutEchoes(parsed.diagnostics, fault)) report(diagnostic);
    const turned = findTurnedText(source);
    if (turned !== undefined && parsed.diagnostics.length === 0) report(turned);
    for (const name of parsed.lost) lost.add(name);
    for (const allowance of parsed.allowances) allowances.push(allowance);
    let places = new WholeNumbers();
    let next = 0;
    const passRules = (to: number): void => {
      for (; next < to; next += 1) places.push(next);
      next = to + 1;
    };
    const takeRules = (): void => {
      const its = places;
      rules.push(series(its.length, (at) => parsed.statements.at(its.at(at)) as RouteStatement));
      places = new WholeNumbers();
    };
    for (const place of parsed.others) {
      const statement = parsed.statements.at(place) ?? bug('a statement is lost');
      passRules(place);
      if (statement.kind === 'include') {
        takeRules();
        const name = resolve(source.name, statement.path.text);
        if (above.includes(name)) {
          const message = `\`${statement.path.text}\` includes itself`;
          const help = 'take the line out: each file stands once on the way to an include';
          report(diagnose(includeCycle, message, [at(statement.path.span, 'again')], help));
        } else if (above.length > DEEPEST) {
          const message = `includes are more than ${DEEPEST} deep`;
          if (!tooDeep) report(diagnose(tooManyFiles, message, [at(statement.path.span)]));
          tooDeep = true;
        } else {
          const included = open(statement.path, source);
          if (included !== undefined) take(included, [...above, name]);
        }
        continue;
      }
      others.push(statement);
      if (statement.kind === 'set' && statement.content.kind === 'file') {
        const list = open(statement.content.path, source);
        if (list === undefined || !isClean(list, report)) continue;
        const tooLong = listMeter(list.source);
        if (tooLong === undefined) lists.set(statement, list.source);
        else report(tooLong);
      }
    }
    passRules(parsed.statements.length);
    takeRules();
  };

  take(decode(entry.name, entry.bytes, entry.quotable ?? true), [entry.name]);
  return {
    rules: joined(rules),
    others,
    lists,
    lost,
    sources: [...sources.values()],
    allowances,
  };
}

/** PATH_MAX of limits.h. */
const LONGEST_PATH = 4096;

/** A path relative to the folder of the file that names it. */
function resolve(from: string, path: string): string {
  if (path.startsWith('/')) return path;
  const slash = from.lastIndexOf('/');
  const out = slash < 0 ? [] : from.slice(0, slash).split('/');
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    const up = part === '..' && out.length > 0 && out.at(-1) !== '..' && out.at(-1) !== '';
    if (up) out.pop();
    else out.push(part);
  }
  return out.join('/');
}

/** Without what only repeats, in other words, that the file is no UTF-8. */
function withoutEchoes(
  diagnostics: readonly Diagnostic[],
  invalid: Diagnostic | undefined,
): readonly Diagnostic[] {
  if (invalid === undefined) return diagnostics;
  const bad = invalid.labels[0].span.start;
  return diagnostics.filter(
    ({ code, labels: [{ span }] }) => code !== 'RC001' || span.start !== bad,
  );
}

/** A lone CR would hide the rest of its line, and a NUL its end; turned text only looks as if it did. */
function isClean({ source, fault }: Decoded, report: Report): boolean {
  if (fault !== undefined) report(fault);
  const turned = findTurnedText(source);
  if (turned !== undefined) report(turned);
  const at_ = source.text.search(/\r(?!\n)|\0/);
  if (at_ < 0) return true;
  const span = { source, start: at_, end: at_ + 1 };
  const what =
    source.text[at_] === '\r' ? 'a lone carriage return' : 'a control character (U+0000)';
  report(diagnose(controlCharacter, what, [at(span)], 'end lines with a newline, or with both'));
  return false;
}
