import { ianaServices } from './iana-services.ts';

let ports: ReadonlyMap<string, number> | undefined;
let names: readonly string[] | undefined;

/** The registry, split on first use: a run that names no service pays nothing for it. */
function registry(): ReadonlyMap<string, number> {
  if (ports === undefined) {
    const map = new Map<string, number>();
    for (const match of ianaServices().matchAll(/(\S+) (\d+)/g)) {
      map.set(match[1] as string, Number(match[2]));
    }
    ports = map;
  }
  return ports;
}

/**
 * The port of a service.
 *
 * In: a service name of IANA's registry, in lower case (`https`, `ms-wbt-server`).
 * Out: its port number, 1 to 65535, or undefined when the registry has no such name.
 *
 * Where IANA gives a name different ports for different protocols, this is the tcp port; a name
 * with several tcp ports has its lowest (but `http-alt` 8080). A name for a range of ports has none
 * (but `x11` 6000, its first).
 *
 * Source: IANA's Service Name and Transport Protocol Port Number Registry (see iana-services.ts).
 */
export function servicePort(name: string): number | undefined {
  return registry().get(name);
}

/**
 * Every name that `servicePort` knows, for spelling suggestions: the lowest port first, for that is
 * the better known one.
 */
export function serviceNames(): readonly string[] {
  names ??= [...registry()].sort(([, a], [, b]) => a - b).map(([name]) => name);
  return names;
}
