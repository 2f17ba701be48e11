import type { RulePlace } from '../../policy/rule-places.ts';
import type { Artefact } from '../artefact.ts';

/** `policy.map.json`: from a rule's id, as the artefacts carry it, back to file and line. */
export function emitMap(places: readonly RulePlace[]): Artefact {
  const rules: Record<string, { file: string; line: number; text: string }[]> = {};
  for (const { id, file, line, text } of places) {
    rules[id] ??= [];
    rules[id].push({ file, line, text });
  }
  return { suffix: 'map.json', text: `${JSON.stringify({ format: 1, rules }, null, 2)}\n` };
}
