import { LAYOUT } from '../../model/layout.ts';
import type { DoctorCheck } from './doctor-check.ts';

/** What carries our protocol is ours to remove: nobody else may have it. */
export const protocolNumbers: DoctorCheck = {
  name: 'protocol-numbers',
  decides: true,
  run: ({ machine, numbers: { protocols, priority: first } }) =>
    machine
      .rules()
      .filter(({ protocol }) => protocols.includes(protocol ?? ''))
      .filter(({ priority }) => priority < first || priority > first + LAYOUT.guard)
      .filter(({ priority }) => priority !== LAYOUT.lastResort)
      .map(({ text, family }) => ({
        severity: 'error' as const,
        message: `the rule \`${text}\` (IPv${family}) has our protocol and no priority of ours: it would be removed as a stale one`,
        help: 'if an older policy left it, take that away first; else `option protocol N` moves ours',
      })),
};
