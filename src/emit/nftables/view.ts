import { bug } from '../../bug.ts';
import { fileNameOf } from '../../model/file-name.ts';
import { slotMark } from '../../model/marking.ts';
import type { Nat, Program, Rule, Slot, Target, Uplink } from '../../model/program.ts';
import { type Run, runsOf } from '../../model/runs.ts';
import { FAMILIES, type Family, formatAddress } from '../../net/address.ts';
import type { IntervalSet, Point } from '../../net/interval-set.ts';
import { formatMark } from '../../net/mark.ts';
import type { formatRange } from '../../net/prefix.ts';
import { comment } from '../comment.ts';
import { formatInterval, spelling, type Tested } from './key.ts';
import { testsOf } from './tests.ts';

/** A set or a map: declared once, then emptied and filled again by every load. */
interface Filled {
  readonly keyword: 'set' | 'map';
  readonly name: string;
  readonly declaration: readonly string[];
  readonly elements: readonly string[];
}

interface Chain {
  readonly name: string;
  /** The hook of a base chain; a plain chain has none. */
  readonly hook: string;
  readonly rules: readonly string[];
}

/** What the template arranges; every string is finished. */
export interface View {
  readonly title: readonly string[];
  readonly filled: readonly Filled[];
  readonly chains: readonly Chain[];
}

/** The table `inet routec` of a program. */
export function view(program: Program, base: string): View {
  const chosen = chooseChains(program);
  const filled = [...plainSets(program), ...chosen.filled];
  return {
    title: [
      `routec: the ruleset of ${base}.route`,
      `Load it last: nft -f ${base}.nft`,
      'Loading it again refills it in one transaction; `nft delete table inet routec` takes it away.',
    ],
    filled,
    chains: [...markChains(program), ...chosen.chains, ...natChains(program), ...hooks(program)],
  };
}

const quoted = (name: string): string => `"${name}"`;
const ip = (family: Family): string => (family === 4 ? 'ip' : 'ip6');
const sorted = (lines: readonly string[]): string[] =>
  [...lines].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));

/** The name of a slot in chain names: its number makes it unique, its uplink readable. */
const slotName = ({ number, uplink, kind }: Slot): string =>
  `${number}_${fileNameOf(uplink.name)}${kind === 'inbound' ? '_in' : ''}`;

const uplinkNat = ({ slot, name }: Uplink): string => `nat_${slot}_${fileNameOf(name)}`;

function plainSets({ uplinks, slots, marking }: Program): Filled[] {
  const inboundOf = (uplink: Uplink): Slot =>
    slots.find(({ number }) => number === uplink.inbound) ?? bug('an uplink without a slot');
  const special = slots.filter((slot) => natRules(slot.nat).length > 0 && !sameNat(slot));
  const natted = uplinks.filter(({ nat }) => natRules(nat).length > 0);
  return [
    {
      keyword: 'set',
      name: 'uplinks',
      declaration: ['type ifname'],
      elements: sorted(uplinks.map(({ device }) => quoted(device))),
    },
    // What comes in by an uplink is answered by it, in those families that it has a way for.
    ...FAMILIES.map(
      (family): Filled => ({
        keyword: 'map',
        name: `arrivals_${ip(family)}`,
        declaration: ['type ifname : verdict'],
        elements: sorted(
          uplinks
            .filter(({ ways }) => ways[family] !== undefined)
            .map((uplink) => `${quoted(uplink.device)} : goto to_${slotName(inboundOf(uplink))}`),
        ),
      }),
    ),
    {
      keyword: 'map',
      name: 'slots',
      declaration: ['type mark : verdict'],
      elements: sorted([
        ...slots.map(
          (slot) =>
            `${formatMark(slotMark(marking.mask, slot.number))} : goto mark_${slotName(slot)}`,
        ),
        `${formatMark(marking.reject)} : goto mark_reject`,
        `${formatMark(marking.drop)} : goto mark_drop`,
        `${formatMark(marking.main)} : accept`,
      ]),
    },
    {
      keyword: 'map',
      name: 'slot_nat',
      declaration: ['type mark : verdict'],
      elements: sorted(
        special.map(
          (slot) =>
            `${formatMark(slotMark(marking.mask, slot.number))} : jump nat_${slotName(slot)}`,
        ),
      ),
    },
    {
      keyword: 'map',
      name: 'uplink_nat',
      declaration: ['type ifname : verdict'],
      elements: sorted(
        natted.map((uplink) => `${quoted(uplink.device)} : jump ${uplinkNat(uplink)}`),
      ),
    },
  ];
}

