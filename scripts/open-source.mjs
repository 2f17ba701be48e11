import { resolve } from 'node:path';
import { createViteServer } from 'vitest/node';
import { vitePages } from './pages-plugin.mjs';
import { viteTemplates } from './template-plugin.mjs';
import { viteTexts } from './texts-plugin.mjs';

/** What is imported from the sources as they are, by their paths in the repository, until it is closed. */
export async function openSource() {
  const server = await createViteServer({
    configFile: false,
    root: resolve(import.meta.dirname, '..'),
    plugins: [viteTemplates, vitePages, viteTexts],
    appType: 'custom',
    logLevel: 'error',
    server: { middlewareMode: true, hmr: false, watch: null },
    optimizeDeps: { noDiscovery: true },
  });
  return {
    load: (path) => server.ssrLoadModule(`/${path}`),
    close: () => server.close(),
  };
}
