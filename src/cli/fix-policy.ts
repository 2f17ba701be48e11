import type { BackendName } from '../emit/backends.ts';
import { reader } from '../host/read-file.ts';
import { replaceFile } from '../host/replace-file.ts';
import { applyFixes } from '../text/apply-fixes.ts';
import type { Source } from '../text/source.ts';
import { checkFile } from './check-file.ts';

/** What fixing a policy came to. */
export interface FixedPolicy {
  /** How many findings were mended, and in which files. */
  readonly count: number;
  readonly files: ReadonlySet<string>;
  /** What stopped it, before all were. */
  readonly refused?: string;
}

/** A fix may uncover what has another: nobody writes as many layers of slips as this. */
const ROUNDS = 100;

/**
 * Gives the right answer to all findings of a policy that have exactly one, in its own file and in
 * those that it includes from its folder. Each file is replaced whole or not at all.
 *
 * @returns nothing if the policy can't be read, which is then complained about
 */
export function fixPolicy(path: string, backend: BackendName | undefined): FixedPolicy | undefined {
  const files = new Set<string>();
  let count = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const diagnostics = checkFile(path, backend);
    if (diagnostics === undefined) return undefined;
    const fixed = applyFixes(diagnostics);
    for (const [source, text] of fixed.texts) {
      const refused = rewrite(path, source, text);
      if (refused !== undefined) return { count, files, refused: `${source.name}: ${refused}` };
      files.add(source.name);
    }
    if (fixed.count === 0) break;
    count += fixed.count;
  }
  return { count, files };
}

/** Writes a file anew if it still holds what was read, a byte order mark included; else says why not. */
function rewrite(entry: string, source: Source, text: string): string | undefined {
  const file = reader(entry)(source.name);
  if ('refused' in file) return file.refused;
  const old = new TextDecoder('utf-8', { ignoreBOM: true }).decode(file.bytes);
  const mark = old.startsWith('\ufeff') ? '\ufeff' : '';
  if (source.name !== entry && !file.quotable) return "it lies outside the policy's folder";
  if (old !== mark + source.text) return 'it was changed in the meantime';
  return replaceFile(source.name, file.bytes, mark + text).refused;
}
