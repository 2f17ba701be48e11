import { backendOf } from '../../emit/backends.ts';
import type { PreflightCheck } from './preflight.ts';

/** What the shell loader loaded for iptables is not seen from here: two rulesets would mark each packet. */
export const oneBackend: PreflightCheck = {
  name: 'one backend',
  run: ({ running }) => {
    if (running === undefined) return [];
    const names = Object.keys(running.files).map((suffix) => `${running.base}.${suffix}`);
    if (backendOf(names, running.base) === 'nft') return [];
    return [
      {
        severity: 'error',
        message: 'what runs was loaded for iptables',
        help: `take it away first, with what it was loaded by: sh ${running.base}.load.sh stop`,
      },
    ];
  },
};
