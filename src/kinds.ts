import * as syntax from '../grammar/kinds.ts';
import { ANALYSIS_KINDS } from './analysis/analyse.ts';
import { BACKENDS } from './emit/backends.ts';
import { CHECKS, REMARKS } from './policy/checks.ts';
import * as policy from './policy/kinds.ts';
import type { Kind } from './text/diagnostic.ts';

const backends = Object.values(BACKENDS).flatMap(({ checks }) => checks);

/** Every kind of finding there is, in the order of the codes. */
export const KINDS: readonly Kind[] = [
  ...new Set([
    ...Object.values(syntax),
    ...Object.values(policy),
    ...ANALYSIS_KINDS,
    ...[...CHECKS, ...REMARKS, ...backends].map(({ kind }) => kind),
  ]),
].sort((a, b) => (a.code < b.code ? -1 : 1));
