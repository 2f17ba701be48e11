import type { Allowance } from '../../grammar/allowance.ts';
import { notFormatted } from '../../grammar/kinds.ts';
import { blanksAfter, blanksBefore } from '../text/blanks.ts';
import { at, type Diagnostic, diagnose, type Fix, type Kind } from '../text/diagnostic.ts';
import { nearest } from '../text/nearest.ts';
import type { Source, Span } from '../text/source.ts';
import { badAllowance, unusedAllowance } from './kinds.ts';

/** Of comments themselves, and of a whole file. */
const ABOUT_NO_STATEMENT: ReadonlySet<Kind> = new Set([
  badAllowance,
  unusedAllowance,
  notFormatted,
]);

/** One kind that an allowance names, as it is written. */
interface Item {
  readonly kind: Kind;
  readonly text: string;
  readonly span: Span;
}
interface Allowed {
  readonly allowance: Allowance;
  readonly items: readonly Item[];
}

/**
 * Findings without those that a comment on the lines of their statement allows. Errors can't be
 * allowed; an allowance of one, or of what nobody knows, is itself reported, and so is one that
 * nothing needs. That is only known of a policy without errors, for of others not all is looked at, and
 * of kinds that were looked for.
 */
export function applyAllowances(
  findings: readonly Diagnostic[],
  allowances: readonly Allowance[],
  kinds: readonly Kind[],
  unsought: readonly Kind[] = [],
): Diagnostic[] {
  if (allowances.length === 0) return [...findings];
  const out: Diagnostic[] = [];
  const byName = new Map(
    kinds.flatMap((kind) => [[kind.code, kind] as const, [kind.slug, kind] as const]),
  );
  const all = allowances.map((allowance) => understood(allowance, byName, out));
  const bySource = new Map<Source, Allowed[]>();
  for (const each of all) {
    if (each.allowance.lines === undefined) continue;
    const { source } = each.allowance.span;
    const its = bySource.get(source);
    if (its === undefined) bySource.set(source, [each]);
    else its.push(each);
  }
  const used = new Set<Item>();
  let broken = false;
  for (const finding of findings) {
    const [{ span }] = finding.labels;
    const here = onLinesOf(span.start, bySource.get(span.source) ?? []);
    const needed = here.flatMap(({ items }) =>
      items.filter(({ kind }) => kind.code === finding.code),
    );
    for (const item of needed) used.add(item);
    if (needed.length === 0) out.push(finding);
    broken ||= finding.severity === 'error';
  }
  if (broken) return out;
  for (const { allowance, items } of all) {
    const sought = ({ kind }: Item): boolean => !kind.elsewhere && !unsought.includes(kind);
    const idle = items.filter((item) => !used.has(item) && sought(item));
    if (idle.length > 0) out.push(unused(allowance, idle));
  }
  return out;
}

/** Those of a source, in its order, whose statement's lines hold the place. */
function onLinesOf(place: number, sorted: readonly Allowed[]): Allowed[] {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (((sorted[middle] as Allowed).allowance.lines as Span).start <= place) low = middle + 1;
    else high = middle;
  }
  const last = sorted[low - 1]?.allowance.lines;
  if (last === undefined || place >= last.end) return [];
  const out: Allowed[] = [];
  for (let index = low - 1; sorted[index]?.allowance.lines?.start === last.start; index -= 1) {
    out.push(sorted[index] as Allowed);
  }
  return out;
}

/** What an allowance names and what can be allowed; what not is reported. */
function understood(
  allowance: Allowance,
  byName: ReadonlyMap<string, Kind>,
  out: Diagnostic[],
): Allowed {
  const items: Item[] = [];
  const refused: Item[] = [];
  if (allowance.kinds.length === 0) {
    const help = 'write it as `# routec: allow gateway-outside`; commas part several codes';
    const message = 'this comment is for routec, and it does not understand it';
    out.push(diagnose(badAllowance, message, [at(allowance.span)], help));
  }
  for (const { text, span } of allowance.kinds) {
    const kind = byName.get(text.toUpperCase()) ?? byName.get(text.toLowerCase());
    if (kind === undefined) {
      const meant = nearest(
        text,
        [...byName.values()].map(({ slug }) => slug),
      );
      const help =
        meant === undefined ? '`routec --explain` lists all' : `did you mean \`${meant}\`?`;
      out.push(diagnose(badAllowance, `there is no finding \`${text}\``, [at(span)], help));
    } else if (kind.severity === 'error' || ABOUT_NO_STATEMENT.has(kind)) {
      refused.push({ kind, text, span });
    } else items.push({ kind, text, span });
  }
  const [first] = refused;
  if (first !== undefined) {
    const why =
      first.kind.severity === 'error' ? 'errors never can be' : 'it is about no statement';
    const fix = without(allowance, refused);
    const message = `${namesOf(refused)} can't be allowed: ${why}`;
    out.push(diagnose(badAllowance, message, [at(first.span)], fix.title, fix));
  }
  return { allowance, items };
}

function unused(allowance: Allowance, idle: readonly Item[]): Diagnostic {
  const names = namesOf(idle);
  const span = (idle[0] as Item).span;
  if (allowance.lines === undefined) {
    const message = `${names}: this allowance stands on no line of a statement`;
    const help = 'write it behind the statement that it is for, on the same line';
    return diagnose(unusedAllowance, message, [at(span)], help);
  }
  const fix = without(allowance, idle);
  const message = `${names}: nothing on this line needs the allowance`;
  return diagnose(unusedAllowance, message, [at(span)], fix.title, fix);
}

function namesOf(items: readonly Item[]): string {
  const names = items.slice(0, 3).map(({ text }) => `\`${text}\``);
  const more = items.length > 3 ? ` and ${items.length - 3} more` : '';
  return names.join(', ') + more;
}

/** Takes kinds out of an allowance, and the comment with the last of them. */
function without({ kinds, span }: Allowance, gone: readonly Item[]): Fix {
  const out = new Set(gone.map((item) => item.span));
  const left = kinds.filter((each) => !out.has(each.span));
  const [first, last] = [kinds[0], kinds.at(-1)];
  if (left.length === 0 || first === undefined || last === undefined) return withoutComment(span);
  const text = left.map((each) => each.text).join(', ');
  const list = { source: span.source, start: first.span.start, end: last.span.end };
  return {
    title: `leave only ${left.length === 1 ? `\`${text}\`` : 'the others'}`,
    edits: [{ span: list, text }],
  };
}

/** With the blanks in front of it; what stands behind a further `#` stays. */
function withoutComment({ source, start, end }: Span): Fix {
  const behind = blanksAfter(source.text, end);
  const span =
    source.text[behind] === '#'
      ? { source, start, end: behind }
      : { source, start: blanksBefore(source.text, start), end };
  return { title: 'take it out', edits: [{ span, text: '' }] };
}
