import type { Finding } from '../finding.ts';
import type { DoctorCheck } from './doctor-check.ts';

/** Where ours translate. */
const PRIORITIES: Readonly<Record<string, number>> = { prerouting: -105, postrouting: 95 };

/** Who translates first decides: at one priority that is who was loaded last. */
export const natPriorities: DoctorCheck = {
  name: 'nat-priorities',
  decides: false,
  run: ({ machine, backend }) =>
    machine.rulesets().nat.flatMap(({ hook, priority, where }): Finding[] => {
      // The tables of iptables, where its chains stand, are at -100 and 100.
      const ours =
        backend === 'nft' ? PRIORITIES[hook] : { prerouting: -100, postrouting: 100 }[hook];
      if (ours === undefined || priority > ours) return [];
      if (backend === 'iptables' && priority === ours && /^nft, table ip6? nat,/.test(where))
        return [];
      const what = hook === 'postrouting' ? 'sources' : 'destinations';
      const message =
        priority === ours
          ? `${where}, translates at our own priority (${priority}): whichever was loaded last goes first`
          : `${where}, translates ${what} before ours (${priority} before ${ours}): what it takes gets no address of the policy's`;
      const help = `give that chain a priority above ${ours}`;
      return [{ severity: 'warning', message, help }];
    }),
};
