import {
  blockTitle,
  type IptablesBlock,
  type IptablesRuleset,
  isSameBlock,
  settledLines,
} from './iptables-ruleset.ts';
import type { Command, Step } from './step.ts';

/**
 * The steps from one ruleset of iptables to another: sets that are new, then each table in one transaction, then sets
 * that are stale. Chains that stay as they are keep their counts. None where nothing changes.
 */
export function iptablesSteps(wanted: IptablesRuleset, live: IptablesRuleset): Step[] {
  return [
    ...newSets(wanted, live),
    ...['iptables', 'ip6tables'].flatMap((tool) => ruleset(tool, wanted, live)),
    ...staleSets(wanted, live),
  ];
}

const setsOf = (ruleset: IptablesRuleset): IptablesBlock[] =>
  [...ruleset.values()].filter(({ kind }) => kind === 'set');

/** The blocks of one that the other lacks, by name. */
const beyond = (blocks: readonly IptablesBlock[], other: IptablesRuleset): IptablesBlock[] =>
  blocks.filter((block) => !other.has(keyOf(block)));
const changed = (blocks: readonly IptablesBlock[], other: IptablesRuleset): IptablesBlock[] =>
  blocks.filter((block) => {
    const old = other.get(keyOf(block));
    return old !== undefined && !isSameBlock(block, old);
  });
const keyOf = ({ tool, table, name }: IptablesBlock): string => `${tool} ${table} ${name}`;

const ipset = (lines: readonly string[]): Command => ({
  argv: ['ipset', '-exist', 'restore'],
  stdin: `${lines.join('\n')}\n`,
});
/** Sizes and seeds are the kernel's own affair. */
const creating = ({ lines }: IptablesBlock): string[] =>
  lines.map((line) =>
    line.startsWith('create ') ? line.replace(/ (hashsize|initval) \S+/g, '') : line,
  );
const destroying = ({ name }: IptablesBlock): string => `destroy ${name}`;

const SWAP = 'routec-swap';

/** What fills a set that is in use anew, at once; what it has learned stays. */
function swapping(to: IptablesBlock, from: IptablesBlock): string[] {
  const learned = / timeout /.test(to.lines[0] ?? '') ? from.lines.slice(1) : [];
  const lines = [...creating(to), ...learned].map((line) => line.replace(to.name, SWAP));
  return [`destroy ${SWAP}`, ...lines, `swap ${SWAP} ${to.name}`, `destroy ${SWAP}`];
}

function newSets(wanted: IptablesRuleset, live: IptablesRuleset): Step[] {
  const fresh = beyond(setsOf(wanted), live);
  // A set's name says what is in it: one of other content was changed by somebody.
  const other = changed(setsOf(wanted), live).map((to) => ({
    to,
    from: live.get(keyOf(to)) ?? to,
  }));
  if (fresh.length + other.length === 0) return [];
  return [
    {
      sign: other.length > 0 ? '~' : '+',
      title: 'sets',
      effect:
        other.length > 0
          ? 'what somebody changed in them is as it was'
          : 'none: no rule looks into them yet',
      changes: [
        ...fresh.map((block) => ({ sign: '+' as const, text: blockTitle(block) })),
        ...other.map(({ to }) => ({ sign: '~' as const, text: blockTitle(to) })),
      ],
      run: ipset([
        ...fresh.flatMap(creating),
        ...other.flatMap(({ to, from }) => swapping(to, from)),
      ]),
      undo: ipset([
        ...fresh.map(destroying),
        ...other.flatMap(({ to, from }) => swapping(from, to)),
      ]),
    },
  ];
}

function staleSets(wanted: IptablesRuleset, live: IptablesRuleset): Step[] {
  const stale = beyond(setsOf(live), wanted);
  if (stale.length === 0) return [];
  return [
    {
      sign: '-',
      title: 'sets of the old policy',
      effect: 'none: no rule looks into them any more',
      changes: stale.map((block) => ({ sign: '-', text: blockTitle(block) })),
      run: ipset(stale.map(destroying)),
      undo: ipset(stale.flatMap(creating)),
    },
  ];
}

/** How often a jump is there. */
const times = (ruleset: IptablesRuleset, jump: IptablesBlock): number =>
  ruleset.get(keyOf(jump))?.lines.length ?? 0;

