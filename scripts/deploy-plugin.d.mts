import type { Plugin } from 'esbuild';

export const esbuildDeploy: Plugin;
