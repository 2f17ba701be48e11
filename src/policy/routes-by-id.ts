import { allOf } from '../series.ts';
import type { Policy, RoutePolicy } from './policy.ts';

/** The statement of each rule of a program, by its id: of those with one text the first, which wins. */
export function routesById({ routes }: Policy): ReadonlyMap<string, RoutePolicy> {
  const byId = new Map<string, RoutePolicy>();
  for (const route of allOf(routes)) {
    if (!byId.has(route.id)) byId.set(route.id, route);
  }
  return byId;
}
