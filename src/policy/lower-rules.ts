import { bug } from '../bug.ts';
import { intersectBoxes } from '../model/intersect-boxes.ts';
import type { Box, Program, Rule, Target } from '../model/program.ts';
import type { Variation } from '../model/variation.ts';
import { FAMILIES } from '../net/address.ts';
import { allOf, type Series, series } from '../series.ts';
import { WholeNumbers } from '../whole-numbers.ts';
import { arrivalBox } from './arrival-box.ts';
import { alikeOf, boxesOf, type Draft } from './boxes-of.ts';
import { arrivalsOf } from './outcomes.ts';
import type {
  Conditions,
  Policy,
  RoutePolicy,
  Routes,
  TierPolicy,
  UplinkPolicy,
} from './policy.ts';
import type { ToldArrival } from './tell-arrivals.ts';

/**
 * The rules of a policy by the packets that they are asked about, each made when somebody asks for it.
 *
 * @param targetOf where tiers lead, also from an uplink
 */
export function lowerRules(
  policy: Policy,
  told: readonly ToldArrival[],
  targetOf: (tiers: readonly TierPolicy[], arrival?: UplinkPolicy) => Target,
): Pick<Program, 'forwarded' | 'inbound' | 'local' | 'marked'> {
  const { routes } = policy;
  const asked = boxesReader(routes);
  const rulesOf = (wanted: (conditions: Conditions) => boolean, reader = asked): Series<Rule> => {
    const targets = routes.unlike.map(({ conditions, tiers }) =>
      wanted(conditions) ? targetOf(tiers) : undefined,
    );
    const targetAt = (place: number): Target | undefined => targets[routes.kindAt(place)];
    const ruleAt = (place: number): Rule =>
      new LoweredRule(routes, place, targetAt(place) ?? bug('a target is lost'), reader);
    if (targets.every((target) => target === undefined)) return [];
    if (targets.every((target) => target !== undefined)) return series(routes.length, ruleAt);
    const places = new WholeNumbers();
    for (let place = 0; place < routes.length; place += 1) {
      if (targetAt(place) !== undefined) places.push(place);
    }
    return series(places.length, (at) => ruleAt(places.at(at)));
  };
  const forwarded = rulesOf(({ local }) => !local);
  const local = rulesOf((conditions) => conditions.local && fitsUnmarked(conditions), {
    boxes: (place) => asked.boxes(place).map(unmarked),
    variation: (place) => {
      const variation = asked.variation?.(place);
      return variation?.form.of.mark === undefined ? variation : undefined;
    },
  });
  const marked = rulesOf(({ local, marks }) => local && marks !== undefined);
  const arriving = routes.unlike.some(({ conditions }) => conditions.arrivals.length > 0);
  const inbound = (arriving ? allOf(routes) : []).flatMap((route, place) => {
    if (route.conditions.arrivals.length === 0) return [];
    const named = arrivalsOf(policy, route.conditions);
    return told
      .filter(({ uplink }) => named.includes(uplink))
      .map((arrival): Rule => {
        const target = targetOf(route.tiers, arrival.uplink);
        const box = arrivalBox(arrival);
        return new LoweredRule(routes, place, target, {
          boxes: (its) => asked.boxes(its).flatMap((each) => intersectBoxes(each, box) ?? []),
        });
      })
      .filter(({ boxes }) => boxes.length > 0);
  });
  return { forwarded, inbound, local, marked };
}

/** Whether a rule can be for packets without a mark. */
function fitsUnmarked({ marks }: Conditions): boolean {
  return marks === undefined || marks.some(({ value }) => value === 0);
}

/** A box where it is known that packets have no mark. */
function unmarked(box: Box): Box {
  if (box.mark === undefined) return box;
  const { mark, ...rest } = box;
  return rest;
}

/** A rule that reads its statement only if it is asked for more than its target: most are asked by place. */
class LoweredRule implements Rule {
  readonly place: number;
  readonly target: Target;
  private readonly routes: Series<RoutePolicy>;
  private readonly reader: BoxesReader;
  private its: RoutePolicy | undefined;
  private made: readonly Box[] | undefined;
  constructor(routes: Series<RoutePolicy>, place: number, target: Target, reader: BoxesReader) {
    this.routes = routes;
    this.place = place;
    this.target = target;
    this.reader = reader;
  }
  private get route(): RoutePolicy {
    this.its ??= this.routes.at(this.place) ?? bug('a rule is lost');
    return this.its;
  }
  get id(): string {
    return this.route.id;
  }
  get text(): string {
    return this.route.statement.text;
  }
  get boxes(): readonly Box[] {
    this.made ??= this.reader.boxes(this.place);
    return this.made;
  }
  get variation(): Variation | undefined {
    return this.reader.variation?.(this.place);
  }
}

/** What the rules of a policy ask for, by their places. */
interface BoxesReader {
  readonly boxes: (place: number) => readonly Box[];
  readonly variation?: (place: number) => Variation | undefined;
}

/** Reads what those that are like one another ask for alike but once. */
function boxesReader(routes: Routes): BoxesReader {
  const kinds: { readonly alike: Draft; readonly only: Box | undefined }[] = [];
  const kindOf = (kind: number): (typeof kinds)[number] => {
    const { conditions } = routes.unlike[kind] ?? bug('a kind is lost');
    const alike = alikeOf(conditions);
    const [only, ...more] = bothOf(conditions, alike);
    const made = { alike, only: more.length === 0 ? only : undefined };
    kinds[kind] = made;
    return made;
  };
  const onlyOf = (kind: number): Box | undefined => (kinds[kind] ?? kindOf(kind)).only;
  return {
    boxes: (place) => {
      const { like, conditions } = routes.at(place) ?? bug('a rule is lost');
      const kind = routes.kindAt(place);
      const alike = like && (kinds[kind] ?? kindOf(kind)).alike;
      return bothOf(conditions, alike ?? alikeOf(conditions));
    },
    variation: (place) => routes.variation(place, onlyOf),
  };
}

function bothOf(conditions: Conditions, alike: Draft): readonly Box[] {
  return FAMILIES.flatMap((family) => boxesOf(conditions, family, alike));
}
