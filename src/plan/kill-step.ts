import { formatAddress } from '../net/address.ts';
import { formatMark } from '../net/mark.ts';
import { type Connection, familyOf } from './connection.ts';
import { connectionText, type Moved } from './elsewhere.ts';
import type { Command, Step } from './step.ts';

/** What deletes connections: nothing else is run for a plan that was saved. */
export const isKill = ({ argv, stdin = '' }: Command): boolean =>
  argv.join(' ') === KILL.join(' ') &&
  stdin.split('\n').every((line) => line === '' || LINE.test(line));

const KILL = ['conntrack', '-R', '-'] as const;
const LINE =
  /^-D -f ipv[46] -m 0x[0-9a-f]+\/0x[0-9a-f]+ -s [0-9a-f.:]+( -d [0-9a-f.:]+ -p \d+( --(sport|dport|icmp(v6)?-(type|code|id)) \d+)*)?$/;

/** More than this of one host, and they are named by the host. */
const FEW = 4;

/**
 * The step that deletes open connections, so that they begin anew; none where there are none.
 *
 * @param all the open connections of the machine
 * @param mask our bits of their marks
 */
export function killSteps(
  moved: readonly Moved[],
  all: readonly Connection[],
  mask: number,
): Step[] {
  if (moved.length === 0) return [];
  return [
    {
      sign: '-',
      title: `open connections that the policy sends elsewhere: ${moved.length}`,
      effect: 'they begin anew, by the policy: what was open between two programs is cut off',
      changes: moved.map(({ connection, from, to }) => ({
        sign: '-',
        text: `${connectionText(connection)}, by ${from}: ${to} from now on`,
      })),
      run: { argv: [...KILL], stdin: deletions(moved, all, mask), opens: true },
      optional: true,
      kills: true,
    },
  ];
}

/**
 * One line each; or one for all that a host has in one slot, if all of that goes, for each costs a walk through the
 * kernel's table.
 */
function deletions(moved: readonly Moved[], all: readonly Connection[], mask: number): string {
  const group = (each: Connection): string => {
    const value = (each.mark & mask) >>> 0;
    const mark = `${formatMark(value)}/${formatMark(mask)}`;
    return `-D -f ipv${familyOf(each)} -m ${mark} -s ${formatAddress(each.source)}`;
  };
  const left = new Map<string, number>();
  for (const each of all) left.set(group(each), (left.get(group(each)) ?? 0) + 1);
  const groups = new Map<string, Moved[]>();
  for (const each of moved) {
    const key = group(each.connection);
    groups.set(key, [...(groups.get(key) ?? []), each]);
  }
  return [...groups]
    .flatMap(([key, its]) =>
      its.length > FEW && its.length === left.get(key)
        ? [key]
        : its.map(({ connection }) => `${key} ${tupleOf(connection)}`),
    )
    .map((line) => `${line}\n`)
    .join('');
}

function tupleOf({ destination, protocol, sourcePort, port, icmp }: Connection): string {
  const to = `-d ${formatAddress(destination)} -p ${protocol}`;
  if (icmp !== undefined) {
    const word = `--icmp${destination.family === 6 ? 'v6' : ''}`;
    return `${to} ${word}-type ${icmp.type} ${word}-code ${icmp.code} ${word}-id ${icmp.id}`;
  }
  return sourcePort === undefined ? to : `${to} --sport ${sourcePort} --dport ${port}`;
}
