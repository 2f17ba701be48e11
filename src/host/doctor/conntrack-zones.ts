import type { DoctorCheck } from './doctor-check.ts';

/** A connection is known by its zone, too: an answer that comes in by another is a stranger. */
export const conntrackZones: DoctorCheck = {
  name: 'conntrack-zones',
  decides: false,
  run: ({ machine }) => {
    const found = machine.rulesets().statements;
    const places = (kind: string): string[] => [
      ...new Set(found.flatMap(({ where, effect }) => (effect.kind === kind ? where : []))),
    ];
    return [
      ...places('zone').map((where) => ({
        severity: 'warning' as const,
        message: `${where}, gives connections a zone: an answer in another one is taken for a new connection, without uplink and address`,
        help: 'let no zone hang on the device of an uplink or a LAN that the policy is for',
      })),
      ...places('untracked').map((where) => ({
        severity: 'note' as const,
        message: `${where}, keeps packets from conntrack: each is judged alone, and none gets another address`,
        help: 'leave tracked what the policy is for',
      })),
    ];
  },
};
