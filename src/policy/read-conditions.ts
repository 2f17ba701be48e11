import type { List, Match, Word } from '../../grammar/tree.ts';
import { atomKey } from '../model/atom-key.ts';
import type { Atom } from '../model/program.ts';
import { type AddressRange, FAMILIES, type Family } from '../net/address.ts';
import { scanCgroup } from '../net/cgroup.ts';
import { deviceInterval, LAST_DEVICE, scanDeviceName } from '../net/device-name.ts';
import { scanDscp } from '../net/dscp.ts';
import { scanIcmpType } from '../net/icmp-types.ts';
import { complement, type Interval, type IntervalSet, intervalSet } from '../net/interval-set.ts';
import { type Cube, complementCubes, formatMark, scanMarkMatch } from '../net/mark.ts';
import { scanAddressRange } from '../net/prefix.ts';
import { ICMP, scanProtocol, WITH_PORTS } from '../net/protocols.ts';
import {
  EVERY_DAY,
  LAST_MINUTE,
  minutesOfWeek,
  scanDays,
  scanTimeOfDay,
} from '../net/time-of-day.ts';
import { LAST_USER, scanUser } from '../net/user.ts';
import { at, diagnose, type Report } from '../text/diagnostic.ts';
import type { Span } from '../text/source.ts';
import {
  badAddress,
  badDeviceName,
  badValue,
  doubleNegation,
  impossibleMatch,
  negatedPorts,
  portsWithoutProtocol,
  writtenTwice,
} from './kinds.ts';
import type { Addresses, AtomsOf, Conditions, UplinkPolicy, Written } from './policy.ts';
import { readMacs, readNumbers, readPorts, refer } from './read-lists.ts';
import type { SetLookup } from './read-sets.ts';
import {
  addressesOf,
  complementAddresses,
  familiesOf,
  readWord,
  reportEmpty,
  reportFault,
  uniteAddresses,
} from './read-words.ts';
import { sameText, takeOut, takeOutWord } from './take-out.ts';

/** What the words of a match may refer to. */
export interface Names {
  readonly sets: SetLookup;
  /** The uplink of that name, without a report. */
  readonly uplink: (name: string) => UplinkPolicy | undefined;
  /** The mark bits that are ours: `mark` never looks at them. */
  readonly markMask: number;
}

const TRANSPORT: Record<string, number> = { tcp: 6, udp: 17, sctp: 132 };

type Draft = {
  -readonly [K in keyof Conditions]?: Conditions[K];
};

/** Reads the matches of a rule; nothing once a fault is reported. */
export function readConditions(
  matches: readonly Match[],
  names: Names,
  outerReport: Report,
): Conditions | undefined {
  let sound = true;
  const report: Report = (diagnostic) => {
    if (diagnostic.severity === 'error') sound = false;
    outerReport(diagnostic);
  };
  reportRepeated(matches, report);
  const reading: Reading = {
    names,
    sets: names.sets,
    report,
    draft: {},
    families: FAMILIES,
    ported: false,
    atoms: [],
  };
  for (const match of matches) take(reading, match);
  const conditions = finish(reading, matches);
  return sound ? conditions : undefined;
}

/** Matches that ask about the same thing, which can't both be written. */
function fieldOf({ kind }: Match): string {
  switch (kind) {
    case 'host':
    case 'from':
      return 'from';
    case 'transport':
    case 'icmp':
    case 'icmpv6':
    case 'proto':
      return 'protocol';
    case 'ipv4':
    case 'ipv6':
      return 'family';
    default:
      return kind;
  }
}

