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
  const quiet = new Set<RoutePolicy>();
  let found = false;
  const note: Report = (diagnostic) => {
    found = true;
    report(diagnostic);
  };
  for (const route of routes) {
    if (route.like !== undefined && quiet.has(route.like)) continue;
    found = false;
    look(route, note);
    if (!found) quiet.add(route);
  }
}

/** Routes without those that differ from one before in nothing but addresses and ports. */
export function unlikeRoutes(routes: readonly RoutePolicy[]): RoutePolicy[] {
  return routes.filter(({ like }) => like === undefined);
}
