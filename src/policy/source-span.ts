import type { RouteStatement } from '../../grammar/tree.ts';
import type { Span } from '../text/source.ts';

/** Where a rule says which source it is for; nothing if it does not. */
export function sourceSpan({ matches }: RouteStatement): Span | undefined {
  return matches.find(({ kind }) => kind === 'host' || kind === 'from')?.span;
}
