import type { Clause, List, UplinkStatement, Word } from '../../grammar/tree.ts';
import type { Address } from '../net/address.ts';
import { FAMILIES, scanHostAddress } from '../net/address.ts';
import { scanUplinkDevice } from '../net/device-name.ts';
import { isFault } from '../net/fault.ts';
import { scanMac } from '../net/mac.ts';
import { scanMark } from '../net/mark.ts';
import { scanNumber } from '../net/port.ts';
import { network, scanInterfaceAddress } from '../net/prefix.ts';
import { at, diagnose, type Report } from '../text/diagnostic.ts';
import type { Span } from '../text/source.ts';
import {
  badAddress,
  badDeviceName,
  badValue,
  duplicateUplink,
  longName,
  missingDevice,
  writtenTwice,
} from './kinds.ts';
import type { OwnAddress, UplinkPolicy, Written } from './policy.ts';
import { readCheck } from './read-check.ts';
import { readNat } from './read-nat.ts';
import type { SetLookup } from './read-sets.ts';
import { readWord, reportEmpty, reportFault, reportTooMany, reportUnfit } from './read-words.ts';
import { sameText, takeOut } from './take-out.ts';

/** The declared uplinks that can be understood, in order; of two with one name the first. */
export function readUplinks(
  statements: readonly UplinkStatement[],
  lookup: SetLookup,
  report: Report,
): UplinkPolicy[] {
  const byName = new Map<string, UplinkPolicy>();
  for (const statement of statements) {
    const { name } = statement;
    const first = byName.get(name.text);
    if (first !== undefined) {
      const labels = [at(name.span, 'again'), at(first.span, 'first declared here')] as const;
      const message = `the uplink \`${name.text}\` is declared twice`;
      report(diagnose(duplicateUplink, message, [...labels], 'give one of them another name'));
      continue;
    }
    if (reportTooMany(byName.size, name, report)) continue;
    byName.set(name.text, readUplink(statement, lookup, report));
  }
  return [...byName.values()];
}

function readUplink(statement: UplinkStatement, lookup: SetLookup, report: Report): UplinkPolicy {
  const { name } = statement;
  if (name.text.length > 63 || name.text === '') {
    report(diagnose(longName, 'a name has 1 to 63 bytes', [at(name.span)]));
  } else if (!/^[!-~]+$/.test(name.text)) {
    report(diagnose(badValue, 'the name of an uplink holds visible ASCII only', [at(name.span)]));
  }
  const seen = new Map<string, Span>();
  const out: { -readonly [K in keyof UplinkPolicy]?: UplinkPolicy[K] } = {};
  for (const clause of statement.clauses) {
    const first = seen.get(clause.kind);
    if (first !== undefined) {
      const what = clause.kind === 'nat' ? 'NAT' : `\`${clause.kind}\``;
      const labels = [at(clause.span, 'again'), at(first, 'first written here')] as const;
      const fix = sameText(clause.span, first) ? takeOut(clause.span) : undefined;
      const message = `${what} is written twice`;
      report(diagnose(writtenTwice, message, [...labels], 'keep one of them', fix));
      continue;
    }
    seen.set(clause.kind, clause.span);
    readClause(clause, out, lookup, report);
  }
  if (!seen.has('dev')) {
    const message = `the uplink \`${name.text}\` has no device`;
    report(
      diagnose(missingDevice, message, [at(name.span)], 'add `dev` and the name of its device'),
    );
  }
  return {
    device: '',
    gateways: [],
    addresses: [],
    macs: [],
    ...out,
    name: name.text,
    span: name.span,
    statement,
  };
}

