import { bug } from '../bug.ts';
import { intersectBoxes } from '../model/intersect-boxes.ts';
import type { Box, Program, Rule, Target, Uplink } from '../model/program.ts';
import { LINK_DESTINATIONS, OWN_LINK, ownDestinations, type Spared } from '../model/spared.ts';
import { FAMILIES, type Family } from '../net/address.ts';
import type { Policy, RoutePolicy } from '../policy/policy.ts';
import { allOf } from '../series.ts';
import { type Destiny, destinyOf, type Names, OWN_NAMES } from './destiny.ts';
import { indexOf, type RuleIndex } from './rule-index.ts';

/** One box of a rule, at its place among all that are asked before and after it. */
export interface Entry {
  readonly order: number;
  readonly box: Box;
  readonly destiny: Destiny;
  /** Absent for what no rule takes of that which an uplink brings, or the router sends without a mark. */
  readonly route?: RoutePolicy;
  /** Why no rule is asked about these packets, if so. */
  readonly spared?: Spared;
}

/** What the router is asked of packets in one family that it forwards, or sends itself: the first entry decides. */
export interface RuleList extends RuleIndex {
  readonly family: Family;
  readonly local: boolean;
  /** What becomes of packets that no entry takes. */
  readonly rest: Destiny;
}

/** Packets that carry no mark of another program: others have local rules of their own. */
const UNMARKED = [{ value: 0, mask: 0xffff_ffff }] as const;

/**
 * The rules of a program as lists. What an uplink brings and what comes from elsewhere have rules of
 * their own; here they are one list: what the inbound rules leave is taken before the forwarded ones.
 * So are local rules for what carries another program's mark, and for what does not.
 */
export function ruleLists(policy: Policy, program: Program, names: Names = OWN_NAMES): RuleList[] {
  const known = new Map<string, Destiny>();
  const statements = grouped(allOf(policy.routes), ({ statement }) => statement.text);
  const inbound = allOf(program.inbound);
  const forwarded = allOf(program.forwarded);
  const own = allOf(program.local);
  const marked = allOf(program.marked);
  const routeOf = new Map(
    [inbound, forwarded, own, marked].flatMap((rules) => statementsOf(statements, rules)),
  );
  return [false, true].flatMap((local) =>
    FAMILIES.map((family) => {
      const entries: Entry[] = [];
      const destiny = (target: Target, arrival?: Uplink): Destiny => {
        const key = `${Object.values(target).join(' ')} ${family} ${arrival?.name ?? ''}`;
        const its = known.get(key) ?? destinyOf(program, target, family, arrival, names);
        known.set(key, its);
        return its;
      };
      const push = (box: Box, its: Omit<Entry, 'order' | 'box'>): void => {
        entries.push({ order: entries.length, box, ...its });
      };
      const add = (box: Box | undefined, its: Destiny, route?: RoutePolicy): void => {
        if (box === undefined || box.family !== family) return;
        push(box, { destiny: its, ...(route === undefined ? {} : { route }) });
      };
      const main: Target = { kind: 'main' };
      const arriving = local ? [] : program.arrivals.filter(({ box }) => box.family === family);
      const spare = (box: Box, spared: Spared, arrival?: Uplink): void =>
        push(box, { destiny: destiny(main, arrival), spared });
      spare({ family, destination: LINK_DESTINATIONS[family] } as Box, 'link');
      for (const box of OWN_LINK[family]) {
        const those = local ? [box] : arriving.map((each) => intersectBoxes(box, each.box));
        for (const its of those) if (its !== undefined) spare(its, 'link');
      }
      for (const point of ownDestinations(program, family)) {
        const own = { family, destination: [[point, point]] } as Box;
        for (const { uplink, box } of arriving) {
          const its = intersectBoxes(own, box);
          if (its !== undefined) spare(its, 'here', uplink);
        }
        spare(own, 'here');
      }
      if (local) {
        const unmarked = { family, mark: UNMARKED };
        for (const rule of own) {
          for (const box of rule.boxes) {
            add(intersectBoxes(box, unmarked), destiny(rule.target), routeOf.get(rule));
          }
        }
        if (marked.length > 0) add(unmarked, destiny(main));
        for (const rule of marked) {
          for (const box of rule.boxes) add(box, destiny(rule.target), routeOf.get(rule));
        }
      } else {
        for (const rule of inbound) {
          for (const box of rule.boxes) {
            // Of several uplinks on the device, the first that fits has brought a packet.
            for (const arrival of program.arrivals) {
              const its = intersectBoxes(box, arrival.box);
              add(its, destiny(rule.target, arrival.uplink), routeOf.get(rule));
            }
          }
        }
        for (const { uplink, box } of program.arrivals) add(box, destiny(main, uplink));
        for (const rule of forwarded) {
          for (const box of rule.boxes) add(box, destiny(rule.target), routeOf.get(rule));
        }
      }
      return { family, local, rest: destiny(main), ...indexOf(entries) };
    }),
  );
}

/** Which statement each rule is made from: of statements with the same words each has as many rules. */
function statementsOf(
  statements: ReadonlyMap<string, readonly RoutePolicy[]>,
  rules: readonly Rule[],
): [Rule, RoutePolicy][] {
  const made = grouped(rules, ({ text }) => text);
  return [...made].flatMap(([text, its]) => {
    const those = statements.get(text) ?? bug('a rule without a statement');
    const each = its.length / those.length;
    return its.map((rule, index): [Rule, RoutePolicy] => {
      return [rule, those[Math.floor(index / each)] ?? bug('a rule without a statement')];
    });
  });
}

function grouped<T>(values: readonly T[], textOf: (value: T) => string): Map<string, T[]> {
  const out = new Map<string, T[]>();
  for (const value of values) {
    const text = textOf(value);
    const its = out.get(text);
    if (its === undefined) out.set(text, [value]);
    else its.push(value);
  }
  return out;
}
