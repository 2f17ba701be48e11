import type { BackendName } from '../emit/backends.ts';
import { readMap } from '../emit/map/read-map.ts';
import type { Goal } from '../host/draw-plan.ts';
import { readRecord } from '../host/records.ts';
import { FAMILIES } from '../net/address.ts';
import { compileArtefacts } from './compile-goal.ts';
import type { Exit } from './exit.ts';

export type ArtefactGoal = Goal & { readonly kind: 'artefacts' };

/**
 * What a command that changes nothing looks at: a policy, or else what was applied; nothing where nothing was, or
 * where only root may know.
 */
export function goalToLookAt(
  path: string | undefined,
  options: { readonly backend?: BackendName },
): ArtefactGoal | { readonly exit: Exit } | undefined {
  if (path !== undefined) {
    const looking = { strict: false, format: 'pretty', quiet: true } as const;
    const compiled = compileArtefacts(path, { ...options, ...looking });
    return 'exit' in compiled ? compiled : compiled.goal;
  }
  const running = readRecord('running');
  if (running === undefined) return undefined;
  // Whoever has a way for a family there means to forward it.
  const { uplinks = [] } = readMap(running.files['map.json'] ?? '') ?? {};
  const families = FAMILIES.filter((family) => uplinks.some(({ ways }) => family in ways));
  return { kind: 'artefacts', artefacts: running, families };
}