/** For each slot: how it is given to a connection, and how it is copied to a packet. */
function markChains({ slots, marking }: Program): Chain[] {
  const keep = formatMark(~marking.mask >>> 0);
  const set = (what: 'meta' | 'ct', value: number): string =>
    `${what} mark set ${what} mark & ${keep} | ${formatMark(value)}`;
  const pair = (name: string, value: number): Chain[] => [
    { name: `to_${name}`, hook: '', rules: [set('ct', value), `goto mark_${name}`] },
    { name: `mark_${name}`, hook: '', rules: [set('meta', value)] },
  ];
  return [
    ...slots.flatMap((slot) => {
      const [to, mark] = pair(slotName(slot), slotMark(marking.mask, slot.number));
      if (to === undefined || mark === undefined) return [];
      // The first packet of an inbound connection goes on as it came: only answers are marked.
      return slot.kind === 'inbound' ? [{ ...to, rules: to.rules.slice(0, 1) }, mark] : [to, mark];
    }),
    ...pair('reject', marking.reject),
    ...pair('drop', marking.drop),
    { name: 'to_main', hook: '', rules: [set('ct', marking.main)] },
    { name: 'mark_dead', hook: '', rules: [set('meta', marking.dead)] },
  ];
}

/** The policy: a chain a family, whose look-ups and tests stand in the order of the rules. */
function chooseChains(program: Program): { filled: Filled[]; chains: Chain[] } {
  const filled: Filled[] = [];
  const counter = program.counters ? 'counter ' : '';
  const used = new Map<string, number>();
  const unique = (name: string): string => {
    const count = (used.get(name) ?? 0) + 1;
    used.set(name, count);
    return count === 1 ? name : `${name}_${count}`;
  };
  const nameSet = (dimension: Tested, family: Family, set: IntervalSet<Point>): string => {
    const { type, name: bare } = spelling(dimension, family);
    const exact = set.every(([low, high]) => low === high);
    const name = unique(`${ip(family)}_${bare}_set${exact ? '' : '_ranges'}`);
    filled.push({
      keyword: 'set',
      name,
      declaration: [`type ${type}`, ...(exact ? [] : ['flags interval'])],
      elements: sorted(set.map((interval) => formatInterval(dimension, family, interval))),
    });
    return name;
  };
  const lookUp = (run: Run & { kind: 'look-up' }, family: Family): string => {
    const spellings = run.dimensions.map((dimension) => spelling(dimension, family));
    // The name goes with the shape of the key: a map of another shape must never take its place.
    const parts = [ip(family), ...spellings.map(({ name }) => name)];
    if (!run.exact) parts.push('ranges');
    if (!program.counters) parts.push('uncounted');
    const name = unique(parts.join('_'));
    filled.push({
      keyword: 'map',
      name,
      declaration: [
        `type ${spellings.map(({ type }) => type).join(' . ')} : verdict`,
        ...(run.exact ? [] : ['flags interval']),
        ...(program.counters ? ['counter'] : []),
      ],
      elements: sorted(
        run.cells.map(({ key, rule }) => {
          const values = run.dimensions.map((dimension, index) =>
            formatInterval(dimension, family, key[index] ?? bug('a key is too short')),
          );
          return `${values.join(' . ')} : goto ${chainOf(program, rule.target)}`;
        }),
      ),
    });
    return `${spellings.map(({ expression }) => expression).join(' . ')} vmap @${name}`;
  };
  const chains = FAMILIES.map((family): Chain => {
    const rules: string[] = [];
    for (const run of runsOf(program.forwarded, family)) {
      if (run.kind === 'look-up') {
        rules.push(...run.rules.map(source), lookUp(run, family));
        continue;
      }
      rules.push(source(run.rule));
      const end = `${counter}goto ${chainOf(program, run.rule.target)}`;
      for (const test of testsOf(run.box, nameSet)) rules.push(`${test} ${end}`.trimStart());
    }
    return { name: `choose_${ip(family)}`, hook: '', rules: [...rules, 'goto to_main'] };
  });
  const both: Chain = {
    name: 'choose',
    hook: '',
    rules: FAMILIES.map((family) => `meta nfproto ipv${family} goto choose_${ip(family)}`),
  };
  return { filled, chains: [...chains, both] };
}