function reportRepeated(matches: readonly Match[], report: Report): void {
  const seen = new Map<string, Match>();
  for (const match of matches) {
    const field = fieldOf(match);
    const first = seen.get(field);
    if (first === undefined) {
      seen.set(field, match);
      continue;
    }
    const message =
      first.kind === match.kind && field !== 'protocol'
        ? `\`${match.kind}\` is written twice`
        : `a packet has one ${field === 'from' ? 'source' : field}, and this rule asks for two`;
    const help: Record<string, string> = {
      from: 'write one list, as in `from A, B`',
      protocol: 'write `tcp,udp 53` for one list of ports, or a rule for each protocol',
      family: 'leave both out: a rule without either matches both families',
    };
    const labels = [at(match.span, 'again'), at(first.span, 'first written here')] as const;
    const fix = sameText(match.span, first.span) ? takeOut(match.span) : undefined;
    const what = fix?.title ?? help[field] ?? 'write one list for both';
    report(diagnose(writtenTwice, message, [...labels], what, fix));
  }
}

/** What has been read of one rule's matches so far. */
interface Reading {
  readonly names: Names;
  readonly sets: SetLookup;
  readonly report: Report;
  readonly draft: Draft;
  families: readonly Family[];
  /** Whether a protocol with ports was named. */
  ported: boolean;
  readonly atoms: AtomsOf[];
}

function take(r: Reading, match: Match): void {
  if (match.outerNot !== undefined && match.innerNot !== undefined) {
    const labels = [at(match.innerNot, 'again'), at(match.outerNot, 'first written here')] as const;
    const message = 'two `not` in one match cancel out';
    r.report(diagnose(doubleNegation, message, [...labels], 'leave both out, or one of them'));
    return;
  }
  const negated = match.outerNot !== undefined || match.innerNot !== undefined;
  switch (match.kind) {
    case 'host':
    case 'from':
    case 'to':
      takeAddresses(r, match.kind, match.list, negated);
      break;
    case 'in':
      takeDevices(r, match.list, negated);
      break;
    case 'proto':
      takeProtocols(r, match.list, negated);
      break;
    case 'transport':
      takeTransport(r, match, negated);
      break;
    case 'icmp':
    case 'icmpv6':
      takeIcmp(r, match, negated);
      break;
    case 'sport': {
      const ports = readPorts(r, match.list);
      if (ports !== undefined) r.draft.sourcePorts = orRest(r, match.list, ports, negated, 65535);
      break;
    }
    case 'mac': {
      const macs = readMacs(r, match.list);
      if (macs !== undefined) r.draft.macs = orRest(r, match.list, macs, negated, 2 ** 48 - 1);
      break;
    }
    case 'dscp': {
      const points = readNumbers(r, match.list, scanDscp);
      if (points !== undefined) r.draft.dscp = orRest(r, match.list, points, negated, 63);
      break;
    }
    case 'mark':
      takeMarks(r, match.list, negated);
      break;
    case 'local':
      if (match.outerNot !== undefined)
        noNegation(r, match, 'forwarded traffic is what a rule without `local` looks at');
      r.draft.local = true;
      break;
    case 'ipv4':
    case 'ipv6': {
      const family = (match.kind === 'ipv4') === negated ? 6 : 4;
      keepFamilies(r, [family], match.span);
      break;
    }
    case 'user':
      takeUsers(r, match.list, negated);
      break;
    case 'cgroup': {
      const paths = match.list.words.map((word) => readWord(badValue, word, scanCgroup, r.report));
      const known = paths.filter((path) => path !== undefined);
      keepAtoms(
        r,
        match.kind,
        known.map((path) => ({ kind: 'cgroup', path, negated })),
      );
      break;
    }
    case 'time':
      takeTime(r, match, negated);
      break;
    default:
      match satisfies never;
  }
}

