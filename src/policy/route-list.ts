import type { RouteStatement } from '../../grammar/tree.ts';
import { bug } from '../bug.ts';
import { type Series, series } from '../series.ts';
import type { RoutePolicy, Routes } from './policy.ts';
import type { LikeReader } from './read-like.ts';

/** Gathers the rules of a policy. */
export interface RouteList {
  readonly add: (route: RoutePolicy) => void;
  /** The rule of the statement at a place, by the reader that took it. */
  readonly addLike: (place: number, reader: LikeReader, valuesAt: number) => void;
  readonly all: () => Routes;
}

/** Of a rule that is like another only the place of its statement is kept, and where its values are. */
export function routeList(statements: Series<RouteStatement>): RouteList {
  const unlike: RoutePolicy[] = [];
  /** Of each rule: itself, or how it is read. */
  const made: (RoutePolicy | LikeReader)[] = [];
  const places: number[] = [];
  /** Where the values of each are, by its reader. */
  const values: number[] = [];
  return {
    add: (route) => {
      unlike.push(route);
      made.push(route);
      places.push(-1);
      values.push(-1);
    },
    addLike: (place, reader, valuesAt) => {
      made.push(reader);
      places.push(place);
      values.push(valuesAt);
    },
    all: () => {
      const at = (index: number): RoutePolicy => {
        const its = made[index] ?? bug('a rule is lost');
        if (!('read' in its)) return its;
        const statement = statements.at(places[index] as number) ?? bug('a statement is lost');
        return its.read(statement, values[index] as number);
      };
      return Object.assign(series(made.length, at), {
        unlike,
        kindOf: (index: number): RoutePolicy => {
          const its = made[index] ?? bug('a rule is lost');
          return 'read' in its ? its.first : its;
        },
      });
    },
  };
}
