import type { RulePlace } from '../../policy/rule-places.ts';
import type { Artefact, WrittenLookUp } from '../artefact.ts';

/**
 * `policy.map.json`: from a rule's id, as the artefacts carry it, back to file and line; and from the
 * elements of each set or map to rules: an id and how many of the elements that follow are its.
 */
export function emitMap(places: readonly RulePlace[], lookUps: readonly WrittenLookUp[]): Artefact {
  const byId = new Map<string, string>();
  for (const { id, file, line, text } of places) {
    const before = byId.get(id);
    const place = `      {
        "file": ${JSON.stringify(file)},
        "line": ${line},
        "text": ${JSON.stringify(text)}
      }`;
    byId.set(id, before === undefined ? place : `${before},\n${place}`);
  }
  const rules = [...byId].map(([id, list]) => `    "${id}": [\n${list}\n    ]`);
  const all = rules.length === 0 ? '{}' : `{\n${rules.join(',\n')}\n  }`;
  const text = `{\n  "format": 1,\n  "rules": ${all},\n  "elements": ${elementsOf(lookUps)}\n}\n`;
  return { suffix: 'map.json', text };
}

/** A million elements of one list are one line. */
function elementsOf(lookUps: readonly WrittenLookUp[]): string {
  if (lookUps.length === 0) return '{}';
  const lists = lookUps.map(({ name, rules }) => {
    const runs: string[] = [];
    for (let at = 0; at < rules.length; ) {
      let end = at + 1;
      while (end < rules.length && rules[end] === rules[at]) end += 1;
      runs.push(`      "${rules[at]}", ${end - at}`);
      at = end;
    }
    return `    "${name}": [\n${runs.join(',\n')}\n    ]`;
  });
  return `{\n${lists.join(',\n')}\n  }`;
}