const source = ({ id, text }: Rule): string => `# ${id} ${comment(text)}`;

function chainOf({ slots }: Program, target: Target): string {
  if (target.kind !== 'slot') return `to_${target.kind}`;
  const slot = slots.find(({ number }) => number === target.slot);
  return `to_${slotName(slot ?? bug(`no slot ${target.slot}`))}`;
}

const sameNat = ({ nat, uplink }: Slot): boolean => nat === uplink.nat;

/** What is done to the source address of what leaves; `none` is no rule at all. */
function natRules(nat: Slot['nat']): string[] {
  return FAMILIES.flatMap((family) => {
    const rule = natRule(nat[family], family);
    return rule === undefined ? [] : [`meta nfproto ipv${family} ${rule}`];
  });
}

function natRule(nat: Nat, family: Family): string | undefined {
  switch (nat.kind) {
    case 'none':
      return undefined;
    case 'masquerade':
      return 'masquerade';
    case 'nonat':
      // Bound to itself, so that no other chain translates it later.
      return `snat ${ip(family)} to ${ip(family)} saddr`;
    case 'snat': {
      const [first] = nat.ranges;
      if (nat.ranges.length === 1 && first !== undefined) {
        const range = { ...first };
        const low = formatAddress({ family, value: range.low } as Parameters<
          typeof formatAddress
        >[0]);
        const high = formatAddress({ family, value: range.high } as Parameters<
          typeof formatAddress
        >[0]);
        return `snat ${ip(family)} to ${low === high ? low : `${low}-${high}`}`;
      }
      const addresses = nat.ranges.flatMap(expand);
      const choices = addresses.map((address, index) => `${index} : ${address}`).join(', ');
      // By source, so that a host keeps its address; a seed, so that it keeps it through reloads.
      return `snat ${ip(family)} to jhash ${ip(family)} saddr mod ${addresses.length} seed 0x1 map { ${choices} }`;
    }
    default:
      nat satisfies never;
      return bug('a NAT of no kind');
  }
}

function expand(range: Parameters<typeof formatRange>[0]): string[] {
  const out: string[] = [];
  if (range.family === 4) {
    for (let value = range.low; value <= range.high; value += 1) {
      out.push(formatAddress({ family: 4, value }));
    }
  } else {
    for (let value = range.low; value <= range.high; value += 1n) {
      out.push(formatAddress({ family: 6, value }));
    }
  }
  return out;
}