function finish(r: Reading, matches: readonly Match[]): Conditions {
  const sport = matches.find(({ kind }) => kind === 'sport');
  if (sport !== undefined && !r.ported) {
    const message = 'source ports without a protocol that has ports';
    const help = 'add `tcp`, `udp` or `sctp`, as in `udp sport 5060`';
    r.report(diagnose(portsWithoutProtocol, message, [at(sport.span)], help));
  }
  const local = matches.find(({ kind }) => kind === 'local');
  for (const match of matches) {
    if (local === undefined && (match.kind === 'user' || match.kind === 'cgroup')) {
      const message = `\`${match.kind}\` is known of the router's own traffic only`;
      r.report(diagnose(impossibleMatch, message, [at(match.span)], 'add `local`'));
    }
    if (local !== undefined && (match.kind === 'in' || match.kind === 'mac')) {
      const message = `\`${match.kind}\` can't stand with \`local\`: what the router sends came from nowhere`;
      const labels = [at(match.span), at(local.span, 'its own traffic')] as const;
      r.report(diagnose(impossibleMatch, message, [...labels], `leave \`${match.kind}\` out`));
    }
  }
  reportManyTests(r, matches);
  return {
    ...r.draft,
    families: r.families,
    arrivals: r.draft.arrivals ?? [],
    local: r.draft.local ?? false,
    atoms: r.atoms,
  };
}

/** Each of a rule's lists multiplies its tests. */
const MOST_TESTS = 256;

function reportManyTests(r: Reading, matches: readonly Match[]): void {
  const tests = r.atoms.reduce((product, { atoms }) => product * (atoms.length + 1), 1);
  const [first] = matches;
  if (tests <= MOST_TESTS || first === undefined) return;
  const message = `the names and sets of this rule come to more than ${MOST_TESTS} tests`;
  const span = { ...first.span, end: matches.at(-1)?.span.end ?? first.span.end };
  r.report(diagnose(badValue, message, [at(span)], 'write several rules'));
}

/** Once each. */
function keepAtoms(r: Reading, match: AtomsOf['match'], atoms: readonly Atom[]): void {
  const unique = new Map(atoms.map((atom) => [atomKey(atom), atom]));
  if (unique.size > 0) r.atoms.push({ match, atoms: [...unique.values()] });
}

/** Leaves only those families that the match can be about. */
function keepFamilies(r: Reading, families: readonly Family[], span: Span): void {
  const left = r.families.filter((family) => families.includes(family));
  if (left.length === 0 && r.families.length > 0) {
    const message = `no packet fits: this is about IPv${families.join('/')} only, the rest of the rule is not`;
    const help = 'write a rule for each family';
    r.report(diagnose(impossibleMatch, message, [at(span)], help));
  }
  r.families = left;
}

/** The values of a list, or with `not` all others. */
function orRest(
  r: Reading,
  list: List,
  set: IntervalSet<number>,
  negated: boolean,
  max: number,
): IntervalSet<number> {
  if (!negated) return set;
  const rest = complement(set, max);
  if (rest.length === 0) reportNothingLeft(r, list);
  return rest;
}

function reportNothingLeft(r: Reading, list: List): void {
  const message = 'no packet fits: this `not` leaves nothing';
  r.report(diagnose(impossibleMatch, message, [at(list.span, 'everything')], 'take the rule out'));
}

function noNegation(r: Reading, match: Match, help: string): void {
  const message = `\`not ${match.kind}\` says nothing`;
  r.report(diagnose(impossibleMatch, message, [at(match.span)], help));
}

function takeAddresses(
  r: Reading,
  kind: 'host' | 'from' | 'to',
  list: List,
  negated: boolean,
): void {
  if (reportEmpty(list, r.report)) return;
  const ranges: AddressRange[] = [];
  const referred: Addresses[] = [];
  const later: string[] = [];
  let sound = true;
  for (const word of list.words) {
    if (word.form === 'ref') {
      const content = refer(r, word, 'addresses');
      if (content === undefined) sound = false;
      else if (content.kind === 'addresses') {
        if (kind === 'host' && !content.single) {
          const message = `\`host\` takes single addresses, and \`@${word.text}\` holds more`;
          r.report(diagnose(badAddress, message, [at(word.span)], 'write `from`'));
        }
        referred.push(content.addresses);
      } else if (content.kind === 'domains') later.push(word.text);
      continue;
    }
    const range = readWord(badAddress, word, scanAddressRange, r.report);
    if (range === undefined) sound = false;
    else if (kind === 'host' && range.low !== range.high) {
      const fault = `\`host\` takes single addresses, and \`${word.text}\` is more`;
      reportFault(badAddress, word, { fault, write: `from ${word.text}` }, r.report);
    } else ranges.push(range);
  }
  if (!sound) return;
  const all = uniteAddresses([addressesOf(ranges), ...referred]);
  const set = negated ? complementAddresses(all, later.length > 0) : all;
  if (negated && familiesOf(set).length === 0) reportNothingLeft(r, list);
  if (kind === 'to') r.draft.to = set;
  else r.draft.from = set;
  const [match, side] =
    kind === 'to' ? (['to', 'destination'] as const) : (['from', 'source'] as const);
  keepAtoms(
    r,
    match,
    later.map((name) => ({ kind: 'set', side, name, negated })),
  );
  // A set that is empty names no family, one that fills later both.
  const named = familiesOf(all);
  if (named.length > 0 && later.length === 0) keepFamilies(r, named, list.span);
}

