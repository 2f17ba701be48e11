import type { SetStatement, Word } from '../../grammar/tree.ts';
import type { AddressRange } from '../net/address.ts';
import { scanDomainName } from '../net/domain-name.ts';
import { isFault, type Scanned } from '../net/fault.ts';
import { type Interval, intervalSet, union } from '../net/interval-set.ts';
import { scanMac } from '../net/mac.ts';
import { scanPorts } from '../net/port.ts';
import { scanAddressRange } from '../net/prefix.ts';
import { at, diagnose, type Kind, type Report } from '../text/diagnostic.ts';
import { nearest } from '../text/nearest.ts';
import type { Span } from '../text/source.ts';
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
import { addressesOf, readWord, reportEmpty, uniteAddresses } from './read-words.ts';

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
  lists: ReadonlyMap<SetStatement, readonly Word[]>,
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
      return names.includes(undefined) ? { kind: 'faulty' } : { kind: 'domains' };
    }
    if (content.kind === 'list') {
      if (reportEmpty(content.list, report)) return { kind: 'faulty' };
      return readValues(content.list.words, lookup, report);
    }
    const lines = lists.get(statement);
    if (lines === undefined) return { kind: 'faulty' };
    if (lines.length > 0) return readValues(lines, lookup, report);
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

/** The first value decides what kind the others must be of. */
function readValues(words: readonly Word[], lookup: SetLookup, report: Report): SetContent {
  const ranges: AddressRange[] = [];
  const ports: Interval<number>[] = [];
  const macs: Interval<number>[] = [];
  const referred: SetContent[] = [];
  let kind: Kinds | undefined;
  let first: Word | undefined;
  let faults = 0;
  const fault = (rule: Kind, word: Word, message: string, help?: string): void => {
    faults += 1;
    if (faults > FAULTS) return;
    const labels = [at(word.span)];
    if (rule === mixedSet && first !== undefined) labels.push(at(first.span, `${kind}, so far`));
    report(diagnose(rule, message, labels as [(typeof labels)[0]], help));
  };
  for (const word of words) {
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
      continue;
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
      continue;
    }
    const take = <T>(rule: Kind, scanned: Scanned<T>, into: T[]): void => {
      if (!isFault(scanned)) into.push(scanned.value);
      else fault(rule, word, scanned.fault, scanned.write && `write \`${scanned.write}\``);
    };
    if (its === 'addresses') take(badAddress, scanAddressRange(word.text), ranges);
    else if (its === 'ports') take(badPort, scanPorts(word.text), ports);
    else {
      const mac = scanMac(word.text);
      take(badValue, isFault(mac) ? mac : { value: [mac.value, mac.value] }, macs);
    }
  }
  if (faults > FAULTS) {
    const last = words.at(-1) as Word;
    const message = `${faults - FAULTS} more values of this list are wrong`;
    report(diagnose(badValue, message, [at(last.span, 'the list ends here')]));
  }
  if (faults > 0) return { kind: 'faulty' };
  return collect(kind, ranges, ports, macs, referred, words.find(isSecret)?.span);
}

const isSecret = ({ span }: Word): boolean => !span.source.quotable;

function collect(
  kind: Kinds | undefined,
  ranges: readonly AddressRange[],
  ports: readonly Interval<number>[],
  macs: readonly Interval<number>[],
  referred: readonly SetContent[],
  own: Span | undefined,
): SetContent {
  if (kind === undefined) return { kind: 'empty' };
  if (kind === 'ports') {
    const others = referred.flatMap((each) => (each.kind === 'ports' ? [each.ports] : []));
    return { kind, ports: union([intervalSet(ports), ...others]) };
  }
  if (kind === 'macs') {
    const others = referred.flatMap((each) => (each.kind === 'macs' ? [each.macs] : []));
    return { kind, macs: union([intervalSet(macs), ...others]) };
  }
  const others = referred.flatMap((each) => (each.kind === 'addresses' ? [each] : []));
  const secret = own ?? others.find((each) => each.secret !== undefined)?.secret;
  return {
    kind,
    addresses: uniteAddresses([addressesOf(ranges), ...others.map((each) => each.addresses)]),
    single: ranges.every(({ low, high }) => low === high) && others.every((each) => each.single),
    ...(secret === undefined ? {} : { secret }),
  };
}

/** What a value looks like; whether it is well-formed is another question. */
function kindOf(text: string): Kinds {
  if (/^[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){5}$/.test(text)) return 'macs';
  return /[.:/]/.test(text) ? 'addresses' : 'ports';
}
