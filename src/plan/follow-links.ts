import { FAMILIES, type Family } from '../net/address.ts';
import type { UplinkLines } from './read-artefacts.ts';
import type { State } from './state.ts';

type Lines = Pick<State, 'rules' | 'routes'>;

/**
 * What was live before, but that what the uplinks have is as their links and leases are now: hooks may have loaded them
 * anew since. A default route that was withdrawn from one table and not from another stays withdrawn.
 *
 * @param now what these uplinks' artefacts want
 */
export function followLinks(before: Lines, now: Lines, uplinks: readonly UplinkLines[]): Lines {
  const rules = (family: Family): string[] => {
    const theirs = fittingAny(uplinks.flatMap(({ own }) => own.rules[family]));
    return [
      ...before.rules[family].filter((line) => !theirs(line)),
      ...now.rules[family].filter(theirs),
    ];
  };
  const routes = (family: Family): string[] => {
    const was = before.routes[family];
    const all = (each: UplinkLines): string[] => [
      ...each.routes[family],
      ...each.leased[family],
      ...each.own.routes[family],
    ];
    const theirs = fittingAny(uplinks.flatMap(all));
    const stay = uplinks.flatMap((each) => {
      const stood = all(each).filter((one) => isDefault(one) && was.some(fittingAny([one])));
      return all(each).filter(
        (one) => !isDefault(one) || stood.length === 0 || stood.includes(one),
      );
    });
    return [...was.filter((line) => !theirs(line)), ...now.routes[family].filter(fittingAny(stay))];
  };
  const both = (get: (family: Family) => string[]): State['rules'] => {
    const [four, six] = FAMILIES.map(get) as [string[], string[]];
    return { 4: four, 6: six };
  };
  return { rules: both(rules), routes: both(routes) };
}

const isDefault = (line: string): boolean => line.startsWith('default ');

const OPEN = /@[A-Z]+@/;
const FILLED = /^[0-9a-f.:/]+$/;

/** Whether a line is one of these, in which some wait for an address or a network. */
function fittingAny(patterns: readonly string[]): (line: string) => boolean {
  const closed = new Set(patterns);
  const open = patterns.filter((one) => OPEN.test(one)).map((one) => one.split(OPEN));
  return (line) =>
    closed.has(line) ||
    open.some(
      ([start = '', end = '']) =>
        line.startsWith(start) &&
        line.endsWith(end) &&
        FILLED.test(line.slice(start.length, line.length - end.length)),
    );
}
