import { bug } from '../../bug.ts';
import { ascending } from '../../model/ascending.ts';
import type { Program, Slot, Target, Uplink } from '../../model/program.ts';
import { settledOf } from '../../model/settled.ts';
import { FAMILIES, type Family } from '../../net/address.ts';
import type { RulePlace } from '../../policy/rule-places.ts';
import type { Series } from '../../series.ts';
import { joinPieces } from '../../text/join-pieces.ts';
import type { Artefact, Emitted, WrittenLookUp } from '../artefact.ts';
import { balanceName } from '../nftables/balance.ts';
import { FORMAT, type MappedSlot, type MappedUplink, type WrittenTarget } from './read-map.ts';

/**
 * `policy.map.json`: from what is loaded back to the policy. Of each rule its id, as the artefacts carry it, its text, file
 * and line; from the elements of each set or map, and the rules of each chain that count, to rules: the number of one
 * and how many of those that follow are its; from rules to the slots that they lead to, and from slots to uplinks.
 * Files and rules are called by their places in the lists, from 0: a hundred thousand rules are half the bytes so.
 */
export function emitMap(
  places: Series<RulePlace>,
  { lookUps, counted }: Emitted,
  program: Program,
): Artefact {
  const files = new Map<string, number>();
  const rules = rulesOut(places, files);
  const parts = [
    `"format": ${FORMAT}`,
    `"files": ${JSON.stringify([...files.keys()])}`,
    `"rules": ${rules === '' ? '[]' : `[\n${rules}\n  ]`}`,
    `"elements": ${ownersOf(lookUps)}`,
    `"counters": ${ownersOf(counted)}`,
    `"targets": ${listed(targetsOf(program))}`,
    `"slots": ${listed(program.slots.map(slotOut))}`,
    `"uplinks": ${listed(program.uplinks.map(uplinkOut))}`,
  ];
  return { suffix: 'map.json', text: `{\n  ${parts.reduce((a, b) => `${a},\n  ${b}`)}\n}\n` };
}

/** One rule a line; their files are gathered. */
function rulesOut(places: Series<RulePlace>, files: Map<string, number>): string {
  const ruleOut = (place: number): string => {
    const { id, text, file, line } = places.at(place) ?? bug('a rule is lost');
    let number = files.get(file);
    if (number === undefined) {
      number = files.size;
      files.set(file, number);
    }
    const quoted = PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);
    return `    ["${id}",${quoted},${number},${line}]`;
  };
  return joinPieces(places.length, ruleOut, ',\n');
}

/** What JSON writes as it stands. */
const PLAIN = /^[ !#-[\]-~]*$/;

const ownersOf = (lookUps: readonly WrittenLookUp[]): string =>
  object(
    lookUps.map(({ name, rules }) => `    "${name}": [\n${runsOut(rules)}\n    ]`).join(',\n'),
  );

/** A million elements of one list are one line; a long list is no nicer to read with blanks before each. */
function runsOut(rules: readonly number[]): string {
  const starts: number[] = [];
  for (let at = 0; at < rules.length; at += 1) {
    if (at === 0 || rules[at] !== rules[at - 1]) starts.push(at);
  }
  const runOut = (run: number): string => {
    const start = starts[run] as number;
    return `${rules[start]}, ${(starts[run + 1] ?? rules.length) - start}`;
  };
  return joinPieces(starts.length, runOut, ',\n');
}

const object = (members: string): string => (members === '' ? '{}' : `{\n${members}\n  }`);

/** One a line. */
const listed = (values: readonly object[]): string =>
  values.length === 0
    ? '[]'
    : `[\n${values.map((value) => `    ${JSON.stringify(value)}`).join(',\n')}\n  ]`;

/** Where rules lead, each target with all that lead there. */
function targetsOf(program: Program): WrittenTarget[] {
  const { forwarded, local, marked, inbound } = program;
  const groups = new Map<string, { readonly target: Target; readonly its: number[] }>();
  // Rules alike have one target, which is written out but once.
  const known = new Map<Target, number[]>();
  const itsOf = (target: Target): number[] => {
    const key = JSON.stringify(target);
    const group = groups.get(key) ?? { target, its: [] };
    groups.set(key, group);
    known.set(target, group.its);
    return group.its;
  };
  for (const rules of [forwarded, local, marked, inbound]) {
    for (const { place, target } of rules) (known.get(target) ?? itsOf(target)).push(place);
  }
  return [...groups.values()].map(({ target, its }): WrittenTarget => {
    const rules = stretchesOf(its);
    if (target.kind === 'slot') return { slots: [target.slot], rules };
    if (target.kind !== 'balance') return { verdict: target.kind, rules };
    const { by, choices } = program.balances[target.balance] ?? { by: 'flow', choices: [] };
    return {
      slots: choices.map(({ slot }) => slot.number),
      weights: choices.map(({ weight }) => weight),
      by,
      chain: balanceName(target.balance),
      rules,
    };
  });
}

/** Numbers as stretches of them: the first of each, and how many there are. */
function stretchesOf(numbers: readonly number[]): number[] {
  const out: number[] = [];
  let next = -1;
  for (const number of ascending(numbers)) {
    if (number === next - 1) continue;
    if (number === next) (out[out.length - 1] as number) += 1;
    else out.push(number, 1);
    next = number + 1;
  }
  return out;
}

function slotOut(each: Slot): MappedSlot {
  const { kind, number: slot } = each;
  switch (kind) {
    case 'chosen':
    case 'inbound':
    case 'kept':
      return { slot, kind, uplink: each.uplink.name };
    case 'ordering':
      return { slot, kind, settles: settledOf(each).map(({ to }) => to.number) };
    case 'transit': {
      const { arrival, target, settled } = each;
      const way = target.kind === 'ordering' ? {} : { uplink: target.uplink.name };
      const settles = settled.map(({ number }) => number);
      return { slot, kind, arrival: arrival.uplink.name, ...way, settles };
    }
    default:
      kind satisfies never;
      return bug('a slot of no kind');
  }
}

function uplinkOut(uplink: Uplink): MappedUplink {
  const { name, device, slot, inbound, choiceTable: table, ownTable: own, ways } = uplink;
  const wayOf = (family: Family): string | undefined => {
    const way = ways[family];
    return way?.kind === 'gateway' ? way.gateway : way?.kind;
  };
  const listedWays = FAMILIES.flatMap((family) => {
    const way = wayOf(family);
    return way === undefined ? [] : [[family, way] as const];
  });
  return { name, device, slot, inbound, table, own, ways: Object.fromEntries(listedWays) };
}
