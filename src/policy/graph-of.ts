import { bug } from '../bug.ts';
import type { Program, Slot, Target, Uplink, UplinkSlot } from '../model/program.ts';
import { FAMILIES } from '../net/address.ts';
import { formatEndpoint } from '../net/endpoint.ts';
import { allOf } from '../series.ts';
import { printable } from '../text/printable.ts';
import { positionOf } from '../text/source.ts';
import { formatNat } from './format-outcome.ts';
import type { ForwardPolicy, Policy, RoutePolicy } from './policy.ts';
import { routesById } from './routes-by-id.ts';

/** A policy as boxes and arrows; texts are as they are, each format escapes them. */
export interface Graph {
  readonly lists: readonly {
    readonly id: string;
    readonly title: string;
    readonly nodes: readonly Node[];
  }[];
  /** Where the arrows end. */
  readonly ends: readonly (Node & { readonly name: string })[];
  readonly edges: readonly Edge[];
}

export interface Node {
  /** A letter, then letters, digits and `_`. */
  readonly id: string;
  readonly kind: 'start' | 'rules' | 'uplink' | 'verdict';
  readonly lines: readonly string[];
  /** The ids of the rules in it. */
  readonly rules: readonly string[];
}

export interface Edge {
  readonly from: string;
  readonly to: string;
  /** Empty where nothing is to be said. */
  readonly label: string;
  /** Of a packet that the box does not fit. */
  readonly onward: boolean;
}

/** More lines of one box are only counted. */
const LINES = 5;
/** More characters of a line are left out. */
const WIDTH = 72;

const LISTS = [
  ['forwarded', 'what it forwards'],
  ['inbound', 'what comes in by an uplink that a rule names'],
  ['local', 'what the router itself sends'],
  ['marked', "what it sends with another program's mark"],
] as const satisfies readonly (readonly [keyof Program, string])[];
/** No rule is asked there. */
const HERE = { list: 'here', title: 'what is sent to the router itself' } as const;

/**
 * The rules in their order, each with an arrow to where it leads; neighbours that lead to the same share
 * a box. Where an order of uplinks has no end drawn, what none of them takes is unreachable.
 *
 * @param entry the name of the policy: its lines are told by their numbers alone
 */
export function graphOf(policy: Policy, program: Program, entry: string): Graph {
  const lines = new Map<string, Line>([
    ...routesById(policy),
    ...policy.forwards.map((each) => [each.id, each] as const),
  ]);
  const edges: Edge[] = [];
  const lists: Graph['lists'][number][] = [];
  const asked = LISTS.map(([list, title]) => ({
    ...{ list, title },
    boxes: allOf(program[list]).map(({ id, target }) => ({ id, leads: leadsOf(program, target) })),
  }));
  const led = program.forwards.map(({ id, to }) => {
    return { id, leads: [{ to: 'main', label: formatEndpoint(to) }] };
  });
  for (const { list, title, boxes: all } of [...asked, { ...HERE, boxes: led }]) {
    if (all.length === 0 && list !== 'forwarded') continue;
    const start: Node = { id: list, kind: 'start', lines: ['a packet'], rules: [] };
    const boxes = runsOf(all).map(({ ids, leads }, index): Node => {
      const id = `${list}_${index}`;
      for (const lead of leads) edges.push({ from: id, ...lead, onward: false });
      return { id, kind: 'rules', lines: linesOf(ids, lines, entry), rules: ids };
    });
    const chain = [list, ...boxes.map(({ id }) => id), 'main'];
    chain.slice(1).forEach((to, index) => {
      edges.push({ from: chain[index] as string, to, label: '', onward: true });
    });
    lists.push({ id: `list_${list}`, title, nodes: [start, ...boxes] });
  }
  const reached = new Set(edges.map(({ to }) => to));
  const verdicts = ['main', 'drop', 'reject'].filter((verdict) => reached.has(verdict));
  return {
    lists,
    ends: [
      ...program.uplinks.map((uplink) => ({ ...uplinkNode(program, uplink), name: uplink.name })),
      ...verdicts.map((verdict) => ({
        ...{ id: verdict, kind: 'verdict' as const, lines: [verdict], rules: [] },
        name: verdict,
      })),
    ],
    edges,
  };
}

interface Lead {
  readonly to: string;
  readonly label: string;
}

/** A line of the policy, and where it leads. */
interface Leading {
  readonly id: string;
  readonly leads: readonly Lead[];
}

