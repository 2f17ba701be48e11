import type { NatNode, Word } from '../../grammar/tree.ts';
import { type Address, type AddressRange, FAMILIES } from '../net/address.ts';
import { isFault } from '../net/fault.ts';
import { formatRange, prefixLength, scanAddressRange } from '../net/prefix.ts';
import { at, diagnose, type Report } from '../text/diagnostic.ts';
import type { Span } from '../text/source.ts';
import { badAddress, wrongSet } from './kinds.ts';
import type { NatAction, NatPolicy, SetContent } from './policy.ts';
import type { SetLookup } from './read-sets.ts';
import { reportEmpty, reportFault, reportUnfit } from './read-words.ts';

/** What a NAT clause means for each family; nothing once a fault is reported. */
export function readNat(node: NatNode, lookup: SetLookup, report: Report): NatPolicy | undefined {
  const { span } = node;
  if (node.kind !== 'snat') {
    const action: NatAction = { kind: node.kind };
    return { 4: action, 6: action, span };
  }
  if (node.translated !== undefined)
    return readTranslation(node.addresses.words, node.translated.words, node, report);
  if (reportEmpty(node.addresses, report)) return undefined;
  const ranges: AddressRange[] = [];
  let sound = true;
  let secret: Span | undefined;
  for (const word of node.addresses.words) {
    const content = word.form === 'ref' ? lookup(word) : undefined;
    if (content?.kind === 'addresses') secret ??= content.secret;
    const found = content === undefined ? fromText(word, report) : fromSet(word, content, report);
    if (found === undefined) sound = false;
    else for (const range of found) ranges.push(range);
  }
  if (!sound) return undefined;
  const out: { 4?: NatAction; 6?: NatAction } = {};
  for (const family of FAMILIES) {
    const its = ranges.filter((range) => range.family === family);
    if (its.length > 0) out[family] = { kind: 'snat', ranges: its };
  }
  return { ...out, span, ...(secret === undefined ? {} : { secret }) };
}

function fromText(word: Word, report: Report): AddressRange[] | undefined {
  const scanned = scanAddressRange(word.text);
  if (isFault(scanned)) {
    reportFault(badAddress, word, scanned, report);
    return undefined;
  }
  const { value } = scanned;
  const ends = [value.low, value.high].map((end) => ({ family: value.family, value: end }));
  if (reportUnfit(word, ends as Address[], report)) return undefined;
  if (!word.text.includes('/') || value.low === value.high) return [value];
  // The first and last address of a prefix are often not one's own: nothing is guessed here.
  const [low, high] = [
    { ...value, high: value.low },
    { ...value, low: value.high },
  ];
  const write = `${formatRange(low as AddressRange)}-${formatRange(high as AddressRange)}`;
  reportFault(
    badAddress,
    word,
    { fault: '`snat` takes addresses and ranges, no prefix', write },
    report,
  );
  return undefined;
}

function fromSet(word: Word, content: SetContent, report: Report): AddressRange[] | undefined {
  if (content.kind === 'addresses') {
    const four = content.addresses[4].map(([low, high]) => ({ family: 4, low, high }) as const);
    const six = content.addresses[6].map(([low, high]) => ({ family: 6, low, high }) as const);
    return [...four, ...six];
  }
  if (content.kind !== 'faulty') {
    const message = `\`@${word.text}\` holds no addresses to translate to`;
    report(diagnose(wrongSet, message, [at(word.span)]));
  }
  return undefined;
}

function readTranslation(
  inside: readonly Word[],
  outside: readonly Word[],
  node: NatNode,
  report: Report,
): NatPolicy | undefined {
  const [from, to] = [inside, outside].map((words) => {
    const [word] = words;
    if (word === undefined || words.length > 1 || word.form === 'ref') return undefined;
    const scanned = scanAddressRange(word.text);
    if (isFault(scanned)) {
      reportFault(badAddress, word, scanned, report);
      return null;
    }
    return scanned.value;
  });
  if (from === null || to === null) return undefined;
  const length = (range: AddressRange | undefined): number | undefined =>
    range?.family === 6 ? prefixLength(range) : undefined;
  if (
    from === undefined ||
    to === undefined ||
    length(from) === undefined ||
    length(from) !== length(to)
  ) {
    const message = '`snat ... to ...` translates one IPv6 prefix to another of the same length';
    const help = 'write it as in `snat fd00:0:0:1::/64 to 2001:db8:a:1::/64`';
    report(diagnose(badAddress, message, [at(node.span)], help));
    return undefined;
  }
  return { 6: { kind: 'prefix', from, to }, span: node.span };
}
