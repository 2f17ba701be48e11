import type { Finding } from '../finding.ts';
import type { DoctorCheck } from './doctor-check.ts';

/** A gateway is another machine, and one that is known to be dead is worth a word. */
export const gateways: DoctorCheck = {
  name: 'gateways',
  decides: true,
  run: ({ machine, gateways: ways }) => {
    if (ways.length === 0) return [];
    const own = new Set(machine.addresses().map(({ address }) => address));
    return [...new Set(ways)].flatMap((way): Finding[] => {
      const [via = '', dev] = way.split(' ');
      if (own.has(via)) {
        return [
          {
            severity: 'error',
            message: `the gateway ${via} by ${dev} is an address of this machine itself`,
            help: "name the provider's router",
          },
        ];
      }
      if (!machine.deaf().has(way)) return [];
      const message = `the gateway ${via} does not answer on ${dev}: what is sent there is lost`;
      return [
        { severity: 'warning', message, help: 'look at the cable, the modem and the address' },
      ];
    });
  },
};
