import { fileURLToPath } from 'node:url';
import { DISCARD_PORT } from './internet.ts';
import type { Namespace } from './namespace.ts';
import { type Script, startScript } from './start-script.ts';

/** New flows without end from an address of a namespace to one of the internet, `atOnce` times 125 a second. */
export function startFlood(
  namespace: Namespace,
  from: string,
  to: string,
  atOnce = 40,
): Promise<Script> {
  const script = fileURLToPath(new URL('./flood.pl', import.meta.url));
  return startScript(namespace, ['perl', script, from, to, `${DISCARD_PORT}`, `${atOnce}`]);
}
