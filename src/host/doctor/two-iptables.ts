import type { DoctorCheck } from './doctor-check.ts';

/** Two sets of tables that do not see each other, and both are asked. */
export const twoIptables: DoctorCheck = {
  name: 'two-iptables',
  decides: false,
  run: ({ machine }) => {
    const legacy = machine.legacyTables();
    if (legacy.length === 0) return [];
    return [
      {
        severity: 'note',
        message: `tables of iptables-legacy hold rules beside those of nft (${legacy.join(', ')}): both are asked, and neither tool shows the other's`,
        help: 'iptables-legacy-save shows them; move them to nft, and unload the modules (ip_tables, iptable_nat …)',
      },
    ];
  },
};
