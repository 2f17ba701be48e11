import type { SetStatement, Word } from '../../grammar/tree.ts';
import type { AddressRange } from '../net/address.ts';
import { scanDomainName } from '../net/domain-name.ts';
import { isFault, type Scanned } from '../net/fault.ts';
import { type Interval, intervalSet, union } from '../net/interval-set.ts';
import { scanMac } from '../net/mac.ts';
import { scanPorts } from '../net/port.ts';
import { scanAddressRange } from '../net/prefix.ts';
import { rangeList } from '../net/range-list.ts';
import { scanList } from '../net/scan-list.ts';
import { at, diagnose, type Kind, type Report } from '../text/diagnostic.ts';
import { nearestOfFew } from '../text/nearest.ts';
import type { Source, Span } from '../text/source.ts';
import {
  badAddress,
  badPort,
  badValue,
  deepSet,
  duplicateSet,
  emptyFile,
  longName,
  mixedSet,
  setCycle,
  unknownSet,
} from './kinds.ts';
import type { SetContent, SetPolicy } from './policy.ts';
import { readWord, reportEmpty, uniteAddresses } from './read-words.ts';

/** Looks a set up by `@name`; reports an unknown one. */
export type SetLookup = (ref: Word) => SetContent;

const NAME_BYTES = 63;
const DEEPEST = 100;
/** Of the faults of one list, so many are reported one by one. */
const FAULTS = 10;

type Kinds = 'addresses' | 'ports' | 'macs';
const PLURAL: Record<Kinds, string> = { addresses: 'addresses', ports: 'ports', macs: 'MACs' };

/** Reads all sets; order does not matter, cycles are reported once. */
export function readSets(
  statements: readonly SetStatement[],
  lists: ReadonlyMap<SetStatement, Source>,
  lost: ReadonlySet<string>,
  report: Report,
): { sets: SetPolicy[]; lookup: SetLookup } {
  const byName = new Map<string, SetStatement>();
  const contents = new Map<SetStatement, SetContent>();
  const open: SetStatement[] = [];
  for (const statement of statements) {
    const { text, span } = statement.name;
    const first = byName.get(text);
    if (first !== undefined) {
      const labels = [at(span, 'again'), at(first.name.span, 'first declared here')] as const;
      const message = `the set \`${text}\` is declared twice`;
      report(diagnose(duplicateSet, message, [...labels], 'give one of them another name'));
    } else byName.set(text, statement);
    if (text.length > NAME_BYTES) {
      report(diagnose(longName, `a name has at most ${NAME_BYTES} bytes`, [at(span)]));
    }
  }

  const shown = [...byName].filter(([, set]) => set.name.span.source.quotable);
  const names = shown.map(([name]) => name);
  const nearest = nearestOfFew();

  const lookup: SetLookup = (ref) => {
    const statement = byName.get(ref.text);
    if (statement !== undefined) return contentOf(statement, ref);
    if (lost.has(ref.text)) return { kind: 'faulty' };
    const meant = nearest(ref.text, names);
    const help =
      meant === undefined ? `declare it: \`set ${ref.text} = ...\`` : `did you mean \`@${meant}\`?`;
    report(diagnose(unknownSet, `there is no set \`${ref.text}\``, [at(ref.span)], help));
    return { kind: 'faulty' };
  };

  const contentOf = (statement: SetStatement, ref: Word): SetContent => {
    const known = contents.get(statement);
    if (known !== undefined) return known;
    if (open.includes(statement)) {
      const message = `the set \`${ref.text}\` contains itself`;
      const labels = [at(ref.span, 'by this'), at(statement.name.span, 'declared here')] as const;
      report(diagnose(setCycle, message, [...labels], 'take one of the `@` on the way out'));
      return { kind: 'faulty' };
    }
    if (open.length >= DEEPEST) {
      const message = `sets stand in sets more than ${DEEPEST} deep`;
      report(diagnose(deepSet, message, [at(ref.span)], 'put the values into one set'));
      return { kind: 'faulty' };
    }
    open.push(statement);
    const content = read(statement);
    open.pop();
    contents.set(statement, content);
    return content;
  };

  const read = (statement: SetStatement): SetContent => {
    const { content } = statement;
    if (content.kind === 'domains') {
      if (reportEmpty(content.list, report)) return { kind: 'faulty' };
      const names = content.list.words.map((word) =>
        readWord(badValue, word, scanDomainName, report),
      );
      if (names.some((name) => name === undefined)) return { kind: 'faulty' };
      const domains = names.flatMap((name) => name?.toLowerCase() ?? []);
      return { kind: 'domains', domains: [...new Set(domains)] };
    }
    if (content.kind === 'list') {
      if (reportEmpty(content.list, report)) return { kind: 'faulty' };
      const values = valueReader(lookup, report);
      for (const word of content.list.words) values.take(word);
      return values.content();
    }
    const list = lists.get(statement);
    if (list === undefined) return { kind: 'faulty' };
    const values = readList(list, valueReader(lookup, report));
    if (values.kind !== 'empty') return values;
    const message = `\`${content.path.text}\` holds no value: the set matches nothing`;
    report(diagnose(emptyFile, message, [at(content.path.span)]));
    return { kind: 'empty' };
  };

  const sets: SetPolicy[] = [];
  for (const [name, statement] of byName) {
    sets.push({ name, statement, content: contentOf(statement, statement.name) });
  }
  return { sets, lookup };
}

