import type { ForwardStatement } from '../../grammar/tree.ts';
import { type Endpoint, scanEndpoint } from '../net/endpoint.ts';
import { type Interval, intervalSet } from '../net/interval-set.ts';
import { at, diagnose, type Report } from '../text/diagnostic.ts';
import { badAddress, badPort, writtenTwice } from './kinds.ts';
import type { ForwardPolicy, UplinkPolicy } from './policy.ts';
import { readPorts } from './read-lists.ts';
import type { SetLookup } from './read-sets.ts';
import { readWord, reportEmpty } from './read-words.ts';
import { ruleId } from './rule-id.ts';
import { takeOutWord } from './take-out.ts';
import type { UplinkNames } from './uplink-names.ts';

const PROTOCOLS: Record<string, number> = { tcp: 6, udp: 17, sctp: 132 };
/** Ports that move to others are listed one by one. */
const MOST_SHIFTED = 4096;

/** Reads a `forward`; nothing once a fault is reported. */
export function readForward(
  statement: ForwardStatement,
  uplinks: UplinkNames,
  sets: SetLookup,
  report: Report,
): ForwardPolicy | undefined {
  const ports = readPorts({ sets, report }, statement.ports);
  const to = readWord(badAddress, statement.to, scanEndpoint, report);
  const on = readUplinks(statement, uplinks, report);
  if (ports === undefined || to === undefined || on === undefined) return undefined;
  if (!sizesFit(statement, ports, to, report)) return undefined;
  const names = statement.protocols.words.map(({ text }) => text);
  const protocols = intervalSet(
    names.map((name): Interval<number> => [PROTOCOLS[name] ?? 0, PROTOCOLS[name] ?? 0]),
  );
  const numbers = protocols.map(([number]) => number);
  return { id: ruleId(statement.text), statement, protocols: numbers, ports, uplinks: on, to };
}

function readUplinks(
  { on }: ForwardStatement,
  uplinks: UplinkNames,
  report: Report,
): UplinkPolicy[] | undefined {
  if (reportEmpty(on, report)) return undefined;
  const found: UplinkPolicy[] = [];
  for (const [index, word] of on.words.entries()) {
    const uplink = uplinks.mention(word);
    if (uplink !== undefined && found.includes(uplink)) {
      const message = `\`${word.text}\` is written twice`;
      const fix = takeOutWord(on.words, index);
      report(
        diagnose(writtenTwice, message, [at(word.span, 'again')], 'take one of them out', fix),
      );
    } else if (uplink !== undefined) found.push(uplink);
  }
  return found.length === on.words.length ? found : undefined;
}

/** A single port inside takes any number of them outside; a range takes one of its own size. */
function sizesFit(
  { ports: { span }, to: { span: inside } }: ForwardStatement,
  ports: readonly Interval<number>[],
  { ports: [low, high] }: Endpoint,
  report: Report,
): boolean {
  if (low === high) return true;
  const [only, second] = ports;
  const size = high - low;
  if (only !== undefined && second === undefined && only[1] - only[0] === size) {
    if (only[0] === low || size < MOST_SHIFTED) return true;
    const message = `more than ${MOST_SHIFTED} ports can't be forwarded to others`;
    report(diagnose(badPort, message, [at(inside)], 'keep the numbers, or write smaller ranges'));
    return false;
  }
  const message = 'a range of ports is forwarded to one of the same size';
  const help = 'name as many ports inside as outside, or a single one for all of them';
  report(diagnose(badPort, message, [at(inside), at(span, 'these')], help));
  return false;
}