function takeDevices(r: Reading, list: List, negated: boolean): void {
  if (reportEmpty(list, r.report)) return;
  const intervals: Interval<bigint>[] = [];
  const arrivals: Written<string>[] = [];
  for (const word of list.words) {
    const uplink = r.names.uplink(word.text);
    const name = uplink === undefined ? word.text : uplink.device;
    const wildcard = uplink === undefined && word.form !== 'text' && name.endsWith('*');
    const bare = wildcard ? name.slice(0, -1) : name;
    if (wildcard && bare === '') {
      const message = '`*` alone is every device: leave `in` out';
      r.report(diagnose(badDeviceName, message, [at(word.span)]));
      continue;
    }
    const device = readWord(badDeviceName, { ...word, text: bare }, scanDeviceName, r.report);
    if (device === undefined) continue;
    intervals.push(deviceInterval(device, wildcard));
    if (!wildcard && !negated) arrivals.push({ value: device, span: word.span });
  }
  const set = intervalSet(intervals);
  r.draft.devices = negated ? complement(set, LAST_DEVICE) : set;
  r.draft.arrivals = arrivals;
}

function takeProtocols(r: Reading, list: List, negated: boolean): void {
  const numbers = readNumbers(r, list, scanProtocol);
  if (numbers === undefined) return;
  r.draft.protocols = orRest(r, list, numbers, negated, 255);
  r.ported = !negated && numbers.every(([low, high]) => low === high && WITH_PORTS.has(low));
}

/** Users by number are a dimension; a name is one only where it stands for the same number everywhere. */
function takeUsers(r: Reading, list: List, negated: boolean): void {
  if (reportEmpty(list, r.report)) return;
  const values = list.words.map((word) => readWord(badValue, word, scanUser, r.report));
  const names = values.filter((value) => typeof value === 'string');
  const numbers = values.filter((value) => typeof value === 'number');
  const set = intervalSet(numbers.map((value) => [value, value] as const));
  r.draft.users = orRest(r, list, set, negated, LAST_USER);
  keepAtoms(
    r,
    'user',
    names.map((name) => ({ kind: 'user', name, negated })),
  );
}

function takeTime(r: Reading, match: Match & { kind: 'time' }, negated: boolean): void {
  const range = readWord(badValue, match.range, scanTimeOfDay, r.report);
  if (match.days !== undefined && reportEmpty(match.days, r.report)) return;
  const days = match.days?.words.map((word) => readWord(badValue, word, scanDays, r.report));
  if (range === undefined || days?.includes(undefined)) return;
  const listed = days?.flatMap((each) => each ?? []) ?? EVERY_DAY;
  const minutes = minutesOfWeek(range, listed);
  const always = complement(minutes, LAST_MINUTE).length === 0;
  if (!always) keepAtoms(r, 'time', [{ kind: 'time', minutes, negated }]);
  else if (negated) {
    const message = 'no packet fits: this is every time';
    r.report(diagnose(impossibleMatch, message, [at(match.span)], 'take the rule out'));
  }
}

