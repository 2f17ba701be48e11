import type { RouteStatement } from '../../grammar/tree.ts';
import { bug } from '../bug.ts';
import type { Box } from '../model/program.ts';
import { type Series, series } from '../series.ts';
import { WholeNumbers } from '../whole-numbers.ts';
import type { RoutePolicy, Routes } from './policy.ts';
import type { LikeReader } from './read-like.ts';

/** Gathers the rules of a policy. */
export interface RouteList {
  /**
   * A rule that is like none before it, and how those are read that are like it.
   *
   * @returns the number of its kind
   */
  readonly add: (route: RoutePolicy, reader?: LikeReader) => number;
  /** The rule of the statement at a place, by what the reader of its kind took in. */
  readonly addLike: (place: number, kind: number, valuesAt: number) => void;
  readonly all: () => Routes;
}

/** Of a rule that is like another only the place of its statement is kept, and where its values are. */
export function routeList(statements: Series<RouteStatement>): RouteList {
  const unlike: RoutePolicy[] = [];
  const readers: (LikeReader | undefined)[] = [];
  const kinds = new WholeNumbers();
  /** -1 for the first of a kind. */
  const places = new WholeNumbers();
  /** Where the values of each are, by its reader. */
  const values = new WholeNumbers();
  const firstOf = (index: number): RoutePolicy => unlike[kinds.at(index)] ?? bug('a rule is lost');
  const readerOf = (index: number): LikeReader | undefined =>
    places.at(index) < 0 ? undefined : readers[kinds.at(index)];
  const statementAt = (index: number): RouteStatement =>
    places.at(index) < 0
      ? firstOf(index).statement
      : (statements.at(places.at(index)) ?? bug('a statement is lost'));
  return {
    add: (route, reader) => {
      kinds.push(unlike.length);
      unlike.push(route);
      readers.push(reader);
      places.push(-1);
      values.push(-1);
      return unlike.length - 1;
    },
    addLike: (place, kind, valuesAt) => {
      kinds.push(kind);
      places.push(place);
      values.push(valuesAt);
    },
    all: () => {
      const at = (index: number): RoutePolicy =>
        readerOf(index)?.read(statementAt(index), values.at(index)) ?? firstOf(index);
      return Object.assign(series(kinds.length, at), {
        unlike,
        kindAt: (index: number): number => kinds.at(index),
        statements: series(kinds.length, statementAt),
        variation: (index: number, onlyOf: (kind: number) => Box | undefined) => {
          const reader = readerOf(index);
          const of = reader && onlyOf(kinds.at(index));
          return of && reader.variation(of, values.at(index));
        },
      });
    },
  };
}
