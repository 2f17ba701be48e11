import type { Program, Uplink } from '../model/program.ts';

/** What each uplink of the newer program is called in the older one; those that are new keep their names. */
export function sameUplinks(was: Program, now: Program): ReadonlyMap<string, string> {
  const names = new Set(was.uplinks.map(({ name }) => name));
  const kept = new Set(now.uplinks.map(({ name }) => name));
  const free = new Map(
    was.uplinks.filter(({ name }) => !kept.has(name)).map((each) => [wireOf(each), each.name]),
  );
  return new Map(
    now.uplinks.map((uplink) => {
      const wire = wireOf(uplink);
      const other = names.has(uplink.name) ? uplink.name : free.get(wire);
      if (!names.has(uplink.name)) free.delete(wire);
      return [uplink.name, other ?? uplink.name];
    }),
  );
}

/** What is behind a name: two uplinks never have the same. */
const wireOf = ({ device, ways }: Uplink): string => JSON.stringify([device, ways[4], ways[6]]);