/** Neighbours that lead to the same, together. */
function runsOf(all: readonly Leading[]) {
  const runs: { readonly key: string; readonly ids: string[]; readonly leads: readonly Lead[] }[] =
    [];
  for (const { id, leads } of all) {
    const key = JSON.stringify(leads);
    const last = runs.at(-1);
    // A line has a rule for each uplink that it names with `in`.
    if (last?.key === key && last.ids.at(-1) === id) continue;
    if (last?.key === key) last.ids.push(id);
    else runs.push({ key, ids: [id], leads });
  }
  return runs;
}

type Line = Pick<RoutePolicy | ForwardPolicy, 'statement'>;

function linesOf(
  ids: readonly string[],
  lines: ReadonlyMap<string, Line>,
  entry: string,
): string[] {
  const shown = ids.slice(0, LINES).map((id) => {
    const { statement } = lines.get(id) ?? bug('a rule of no line');
    const { source, start } = statement.span;
    const { line } = positionOf(source, start);
    const place = source.name === entry ? `${line}` : `${source.name}:${line}`;
    // What lies outside the policy's folder is not quoted.
    return cut(source.quotable ? `${place}: ${statement.text}` : place);
  });
  const more = ids.length - shown.length;
  return more > 0 ? [...shown, `... and ${more} more`] : shown;
}

function cut(text: string): string {
  const seen = [...printable(text)];
  return seen.length > WIDTH ? `${seen.slice(0, WIDTH - 3).join('')}...` : seen.join('');
}

/** Each arrow once, the first choice first. */
function leadsOf(program: Program, target: Target): Lead[] {
  const leads = (): Lead[] => {
    switch (target.kind) {
      case 'slot': {
        const slot = program.slots.find(({ number }) => number === target.slot);
        return slotLeads(program, slot ?? bug('a target without a slot'), '');
      }
      case 'balance': {
        const { choices } = program.balances[target.balance] ?? bug('no such balance');
        const total = choices.reduce((sum, { weight }) => sum + weight, 0);
        const [members, ends] = parted(choices, ({ slot, weight }) => {
          const share = `${Number(((weight / total) * 100).toFixed(2))} %`;
          return slotLeads(program, slot, share);
        });
        // Members stand in for each other, too: the shares are of those that are up.
        return [...members, ...ends.filter(({ to }) => members.every((each) => each.to !== to))];
      }
      case 'main':
      case 'drop':
      case 'reject':
        return [{ to: target.kind, label: '' }];
      default:
        target satisfies never;
        return bug('a target of no kind');
    }
  };
  const seen = new Map(leads().map((lead) => [`${lead.to} ${lead.label}`, lead]));
  return [...seen.values()];
}

/** The first arrow of each choice, and all the others. */
function parted<T>(choices: readonly T[], leadsTo: (choice: T) => readonly Lead[]) {
  const all = choices.map(leadsTo);
  return [
    all.flatMap((leads) => leads.slice(0, 1)),
    all.flatMap((leads) => leads.slice(1)),
  ] as const;
}

function slotLeads(program: Program, slot: Slot, share: string): Lead[] {
  switch (slot.kind) {
    case 'chosen':
    case 'inbound':
      return [{ to: idOf(program, slot.uplink), label: labelOf(share, natOf(slot)) }];
    case 'ordering': {
      const tiers = slot.tiers.map((tier, index) => ({
        to: idOf(program, tier.uplink),
        label: labelOf(index === 0 ? share : 'else', natOf(tier)),
      }));
      return slot.end === 'unreachable' ? tiers : [...tiers, { to: slot.end, label: 'else' }];
    }
    case 'transit':
      return slotLeads(program, slot.target, share);
    case 'kept':
      return bug('no rule has such a slot for a target');
    default:
      slot satisfies never;
      return bug('a slot of no kind');
  }
}

const labelOf = (...parts: readonly string[]): string =>
  parts.filter((part) => part !== '').join(', ');

/** What the uplink does to the source; each family's once. */
function natOf({ uplink, nat }: UplinkSlot): string {
  const said = FAMILIES.filter((family) => uplink.ways[family] !== undefined);
  return cut(labelOf(...new Set(said.map((family) => formatNat(nat[family])))));
}

const idOf = ({ uplinks }: Program, { name }: Uplink): string =>
  `uplink_${uplinks.findIndex((uplink) => uplink.name === name)}`;

function uplinkNode(program: Program, uplink: Uplink): Node {
  const { name, device, ways } = uplink;
  const gateways = FAMILIES.flatMap((family) => {
    const way = ways[family];
    if (way === undefined) return [];
    return way.kind === 'gateway'
      ? [`via ${way.gateway}`]
      : way.kind === 'lease'
        ? ['via dhcp']
        : [];
  });
  const lines = [`uplink ${name}`, `dev ${device}`, ...new Set(gateways)].map(cut);
  return { id: idOf(program, uplink), kind: 'uplink', lines, rules: [] };
}
