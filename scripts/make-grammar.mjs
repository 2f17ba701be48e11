// Writes what of grammar/ is generated from the parser and its tokens: EBNF, railroad diagrams and
// the grammar for editors. Node reads no TypeScript, so esbuild bundles the generators first.
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';

const root = resolve(import.meta.dirname, '..');
const { outputFiles } = await build({
  absWorkingDir: root,
  entryPoints: ['scripts/grammar/grammar-artefacts.ts'],
  bundle: true,
  write: false,
  format: 'esm',
  platform: 'node',
});
const [bundle] = outputFiles;
const url = `data:text/javascript;base64,${Buffer.from(bundle.contents).toString('base64')}`;
const { grammarArtefacts } = await import(url);
for (const [name, text] of grammarArtefacts()) await writeFile(join(root, 'grammar', name), text);
