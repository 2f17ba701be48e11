import type { Report } from '../text/diagnostic.ts';
import type { RoutePolicy } from './policy.ts';

/**
 * Looks at routes for what has nothing to do with single addresses and ports: where there is nothing to
 * say of one, those that differ in nothing else need no look.
 */
export function lookAtRoutes(
  routes: readonly RoutePolicy[],
  report: Report,
  look: (route: RoutePolicy, report: Report) => void,
): void {
  const loud = new Set<RoutePolicy>();
  for (const route of unlikeRoutes(routes)) {
    look(route, (diagnostic) => {
      loud.add(route);
      report(diagnostic);
    });
  }
  if (loud.size === 0) return;
  for (const route of routes) {
    if (route.like !== undefined && loud.has(route.like)) look(route, report);
  }
}

// Many ask, and there may be a hundred thousand.
const unlike = new WeakMap<readonly RoutePolicy[], readonly RoutePolicy[]>();

/** Routes without those that differ from one before in nothing but addresses and ports. */
export function unlikeRoutes(routes: readonly RoutePolicy[]): readonly RoutePolicy[] {
  const found = unlike.get(routes) ?? routes.filter(({ like }) => like === undefined);
  unlike.set(routes, found);
  return found;
}