function natChains({ uplinks, slots }: Program): Chain[] {
  const special = slots.filter((slot) => natRules(slot.nat).length > 0 && !sameNat(slot));
  return [
    ...special.map(
      (slot): Chain => ({
        name: `nat_${slotName(slot)}`,
        hook: '',
        // It may leave by another device: main's own routes come first.
        rules: [`oifname != ${quoted(slot.uplink.device)} return`, ...natRules(slot.nat)],
      }),
    ),
    ...uplinks
      .filter(({ nat }) => natRules(nat).length > 0)
      .map(
        (uplink): Chain => ({
          name: uplinkNat(uplink),
          hook: '',
          rules: FAMILIES.flatMap((family) => {
            const nat = uplink.nat[family];
            const rule = natRule(nat, family);
            if (rule === undefined) return [];
            // A socket bound to another address of this uplink keeps it.
            const bound = `fib saddr . oif type local snat ${ip(family)} to ${ip(family)} saddr`;
            const rules = nat.kind === 'nonat' ? [rule] : [bound, rule];
            return rules.map((each) => `meta nfproto ipv${family} ${each}`);
          }),
        }),
      ),
  ];
}

function hooks({ marking }: Program): Chain[] {
  const mask = formatMark(marking.mask);
  const decided = `ct mark & ${mask} != 0`;
  return [
    {
      // What only the link itself is concerned with is nobody's to route.
      name: 'bypass',
      hook: '',
      rules: [
        ...['broadcast', 'anycast', 'multicast'].map((type) => `fib daddr type ${type} accept`),
        'icmpv6 type 133-137 accept',
        'udp sport 67-68 udp dport 67-68 accept',
        'udp sport 546-547 udp dport 546-547 accept',
      ],
    },
    {
      // A slot that nothing knows any more must not fall to main with its old source address.
      name: 'restore',
      hook: '',
      rules: [`ct mark & ${mask} vmap @slots`, 'goto mark_dead'],
    },
    {
      // A reset where a packet that can't leave would make the router's own TCP hang.
      name: 'restore_local',
      hook: '',
      rules: [
        `ct mark & ${mask} vmap @slots`,
        'meta l4proto 6 reject with tcp reset',
        'goto mark_dead',
      ],
    },
    {
      // Never restored here, or an answer would go straight back out.
      name: 'inbound',
      hook: '',
      rules: [
        `ct state != new accept`,
        `${decided} accept`,
        'jump bypass',
        ...FAMILIES.map(
          (family) => `meta nfproto ipv${family} iifname vmap @arrivals_${ip(family)}`,
        ),
      ],
    },
    {
      name: 'prerouting',
      hook: 'type filter hook prerouting priority -140; policy accept;',
      rules: [
        'iifname @uplinks goto inbound',
        `${decided} goto restore`,
        'fib daddr type local accept',
        'jump bypass',
        // What conntrack does not follow is judged packet by packet.
        'ct state new,invalid,untracked goto choose',
      ],
    },
    {
      name: 'output',
      hook: 'type route hook output priority -140; policy accept;',
      rules: [
        `meta mark & ${mask} != 0 accept`,
        'fib daddr type local accept',
        'jump bypass',
        `${decided} goto restore_local`,
        'meta mark 0 ct state new goto to_main',
      ],
    },
    {
      name: 'refuse_local',
      hook: 'type filter hook output priority 10; policy accept;',
      rules: ['meta l4proto 6 reject with tcp reset', 'reject'].map(
        (rule) => `oifname "lo" meta mark & ${mask} == 0 fib daddr type != local ${rule}`,
      ),
    },
    {
      name: 'refuse_forwarded',
      hook: 'type filter hook forward priority 10; policy accept;',
      rules: ['oifname "lo" reject with icmpx no-route'],
    },
    {
      name: 'source_nat',
      hook: 'type nat hook postrouting priority 95; policy accept;',
      rules: [
        'oifname != @uplinks accept',
        'ip daddr 169.254.0.0/16 accept',
        'ip daddr 224.0.0.0/4 accept',
        'ip daddr 255.255.255.255 accept',
        'ip6 daddr fe80::/10 accept',
        'ip6 daddr ff00::/8 accept',
        'rt ipsec exists accept',
        `ct mark & ${mask} vmap @slot_nat`,
        'oifname vmap @uplink_nat',
      ],
    },
  ];
}
