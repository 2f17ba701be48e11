import { formatMark } from '../../net/mark.ts';
import { partOf } from '../../plan/canonical-line.ts';
import type { Finding } from '../finding.ts';
import type { RuleSeen } from '../machine.ts';
import type { DoctorCheck, OwnNumbers } from './doctor-check.ts';
import { PEERS } from './peers.ts';

/** Bits of the mark that others look at, or write, too. */
export const markBits: DoctorCheck = {
  name: 'mark-bits',
  decides: false,
  run: ({ machine, numbers }) => {
    const devices = machine.devices();
    const theirs = machine
      .rules()
      .filter(({ protocol }) => !numbers.protocols.includes(protocol ?? ''));
    const peers = PEERS.filter(({ bits }) => (bits & numbers.mask) !== 0).flatMap(
      ({ name, bits, device, tables }): Finding[] => {
        const its = devices.find((name) => device?.test(name));
        const table = theirs.find((rule) => tables.includes(rule.table ?? ''))?.table;
        if (its === undefined && table === undefined) return [];
        const trace = its === undefined ? `table ${table}` : `device ${its}`;
        const message = `${name} (${trace}) uses ${shared(bits, numbers)} of the marks, as routec does: each would read the other's`;
        return [{ severity: 'warning', message, help: MOVE }];
      },
    );
    return [...peers, ...theirs.flatMap((rule) => ofRule(rule, numbers))];
  },
};

const MOVE = 'move ours to bits that nobody has: `option mark-mask N` in the policy, or theirs';

const shared = (bits: number, { mask }: OwnNumbers): string =>
  `the bits ${formatMark((bits & mask) >>> 0)}`;

function ofRule(rule: RuleSeen, numbers: OwnNumbers): Finding[] {
  const { text, family } = rule;
  const [value, bits] = (partOf(text, 'fwmark') ?? '').split('/').map(Number);
  if (value === undefined || bits === undefined || (bits & numbers.mask) === 0) return [];
  const whose = `the rule \`${text}\` (IPv${family})`;
  if (bits !== 0xffff_ffff || (value & numbers.mask) !== 0) {
    const message = `${whose} looks at ${shared(bits, numbers)} of the mark, which are ours`;
    return [{ severity: 'warning', message, help: MOVE }];
  }
  // A tunnel's own packets are never marked by us, and all others are not its own, marked or not.
  if (text.split(' ').includes('not')) return [];
  const free = formatMark(~numbers.mask >>> 0);
  return [
    {
      severity: 'warning',
      message: `${whose} compares the whole mark: what routec marks as well fits it no more`,
      help: `let it look at its own bits alone: fwmark ${formatMark(value)}/${free}`,
    },
  ];
}
