import type { RouteStatement } from '../../grammar/tree.ts';
import { bug } from '../bug.ts';
import { type Series, series } from '../series.ts';
import type { RoutePolicy, Routes } from './policy.ts';
import type { LikeReader } from './read-like.ts';

/** Gathers the rules of a policy. */
export interface RouteList {
  readonly add: (route: RoutePolicy) => void;
  /** The rule of the statement at a place, by the reader of one that it is like. */
  readonly addLike: (place: number, reader: LikeReader) => void;
  readonly all: () => Routes;
}

/** Of a rule that is like another only the place of its statement is kept. */
export function routeList(statements: Series<RouteStatement>): RouteList {
  const unlike: RoutePolicy[] = [];
  /** Of each rule: itself, or how it is read from the statement at a place. */
  const made: (RoutePolicy | LikeReader)[] = [];
  const places: number[] = [];
  return {
    add: (route) => {
      unlike.push(route);
      made.push(route);
      places.push(-1);
    },
    addLike: (place, reader) => {
      made.push(reader);
      places.push(place);
    },
    all: () => {
      const at = (index: number): RoutePolicy => {
        const its = made[index] ?? bug('a rule is lost');
        if (!('read' in its)) return its;
        return its.read(statements.at(places[index] as number) ?? bug('a statement is lost'));
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
