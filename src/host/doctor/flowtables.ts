import type { DoctorCheck } from './doctor-check.ts';

/** A flowtable sends what is open past all hooks. */
export const flowtables: DoctorCheck = {
  name: 'flowtables',
  decides: false,
  run: ({ machine }) => {
    const found = machine.rulesets().statements.filter(({ effect }) => effect.kind === 'offload');
    return [...new Set(found.map(({ where }) => where))].map((where) => ({
      severity: 'warning',
      message: `${where}, hands connections to a flowtable: no mark, rule or change of an uplink reaches them any more`,
      help: 'leave the devices of uplinks out of the flowtable',
    }));
  },
};
