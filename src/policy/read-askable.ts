import type { Shape } from '../../grammar/shape.ts';
import type { Statement, Tier } from '../../grammar/tree.ts';
import type { Report } from '../text/diagnostic.ts';
import type { Loaded } from './load.ts';
import type { ExpectPolicy, ForwardPolicy, Policy, QuestionPolicy, TierPolicy } from './policy.ts';
import { readBalance } from './read-balance.ts';
import { type Names, readConditions } from './read-conditions.ts';
import { readExpect } from './read-expect.ts';
import { readForward } from './read-forward.ts';
import { type LikeReader, likeReader } from './read-like.ts';
import { readNat } from './read-nat.ts';
import { readOptions } from './read-options.ts';
import { type Question, readQuestion } from './read-question.ts';
import { readSets } from './read-sets.ts';
import { readUplinks } from './read-uplinks.ts';
import { routeList } from './route-list.ts';
import { ruleId } from './rule-id.ts';
import { uplinkNames } from './uplink-names.ts';

/** A policy, and how one asks about it by its names. */
export interface Askable {
  readonly policy: Policy;
  /** What is asked; nothing once a fault of it is reported, where those of the policy are. */
  readonly ask: (question: Question) => QuestionPolicy | undefined;
}

/** Resolves every name and reads every value; what is wrong is reported and left out. */
export function readAskable({ rules, others, lists, lost }: Loaded, report: Report): Askable {
  const of = <K extends Statement['kind']>(kind: K): Extract<Statement, { kind: K }>[] =>
    others.filter((statement): statement is Extract<Statement, { kind: K }> => {
      return statement.kind === kind;
    });
  const options = readOptions(of('option'), report);
  const { sets, lookup } = readSets(of('set'), lists, lost, report);
  const uplinks = uplinkNames(readUplinks(of('uplink'), lookup, report), lost, report);
  const names: Names = { sets: lookup, uplink: uplinks.byName, markMask: options.markMask };

  const tier = (node: Tier, note: Report): TierPolicy | undefined => {
    const { kind, span } = node;
    if (kind === 'uplink') {
      const uplink = uplinks.target(node.uplink);
      const nat = node.nat === undefined ? undefined : readNat(node.nat, lookup, note);
      if (uplink === undefined || (node.nat !== undefined && nat === undefined)) return undefined;
      return { kind, uplink, span, ...(nat === undefined ? {} : { nat }) };
    }
    if (kind !== 'balance') return { kind, span };
    return readBalance(node, uplinks, lookup, note);
  };

  const routes = routeList(rules);
  const readers = new Map<
    Shape,
    { readonly reader: LikeReader; readonly kind: number } | undefined
  >();
  let place = -1;
  for (const statement of rules) {
    place += 1;
    const { shape } = statement;
    const like = shape && readers.get(shape);
    const valuesAt = like?.reader.take(statement);
    if (like !== undefined && valuesAt !== undefined) {
      routes.addLike(place, like.kind, valuesAt);
      continue;
    }
    let silent = true;
    const note: Report = (diagnostic) => {
      silent = false;
      report(diagnostic);
    };
    const conditions = readConditions(statement.matches, names, note);
    const tiers = statement.tiers.map((node) => tier(node, note));
    if (conditions === undefined || tiers.includes(undefined)) continue;
    const id = ruleId(statement.text);
    const route = { id, statement, conditions, tiers: tiers as TierPolicy[] };
    if (shape === undefined || !silent || readers.has(shape)) {
      routes.add(route);
      continue;
    }
    const reader = likeReader(route);
    const kind = routes.add(route, reader);
    readers.set(shape, reader && { reader, kind });
  }
  // Last, for they never bring an uplink to life, and a route below them may.
  const forwards: ForwardPolicy[] = [];
  for (const statement of of('forward')) {
    const forward = readForward(statement, uplinks, lookup, report);
    if (forward !== undefined) forwards.push(forward);
  }
  const expects: ExpectPolicy[] = [];
  for (const statement of of('expect')) {
    const expectation = readExpect(statement, names, uplinks, report);
    if (expectation !== undefined) expects.push(expectation);
  }
  return {
    policy: { options, uplinks: uplinks.all(), sets, routes: routes.all(), forwards, expects },
    ask: (question) => readQuestion(question, names, uplinks, report),
  };
}