function takeTransport(r: Reading, match: Match & { kind: 'transport' }, negated: boolean): void {
  const numbers = match.protocols.words.map(({ text }) => TRANSPORT[text] as number);
  const protocols = intervalSet(numbers.map((number) => [number, number] as const));
  const written = match.protocols.words.map(({ text }) => text).join(',');
  match.protocols.words.forEach((word, index, words) => {
    const first = words.findIndex(({ text }) => text === word.text);
    if (first < index) {
      const labels = [
        at(word.span, 'again'),
        at((words[first] as Word).span, 'first written here'),
      ] as const;
      const fix = takeOutWord(words, index);
      const message = `\`${word.text}\` is written twice`;
      r.report(diagnose(writtenTwice, message, [...labels], fix?.title, fix));
    }
  });
  if (match.list === undefined) {
    r.draft.protocols = negated ? complement(protocols, 255) : protocols;
    r.ported = !negated;
    return;
  }
  const ports = readPorts(r, match.list);
  r.ported = true;
  if (match.outerNot !== undefined) {
    ambiguousNot(r, match, written, match.list, 'another port');
    return;
  }
  r.draft.protocols = protocols;
  if (ports !== undefined) r.draft.ports = orRest(r, match.list, ports, negated, 65535);
}

function takeIcmp(r: Reading, match: Match & { kind: 'icmp' | 'icmpv6' }, negated: boolean): void {
  const family = match.kind === 'icmp' ? 4 : 6;
  const protocol: IntervalSet<number> = [[ICMP[family], ICMP[family]]];
  if (match.list === undefined && negated) {
    // Another protocol: that says nothing about the family.
    r.draft.protocols = complement(protocol, 255);
    return;
  }
  keepFamilies(r, [family], match.span);
  r.draft.protocols = protocol;
  if (match.list === undefined) return;
  if (match.outerNot !== undefined) {
    ambiguousNot(r, match, match.kind, match.list, 'another type');
    return;
  }
  const types = readNumbers(r, match.list, (text) => scanIcmpType(family, text));
  if (types !== undefined) r.draft.icmpTypes = orRest(r, match.list, types, negated, 255);
}

function ambiguousNot(r: Reading, match: Match, written: string, list: List, other: string): void {
  const values = list.words.map(({ text }) => text).join(',');
  const message = `\`not ${written} ${values}\` can be read in two ways`;
  const help = `write \`${written} not ${values}\` for ${other}, or \`not ${written}\` for another protocol`;
  r.report(diagnose(negatedPorts, message, [at(match.span)], help));
}

/** Each is a test of its own in every backend. */
const MOST_MARKS = 256;

function takeMarks(r: Reading, list: List, negated: boolean): void {
  if (reportEmpty(list, r.report)) return;
  const ours = r.names.markMask;
  const theirs = ~ours >>> 0;
  const cubes: Cube[] = [];
  for (const word of list.words) {
    const cube = readWord(badValue, word, scanMarkMatch, r.report);
    if (cube === undefined) continue;
    const { value, mask = theirs } = cube;
    if ((mask & ours) !== 0 || (value & ours) !== 0) {
      const fault = `\`${word.text}\` asks for bits of ${formatMark(ours)}, which are routec's own`;
      const write = `${formatMark((value & theirs) >>> 0)}/${formatMark((mask & theirs) >>> 0)}`;
      reportFault(badValue, word, { fault, write }, r.report);
    } else if ((value & ~mask) !== 0) {
      const fault = `\`${word.text}\` never fits: the value has bits that the mask leaves out`;
      const write = `${formatMark((value & mask) >>> 0)}/${formatMark(mask)}`;
      reportFault(badValue, word, { fault, write }, r.report);
    } else cubes.push({ value, mask });
  }
  const marks = negated ? complementCubes(cubes, MOST_MARKS) : cubes;
  if (marks === undefined || marks.length > MOST_MARKS) {
    const message = `these marks come to more than ${MOST_MARKS} tests`;
    const help = 'name fewer, or wider ones with a mask';
    r.report(diagnose(badValue, message, [at(list.span)], help));
    return;
  }
  r.draft.marks = marks;
  if (marks.length === 0 && cubes.length > 0) reportNothingLeft(r, list);
}
