import { bug } from '../bug.ts';
import { beyond } from './beyond.ts';
import { keepNat } from './keep-nat.ts';
import {
  bring,
  change,
  isHooked,
  losing,
  type NftTable,
  namesBeyond,
  refill,
  remove,
  settledText,
} from './nft-table.ts';
import { type Command, type Step, signed } from './step.ts';

const nft = (stdin: string): Command => ({ argv: ['nft', '-f', '-'], stdin });

/**
 * The steps from the table that is live to the one that is wanted: one transaction; one before it where a map has a
 * new shape, for a new map may miss what it has; and one behind it for what nothing uses any more.
 *
 * @param ways what fills it where none is live; and whether it is refilled as a whole where a change of it would do
 */
export function nftSteps(
  wanted: NftTable | undefined,
  before: NftTable | undefined,
  { nftText, wholly }: { readonly nftText?: string | undefined; readonly wholly?: boolean } = {},
): Step[] {
  if (wanted === undefined) return before === undefined ? [] : [deleteTable(before)];
  const fresh = namesBeyond(wanted, before);
  const created = fresh.filter((name) => !isHooked(wanted.get(name) ?? bug('a block is lost')));
  const stale = before === undefined ? [] : namesBeyond(before, wanted);
  // What stands there between the transaction that counts and the last.
  const meanwhile = before === undefined ? wanted : keepNat(wanted, before);
  const changed = changedNames(meanwhile, before);
  const leaving = changedNames(wanted, meanwhile);
  const steps: Step[] = [];
  const back: Command =
    before === undefined
      ? { argv: ['nft', 'delete', 'table', 'inet', 'routec'] }
      : nft(refill(before));
  if (created.length > 0) {
    const shapes = created.filter((name) => wanted.get(name)?.keyword !== 'chain');
    steps.push({
      sign: '+',
      title: shapes.length > 0 ? 'sets and maps of a new shape' : 'new chains',
      effect: 'none: nothing uses them yet, and a look-up in a map that is new might miss',
      changes: signed(
        '+',
        created.map((name) => `${wanted.get(name)?.keyword} ${name}`),
      ),
      run: nft(bring(wanted, created)),
      undo: before === undefined ? back : nft(remove(wanted, created)),
    });
  }
  if (fresh.length + changed.length > 0) {
    const [there, away] =
      before === undefined || wholly ? [] : [change(meanwhile, before), change(before, meanwhile)];
    steps.push({
      sign: before === undefined ? '+' : '~',
      title: 'the ruleset, in one transaction',
      effect:
        before === undefined
          ? 'from this instant new connections go by the policy; open ones stay where they are'
          : 'from this instant new connections go by the new policy; open ones keep their uplink and address',
      changes: before === undefined ? [] : differences(meanwhile, before),
      run: nft(there ?? (leaving.length === 0 ? nftText : undefined) ?? refill(meanwhile)),
      undo:
        before === undefined
          ? nft('flush table inet routec\n')
          : away === undefined
            ? back
            : nft(away),
      ...(before === undefined
        ? {}
        : zeroing(there === undefined ? undefined : losing(meanwhile, before))),
    });
  }
  if (stale.length + leaving.length > 0 && before !== undefined) {
    const to = (one: NftTable, other: NftTable): string =>
      leaving.length === 0 ? '' : (change(one, other) ?? bug('NAT has another shape'));
    steps.push({
      sign: '-',
      title: 'chains, sets and maps of the old policy',
      effect: 'none: nothing uses them any more',
      changes: [
        ...differences(wanted, meanwhile),
        ...signed(
          '-',
          stale.map((name) => `${before.get(name)?.keyword} ${name}`),
        ),
      ],
      run: nft(to(wanted, meanwhile) + remove(before, stale)),
      undo: nft(bring(before, stale) + to(meanwhile, wanted)),
    });
  }
  return steps;
}

/** @param names the sets, maps and chains whose counts begin anew; of all, if none are said */
function zeroing(names: readonly string[] | undefined): Pick<Step, 'zeroes' | 'zeroesIn'> {
  if (names === undefined) return { zeroes: 'all' };
  return names.length === 0 ? {} : { zeroes: 'some', zeroesIn: names };
}

function deleteTable(before: NftTable): Step {
  return {
    sign: '-',
    title: 'the ruleset',
    effect:
      'from this instant nothing is marked: all goes by main; open connections may lose their source',
    changes: signed('-', ['table inet routec']),
    run: { argv: ['nft', 'delete', 'table', 'inet', 'routec'] },
    undo: nft(refill(before)),
  };
}

/** What is in both, and not the same. */
function changedNames(wanted: NftTable, before: NftTable | undefined): string[] {
  return [...wanted].flatMap(([name, block]) => {
    const old = before?.get(name);
    return old === undefined || settledText(old) === settledText(block) ? [] : [name];
  });
}

function differences(wanted: NftTable, before: NftTable): Step['changes'] {
  return changedNames(wanted, before).flatMap((name) => {
    const [now, old] = [wanted.get(name), before.get(name)].map((block) =>
      block === undefined ? [] : settledText(block).split('\n').slice(1),
    ) as [string[], string[]];
    const what = `${wanted.get(name)?.keyword} ${name}: `;
    return [
      ...signed(
        '-',
        beyond(old, now).map((line) => what + line),
      ),
      ...signed(
        '+',
        beyond(now, old).map((line) => what + line),
      ),
    ];
  });
}
