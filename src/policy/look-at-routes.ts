import type { Report } from '../text/diagnostic.ts';
import type { RoutePolicy, Routes } from './policy.ts';

/**
 * Looks at routes for what has nothing to do with single addresses and ports: where there is nothing to
 * say of one, those that differ in nothing else need no look.
 */
export function lookAtRoutes(
  routes: Routes,
  report: Report,
  look: (route: RoutePolicy, report: Report) => void,
): void {
  const loud = new Set<RoutePolicy>();
  for (const route of routes.unlike) {
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
