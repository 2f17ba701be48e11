import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { PATH } from './run.ts';

/** Whether there is a tool of that name to run. */
export function isInstalled(tool: string): boolean {
  return PATH.split(':').some((folder) => {
    try {
      accessSync(join(folder, tool), constants.X_OK);
      return folder !== '';
    } catch {
      return false;
    }
  });
}