/** The values of a file: one a line, `#` begins a comment. */
function readList(source: Source, values: ValueReader): SetContent {
  const { range, take } = values;
  scanList(source.text, {
    range,
    value: (start, end) => {
      const text = source.text.slice(start, end);
      take({ form: 'literal', text, span: { source, start, end } });
    },
  });
  return values.content();
}

/** Takes the values of one set, one by one. */
interface ValueReader {
  readonly take: (word: Word) => void;
  /** Takes a range of IPv4 addresses, if the set holds such: the shorter way, for a million of them. */
  readonly range: (low: number, high: number) => boolean;
  readonly content: () => SetContent;
}

/** The first value decides what kind the others must be of. */
function valueReader(lookup: SetLookup, report: Report): ValueReader {
  const four = rangeList();
  const six: Interval<bigint>[] = [];
  const ports: Interval<number>[] = [];
  const macs: Interval<number>[] = [];
  const referred: SetContent[] = [];
  let kind: Kinds | undefined;
  let first: Word | undefined;
  let last: Word | undefined;
  let secret: Span | undefined;
  let single = true;
  let faults = 0;
  const fault = (rule: Kind, word: Word, message: string, help?: string): void => {
    faults += 1;
    if (faults > FAULTS) return;
    const labels = [at(word.span)];
    if (rule === mixedSet && first !== undefined) labels.push(at(first.span, `${kind}, so far`));
    report(diagnose(rule, message, labels as [(typeof labels)[0]], help));
  };
  const take = (word: Word): void => {
    last = word;
    if (!word.span.source.quotable) secret ??= word.span;
    if (word.form === 'ref') {
      const content = lookup(word);
      if (content.kind === 'faulty') faults += 1;
      else if (content.kind === 'domains') {
        fault(mixedSet, word, `\`@${word.text}\` fills at run time and can't stand in another set`);
      } else if (content.kind !== 'empty') {
        kind ??= content.kind;
        first ??= word;
        if (content.kind === kind) referred.push(content);
        else fault(mixedSet, word, `\`@${word.text}\` holds ${PLURAL[content.kind]}`);
      }
      return;
    }
    const its = kindOf(word.text);
    kind ??= its;
    first ??= word;
    if (its !== kind) {
      fault(
        mixedSet,
        word,
        `this is no ${PLURAL[kind].replace(/e?s$/, '')} but a set holds one kind`,
      );
      return;
    }
    const into = <T>(rule: Kind, scanned: Scanned<T>, add: (value: T) => void): void => {
      if (!isFault(scanned)) add(scanned.value);
      else fault(rule, word, scanned.fault, scanned.write && `write \`${scanned.write}\``);
    };
    if (its === 'addresses') into(badAddress, scanAddressRange(word.text), addRange);
    else if (its === 'ports') into(badPort, scanPorts(word.text), (ends) => ports.push(ends));
    else into(badValue, scanMac(word.text), (mac) => macs.push([mac, mac]));
  };
  const addRange = (range: AddressRange): void => {
    single &&= range.low === range.high;
    if (range.family === 4) four.add(range.low, range.high);
    else six.push([range.low, range.high]);
  };
  const range = (low: number, high: number): boolean => {
    // The first value decides the kind, and which one is last matters once something is wrong.
    if (kind !== 'addresses' || faults > 0) return false;
    addRange({ family: 4, low, high });
    return true;
  };
  const content = (): SetContent => {
    if (faults > FAULTS && last !== undefined) {
      const message = `${faults - FAULTS} more values of this list are wrong`;
      report(diagnose(badValue, message, [at(last.span, 'the list ends here')]));
    }
    if (faults > 0) return { kind: 'faulty' };
    if (kind === undefined) return { kind: 'empty' };
    const span = secret ?? referred.map(secretIn).find((each) => each !== undefined);
    const its = span === undefined ? {} : { secret: span };
    if (kind === 'ports') {
      const others = referred.flatMap((each) => (each.kind === 'ports' ? [each.ports] : []));
      return { kind, ports: union([intervalSet(ports), ...others]), ...its };
    }
    if (kind === 'macs') {
      const others = referred.flatMap((each) => (each.kind === 'macs' ? [each.macs] : []));
      return { kind, macs: union([intervalSet(macs), ...others]), ...its };
    }
    const others = referred.flatMap((each) => (each.kind === 'addresses' ? [each] : []));
    const own = { 4: four.toSet(), 6: intervalSet(six) };
    return {
      kind,
      addresses: uniteAddresses([own, ...others.map((each) => each.addresses)]),
      single: single && others.every((each) => each.single),
      ...its,
    };
  };
  return { take, range, content };
}

/** Where values of a set come from, if that must not be quoted. */
export function secretIn(content: SetContent): Span | undefined {
  return 'secret' in content ? content.secret : undefined;
}

/** What a value looks like; whether it is well-formed is another question. */
function kindOf(text: string): Kinds {
  if (/^[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){5}$/.test(text)) return 'macs';
  return /[.:/]/.test(text) ? 'addresses' : 'ports';
}
