const END = '.next';

/** A name for the copy of a set or a map that none of these names is: what died on its way may have left one. */
export function copyName(name: string, taken: ReadonlySet<string>): string {
  const copy = name + END;
  return taken.has(copy) ? copyName(copy, taken) : copy;
}

/** Whose copy it is, or its own name. */
export const ownName = (name: string): string => name.replace(/(\.next)+$/, '');
