import type { Finding } from '../finding.ts';
import { isInstalled } from '../is-installed.ts';
import type { PreflightCheck } from './preflight.ts';

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
        : 'without it, open connections stay where they are until they end';
      const severity = needed ? 'error' : 'warning';
      return [{ severity, message: `\`${tool}\` is not installed`, help }];
    });
  },
};
