import type { RulePlace } from '../../policy/rule-places.ts';
import type { Artefact } from '../artefact.ts';

/** `policy.map.json`: from a rule's id, as the artefacts carry it, back to file and line. */
export function emitMap(places: readonly RulePlace[]): Artefact {
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
  return { suffix: 'map.json', text: `{\n  "format": 1,\n  "rules": ${all}\n}\n` };
}
