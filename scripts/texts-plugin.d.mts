import type { Plugin } from 'esbuild';

export const esbuildTexts: Plugin;
