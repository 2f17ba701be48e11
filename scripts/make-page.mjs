import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';

const ROOT = resolve(import.meta.dirname, '..');

/**
 * The page that `routec graph --format html` fills with a policy: one file, whose browser runs this script
 * alone, and loads nothing.
 *
 * @returns its text, and the files that it was made from
 */
export async function makePage() {
  const { outputFiles, metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: ['src/page/main.ts'],
    bundle: true,
    write: false,
    outdir: 'dist',
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    charset: 'ascii',
    minify: true,
    legalComments: 'none',
    metafile: true,
    alias: { 'node:crypto': './src/page/sha256.ts' },
  });
  const script = outputFiles[0].text.trim();
  // What would end the element, or turn its end into text.
  if (/<!--|<\/?script/i.test(script))
    throw new Error('the script of the page would not stay in it');
  const { code: style } = await minified(join(ROOT, 'src/page/page.css'));
  const policy = [
    "default-src 'none'",
    `script-src '${hashOf(script)}'`,
    `style-src '${hashOf(style)}'`,
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
  const parts = { CONTENT_SECURITY_POLICY: policy, '/* STYLE */': style, '/* SCRIPT */': script };
  const html = await readFile(join(ROOT, 'src/page/page.html'), 'utf8');
  const text = html.replace(
    /CONTENT_SECURITY_POLICY|\/\* (?:STYLE|SCRIPT) \*\//g,
    (name) => parts[name],
  );
  return { text, inputs: Object.keys(metafile.inputs) };
}

async function minified(path) {
  const { outputFiles } = await build({ entryPoints: [path], write: false, minify: true });
  return { code: outputFiles[0].text.trim() };
}

/** As a Content-Security-Policy names it: https://www.w3.org/TR/CSP3/#grammardef-hash-source */
function hashOf(text) {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