function ruleset(tool: string, wanted: IptablesRuleset, live: IptablesRuleset): Step[] {
  const its = (from: IptablesRuleset): IptablesBlock[] =>
    [...from.values()].filter((block) => block.tool === tool);
  const [there, here] = [its(wanted), its(live)];
  if (
    beyond(there, live).length + beyond(here, wanted).length + changed(there, live).length ===
    0
  ) {
    return [];
  }
  const restore = (from: IptablesRuleset, to: IptablesRuleset): Command => ({
    argv: [`${tool}-restore`, '-w', '--noflush'],
    stdin: restoreText(tool, from, to),
  });
  const undo = restore(wanted, live);
  if (there.length === 0) {
    return [
      {
        sign: '-',
        title: `the ruleset of ${tool}`,
        effect:
          'from this instant nothing is marked: all goes by main; open connections may lose their source',
        changes: here
          .filter(({ kind }) => kind === 'jump')
          .map((block) => ({ sign: '-', text: blockTitle(block) })),
        run: restore(live, wanted),
        undo,
      },
    ];
  }
  return [
    {
      sign: here.length === 0 ? '+' : '~',
      title: `the ruleset of ${tool}, table by table`,
      effect:
        here.length === 0
          ? 'from this instant new connections go by the policy; open ones stay where they are'
          : 'from this instant new connections go by the new policy; open ones keep their uplink and address',
      changes: here.length === 0 ? [] : differences(there, here, wanted, live),
      run: restore(live, wanted),
      undo,
      ...(here.length === 0 ? {} : { zeroes: 'some' }),
    },
  ];
}

/**
 * What `iptables-restore --noflush` reads to get from one ruleset to another, in the order in which nothing is marked
 * for rules that are not there. It commits a table at a time: the addresses of what was marked until then are there until
 * nothing is marked so any more.
 */
function restoreText(tool: string, from: IptablesRuleset, to: IptablesRuleset): string {
  const isOurs = ({ tool: its }: IptablesBlock): boolean => its === tool;
  const table = (name: string, before: IptablesRuleset, after: IptablesRuleset): string =>
    tableText(tool, name, before, after);
  if (![...to.values()].some(isOurs)) {
    return ['mangle', 'nat', 'filter'].map((name) => table(name, from, to)).join('');
  }
  const both = bothOf(from, to);
  return [
    table('filter', from, to),
    table('nat', from, both),
    table('mangle', from, to),
    table('nat', both, to),
  ].join('');
}

/** What one ruleset has, and behind it what the other has. */
function bothOf(from: IptablesRuleset, to: IptablesRuleset): IptablesRuleset {
  const both = new Map(from);
  for (const [key, block] of to) {
    const known = new Set(block.lines);
    const others = block.kind === 'chain' ? (from.get(key)?.lines ?? []) : [];
    const lines = [...block.lines, ...others.filter((line) => !known.has(line))];
    both.set(key, { ...block, lines });
  }
  return both;
}

/** Ours come first in the chains of others, but in mangle, where they look at what others marked. */
function tableText(
  tool: string,
  table: string,
  from: IptablesRuleset,
  to: IptablesRuleset,
): string {
  const its = (ruleset: IptablesRuleset, kind: IptablesBlock['kind']): IptablesBlock[] =>
    [...ruleset.values()].filter(
      (block) => block.tool === tool && block.table === table && block.kind === kind,
    );
  const chains = its(to, 'chain');
  const filled = [...beyond(chains, from), ...changed(chains, from)];
  const stale = beyond(its(from, 'chain'), to);
  const jumps = (ours: IptablesRuleset, others: IptablesRuleset): string[] =>
    its(ours, 'jump').flatMap((jump) =>
      Array<string>(Math.max(0, times(ours, jump) - times(others, jump))).fill(jump.name),
    );
  const lines = [
    ...filled.map(({ name }) => `:${name} - [0:0]`),
    ...filled.flatMap((chain) => chain.lines),
    ...jumps(to, from).map((name) =>
      table === 'mangle' ? `-A ${name}` : `-I ${name.replace(' ', ' 1 ')}`,
    ),
    ...jumps(from, to).map((name) => `-D ${name}`),
    ...stale.map(({ name }) => `-F ${name}`),
    ...stale.map(({ name }) => `-X ${name}`),
  ];
  return lines.length === 0 ? '' : [`*${table}`, ...lines, 'COMMIT', ''].join('\n');
}

function differences(
  there: readonly IptablesBlock[],
  here: readonly IptablesBlock[],
  wanted: IptablesRuleset,
  live: IptablesRuleset,
): Step['changes'] {
  return [
    ...beyond(here, wanted).map((block) => ({ sign: '-' as const, text: blockTitle(block) })),
    ...beyond(there, live).map((block) => ({ sign: '+' as const, text: blockTitle(block) })),
    ...changed(there, live).flatMap((block) => {
      const [now, old] = [block, live.get(keyOf(block)) ?? block].map(settledLines) as [
        readonly string[],
        readonly string[],
      ];
      const [is, was] = [new Set(now), new Set(old)];
      return [
        ...old.filter((line) => !is.has(line)).map((text) => ({ sign: '-' as const, text })),
        ...now.filter((line) => !was.has(line)).map((text) => ({ sign: '+' as const, text })),
      ];
    }),
  ];
}
