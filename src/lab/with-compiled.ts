import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bug } from '../bug.ts';
import { compile } from '../compile.ts';
import type { BackendName } from '../emit/backends.ts';
import { writeArtefacts } from '../host/artefact-folder.ts';
import { type Artefacts, findArtefacts } from './artefacts.ts';

/** Compiles a policy into a folder, which is there for as long as it is used. */
export async function withCompiled(
  text: string,
  backend: BackendName,
  use: (files: Artefacts) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'routec-'));
  try {
    const entry = { name: 'p.route', base: 'p', bytes: new TextEncoder().encode(text) };
    const { artefacts } = compile(entry, () => ({ refused: 'no files' }), undefined, backend);
    writeArtefacts(folder, 'p', artefacts, undefined);
    await use(findArtefacts(folder) ?? bug('a policy with an error'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What loads a policy: a backend, and the program that goes by its name. */
export const RULESETS = [
  { by: 'nft', backend: 'nft', iptables: 'nft' },
  { by: 'iptables-nft', backend: 'iptables', iptables: 'nft' },
  { by: 'iptables-legacy', backend: 'iptables', iptables: 'legacy' },
] as const;
