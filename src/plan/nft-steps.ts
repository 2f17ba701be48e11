import { beyond } from './beyond.ts';
import { blocksBeyond, losing, nftChange } from './nft-change.ts';
import { nftStages } from './nft-stages.ts';
import { type Block, isSame, type NftTable, refill, settledText } from './nft-table.ts';
import { type Command, type Step, signed } from './step.ts';

const nft = (stdin: string): Command => ({ argv: ['nft', '-f', '-'], stdin });
const DELETED: Command = { argv: ['nft', 'delete', 'table', 'inet', 'routec'] };

/**
 * The steps from the table that is live to the one that is wanted: of the stages between them each that differs from the
 * one before, in one transaction.
 *
 * @param wholly whether it is refilled as a whole where a change of it would do
 */
export function nftSteps(
  wanted: NftTable | undefined,
  live: NftTable | undefined,
  { wholly = false }: { readonly wholly?: boolean } = {},
): Step[] {
  if (wanted === undefined) return live === undefined ? [] : [deleteTable(live)];
  const before: NftTable = live ?? new Map();
  const { brought, copied, filled, ruled, last } = nftStages(wanted, before, wholly);
  const steps = [
    ...step(before, brought, {
      sign: '+',
      title: 'new sets, maps and chains',
      effect: 'none: no rule leads to them yet, and a look-up in a map that is new might miss',
      changes: [
        ...signed('+', blocksBeyond(brought, before).map(titleOf)),
        ...differences(brought, before),
      ],
    }),
    ...step(brought, copied, {
      sign: '~',
      title: 'copies are asked in the place of what changes',
      effect: 'none: they hold the same',
      changes: [],
    }),
    ...step(copied, filled, {
      sign: '~',
      title: 'what changes, while nothing asks it',
      effect: 'none',
      changes: [],
    }),
    ...step(filled, ruled, {
      sign: live === undefined ? '+' : '~',
      title: 'the ruleset, in one transaction',
      effect:
        live === undefined
          ? 'from this instant new connections go by the policy; open ones stay where they are'
          : 'from this instant new connections go by the new policy; open ones keep their uplink and address',
      changes: live === undefined ? [] : differences(ruled, before),
      ...(wholly && live !== undefined
        ? { run: nft(refill(ruled)), undo: nft(refill(filled)), zeroes: 'all' }
        : {}),
    }),
    ...step(ruled, last, {
      sign: '-',
      title: 'chains, sets and maps of the old policy',
      effect: 'none: nothing uses them any more',
      changes: [
        ...differences(last, ruled),
        ...signed('-', blocksBeyond(ruled, last).map(titleOf)),
      ],
    }),
  ];
  const [first, ...others] = steps;
  if (first === undefined || live !== undefined) return steps;
  return [{ ...first, undo: DELETED }, ...others];
}

/** The step between two tables; none if nothing is to be done. */
function step(
  from: NftTable,
  to: NftTable,
  says: Pick<Step, 'sign' | 'title' | 'effect' | 'changes'> & Partial<Step>,
): Step[] {
  const run = nftChange(to, from);
  if (run === '') return [];
  const lost = losing(to, from);
  const zeroes = lost.length === 0 ? {} : ({ zeroes: 'some', zeroesIn: lost } as const);
  return [
    { run: nft(run), undo: nft(nftChange(from, to)), ...(says.zeroes ? {} : zeroes), ...says },
  ];
}

function deleteTable(live: NftTable): Step {
  return {
    sign: '-',
    title: 'the ruleset',
    effect:
      'from this instant nothing is marked: all goes by main; open connections may lose their source',
    changes: signed('-', ['table inet routec']),
    run: DELETED,
    undo: nft(refill(live)),
  };
}

const titleOf = ({ keyword, name }: Block): string => `${keyword} ${name}`;

/** What is in both, and not the same, line by line. */
function differences(to: NftTable, from: NftTable): Step['changes'] {
  return [...to.values()].flatMap((block) => {
    const its = from.get(block.name);
    if (its === undefined || isSame(its, block)) return [];
    const [now, old] = [block, its].map((each) => settledText(each).split('\n').slice(1)) as [
      string[],
      string[],
    ];
    const what = (line: string): string => `${titleOf(block)}: ${line}`;
    return [...signed('-', beyond(old, now).map(what)), ...signed('+', beyond(now, old).map(what))];
  });
}
