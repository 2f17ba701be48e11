import type { Plugin } from 'esbuild';

export const esbuildTemplates: Plugin;
