import { bug } from '../../bug.ts';
import type { Program, Rule, Slot, Target, Uplink } from '../../model/program.ts';
import { settledOf } from '../../model/settled.ts';
import { FAMILIES, type Family } from '../../net/address.ts';
import type { RulePlace } from '../../policy/rule-places.ts';
import { joinPieces } from '../../text/join-pieces.ts';
import type { Artefact, Emitted, WrittenLookUp } from '../artefact.ts';
import { balanceName } from '../nftables/balance.ts';
import { FORMAT, type MappedSlot, type MappedTarget, type MappedUplink } from './read-map.ts';

/**
 * `policy.map.json`: from what is loaded back to the policy. From a rule's id, as the artefacts carry it, to
 * file and line; from the elements of each set or map, and the rules of each chain that count, to rules: an id and
 * how many of those that follow are its; from rules to the slots that they lead to, and from slots to uplinks.
 */
export function emitMap(
  places: Iterable<RulePlace>,
  { lookUps, counted }: Emitted,
  program: Program,
): Artefact {
  const all = object(joinPieces(rulesOut(places), ',\n'));
  const parts = [
    `"format": ${FORMAT}`,
    `"rules": ${all}`,
    `"elements": ${ownersOf(lookUps)}`,
    `"counters": ${ownersOf(counted)}`,
    `"targets": ${listed(targetsOf(program))}`,
    `"slots": ${listed(program.slots.map(slotOut))}`,
    `"uplinks": ${listed(program.uplinks.map(uplinkOut))}`,
  ];
  return { suffix: 'map.json', text: `{\n  ${parts.join(',\n  ')}\n}\n` };
}

/** One rule a line, with all the places where it is written. */
function* rulesOut(places: Iterable<RulePlace>): Generator<string> {
  const byId = new Map<string, RulePlace | RulePlace[]>();
  for (const place of places) {
    const before = byId.get(place.id);
    if (Array.isArray(before)) before.push(place);
    else byId.set(place.id, before === undefined ? place : [before, place]);
  }
  for (const [id, its] of byId) {
    const list = Array.isArray(its) ? its.map(placeOut).join(', ') : placeOut(its);
    yield `    "${id}": [${list}]`;
  }
}

const placeOut = ({ file, line, text }: RulePlace): string =>
  `{ "file": ${JSON.stringify(file)}, "line": ${line}, "text": ${JSON.stringify(text)} }`;

const ownersOf = (lookUps: readonly WrittenLookUp[]): string =>
  object(
    lookUps
      .map(({ name, rules }) => `    "${name}": [\n${joinPieces(runsOf(rules), ',\n')}\n    ]`)
      .join(',\n'),
  );

/** A million elements of one list are one line. */
function* runsOf(rules: readonly string[]): Generator<string> {
  for (let at = 0; at < rules.length; ) {
    let end = at + 1;
    while (end < rules.length && rules[end] === rules[at]) end += 1;
    yield `      "${rules[at]}", ${end - at}`;
    at = end;
  }
}

const object = (members: string): string => (members === '' ? '{}' : `{\n${members}\n  }`);

/** One a line. */
const listed = (values: readonly object[]): string =>
  values.length === 0
    ? '[]'
    : `[\n${values.map((value) => `    ${JSON.stringify(value)}`).join(',\n')}\n  ]`;

/** Where rules lead, each target with all that lead there. */
function targetsOf(program: Program): MappedTarget[] {
  const { forwarded, local, marked, inbound } = program;
  const groups = new Map<string, { readonly target: Target; readonly ids: Set<string> }>();
  // Rules alike have one target, which is written out but once.
  const known = new Map<Target, Set<string>>();
  for (const { id, target } of [forwarded, local, marked, inbound].flat() as readonly Rule[]) {
    const its = known.get(target);
    if (its !== undefined) {
      its.add(id);
      continue;
    }
    const key = JSON.stringify(target);
    const { ids } = groups.get(key) ?? { ids: new Set<string>() };
    groups.set(key, { target, ids });
    known.set(target, ids.add(id));
  }
  return [...groups.values()].map(({ target, ids }): MappedTarget => {
    const its = [...ids];
    if (target.kind === 'slot') return { slots: [target.slot], rules: its };
    if (target.kind !== 'balance') return { verdict: target.kind, rules: its };
    const { by, choices } = program.balances[target.balance] ?? { by: 'flow', choices: [] };
    return {
      slots: choices.map(({ slot }) => slot.number),
      weights: choices.map(({ weight }) => weight),
      by,
      chain: balanceName(target.balance),
      rules: its,
    };
  });
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
