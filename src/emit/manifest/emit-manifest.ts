import { createHash } from 'node:crypto';
import { slotMark } from '../../model/marking.ts';
import type { Program } from '../../model/program.ts';
import { formatMark } from '../../net/mark.ts';
import type { Artefact } from '../artefact.ts';
import { FORMAT } from './read-manifest.ts';

/**
 * The manifest: the lock file of the numbers, and the SHA-256 of each artefact. It holds no line
 * numbers and no version, so it changes only with what it describes.
 */
export function emitManifest(
  program: Program,
  artefacts: readonly Artefact[],
  base: string,
): Artefact {
  const { lock, priority, marking } = program;
  const hashes = artefacts
    .map(({ suffix, text }) => [`${base}.${suffix}`, sha256(text)] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const body = {
    format: FORMAT,
    options: { ...lock.options, 'mark-mask': formatMark(marking.mask) },
    slots: lock.slots.map(({ key, slot, rules }) => ({
      key,
      slot,
      mark: formatMark(slotMark(marking.mask, slot)),
      priorities: rules.map((rule) => priority + rule),
    })),
    retired: lock.retired,
    artefacts: Object.fromEntries(hashes),
  };
  return { suffix: 'manifest.json', text: `${JSON.stringify(body, null, 2)}\n` };
}

/** The SHA-256 of a text, in hexadecimal. */
export function sha256(text: string | Uint8Array): string {
  return createHash('sha256').update(text).digest('hex');
}
