import { defineConfig } from 'vitest/config';
import { vitePages } from './scripts/pages-plugin.mjs';
import { viteTemplates } from './scripts/template-plugin.mjs';
import { viteTexts } from './scripts/texts-plugin.mjs';

export default defineConfig({
  plugins: [viteTemplates, vitePages, viteTexts],
  test: {
    include: ['{src,grammar,scripts}/**/*.test.ts'],
    // One more than cores: the kernel tests wait for clocks and packets a third of their time.
    maxWorkers: 3,
    // A file finds the modules that those before it have read: to read them takes longer than most tests.
    isolate: false,
    // Where it names a file, each child that is Node reads all certificates in it: half of its start, for nothing.
    env: { NODE_EXTRA_CA_CERTS: '' },
    // Of tests that say `concurrent`: they wait for packets most of their time.
    maxConcurrency: 6,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