function readClause(
  clause: Clause,
  out: { -readonly [K in keyof UplinkPolicy]?: UplinkPolicy[K] },
  lookup: SetLookup,
  report: Report,
): void {
  switch (clause.kind) {
    case 'dev': {
      const device = readWord(badDeviceName, clause.value, scanUplinkDevice, report);
      if (device !== undefined) out.device = device;
      break;
    }
    case 'gateway':
      readGateways(clause.list, out, report);
      break;
    case 'address':
      out.addresses = readAddresses(clause.list, report);
      break;
    case 'mac':
      out.macs = readMacs(clause.list, report);
      break;
    case 'table': {
      const number = scanNumber(clause.value.text, 0xffff_ffff);
      if (number !== undefined) out.table = { value: number, span: clause.value.span };
      else {
        const fault = `\`${clause.value.text}\` is no table: a number is needed`;
        reportFault(badValue, clause.value, { fault }, report);
      }
      break;
    }
    case 'mark': {
      const mark = readWord(badValue, clause.value, scanMark, report);
      if (mark !== undefined) out.mark = { value: mark, span: clause.value.span };
      break;
    }
    case 'weight': {
      const weight = scanNumber(clause.value.text, 1000);
      if (weight !== undefined && weight > 0) out.weight = weight;
      else {
        const fault = `\`${clause.value.text}\` is no weight: a number from 1 to 1000 is needed`;
        reportFault(badValue, clause.value, { fault }, report);
      }
      break;
    }
    case 'nat': {
      const nat = readNat(clause.nat, lookup, report);
      if (nat !== undefined) out.nat = nat;
      break;
    }
    case 'check':
      readCheck(clause, report);
      break;
    case 'mtu-clamp':
      out.clamped = true;
      break;
    default:
      clause satisfies never;
  }
}

function readGateways(
  list: List,
  out: { gateways?: readonly Written<Address>[]; dhcp?: Span },
  report: Report,
): void {
  if (reportEmpty(list, report)) return;
  const gateways: Written<Address>[] = [];
  for (const word of list.words) {
    if (word.form === 'name' && word.text === 'dhcp') {
      if (out.dhcp !== undefined) {
        const labels = [at(word.span, 'again'), at(out.dhcp, 'first written here')] as const;
        report(diagnose(writtenTwice, '`dhcp` is written twice', [...labels], 'keep one of them'));
      }
      out.dhcp ??= word.span;
      continue;
    }
    const address = readWord(badAddress, word, scanHostAddress, report);
    if (address === undefined) continue;
    const first = gateways.find(({ value }) => value.family === address.family);
    if (first !== undefined) {
      const labels = [at(word.span, 'a second one'), at(first.span, 'the first')] as const;
      const message = `an uplink has one gateway a family, and this is a second IPv${address.family} one`;
      const help = 'declare a second uplink for it, with the same device';
      report(diagnose(writtenTwice, message, [...labels], help));
    } else gateways.push({ value: address, span: word.span });
  }
  if (out.dhcp !== undefined && gateways.length === FAMILIES.length) {
    const message = 'both families have a gateway, and none is left for a lease to name';
    report(diagnose(badValue, message, [at(out.dhcp)], 'take out `dhcp`, or one of the addresses'));
  }
  out.gateways = gateways;
}

/** `A/N` is an address on the wire of that prefix; a prefix without host bits is routed to us. */
function readAddresses(list: List, report: Report): OwnAddress[] {
  if (reportEmpty(list, report)) return [];
  const out: OwnAddress[] = [];
  for (const word of list.words) {
    const own = readAddress(word, report);
    if (own !== undefined) out.push(own);
  }
  return out;
}

function readMacs(list: List, report: Report): Written<number>[] {
  if (reportEmpty(list, report)) return [];
  return list.words.flatMap((word) => {
    const value = readWord(badValue, word, scanMac, report);
    return value === undefined ? [] : [{ value, span: word.span }];
  });
}

function readAddress(word: Word, report: Report): OwnAddress | undefined {
  if (word.form === 'ref') {
    readWord(badAddress, word, scanInterfaceAddress, report);
    return undefined;
  }
  const scanned = scanInterfaceAddress(word.text);
  if (isFault(scanned)) {
    reportFault(badAddress, word, scanned, report);
    return undefined;
  }
  const { address, length } = scanned.value;
  if (reportUnfit(word, [address], report)) return undefined;
  const net = network(scanned.value);
  const single = { family: address.family, low: address.value, high: address.value } as typeof net;
  const bits = address.family === 4 ? 32 : 128;
  if (length === bits) return { own: single, span: word.span };
  // Of a /31 (RFC 3021) and a /127 (RFC 6164) the first address is a host like any other.
  if (net.low === address.value && length < bits - 1) return { own: net, span: word.span };
  return { own: single, network: net, span: word.span };
}
