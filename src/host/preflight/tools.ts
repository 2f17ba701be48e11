import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { PATH } from '../run.ts';
import type { Finding, PreflightCheck } from './preflight.ts';

/** What a plan calls must be there; what is optional is worth a word. */
export const tools: PreflightCheck = {
  name: 'tools',
  run: ({ steps }) => {
    const fatal = new Map<string, boolean>();
    for (const { run, optional } of steps) {
      const [tool] = run.argv;
      fatal.set(tool, (fatal.get(tool) ?? false) || optional !== true);
    }
    return [...fatal].flatMap(([tool, needed]): Finding[] => {
      if (isInstalled(tool)) return [];
      const help = needed
        ? 'install it'
        : 'without it, open connections of outcomes that are no more wait for their end';
      return [{ fatal: needed, message: `\`${tool}\` is not installed`, help }];
    });
  },
};

function isInstalled(tool: string): boolean {
  return PATH.split(':').some((folder) => {
    try {
      accessSync(join(folder, tool), constants.X_OK);
      return folder !== '';
    } catch {
      return false;
    }
  });
}
