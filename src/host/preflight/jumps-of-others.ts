import type { IptablesRuleset } from '../../plan/iptables-ruleset.ts';
import { isIptables } from '../../plan/step.ts';
import type { Finding } from '../finding.ts';
import { run } from '../run.ts';
import type { PreflightCheck } from './preflight.ts';

/** A chain that somebody else's rule leads into can't be deleted, and that rule is not ours to delete. */
export const jumpsOfOthers: PreflightCheck = {
  name: 'jumps of others',
  run: ({ steps, live, target }) => {
    const tools = new Set(steps.flatMap((step) => (isIptables(step.run) ? step.run.argv[0] : [])));
    return ['iptables', 'ip6tables'].flatMap((tool) => {
      if (!tools.has(`${tool}-restore`)) return [];
      const saved = run({ argv: [`${tool}-save`] });
      if ('refused' in saved) return [{ severity: 'error', message: saved.refused }];
      return leadingInto(tool, saved.stdout, live.iptables, target.state.iptables);
    });
  },
};

function leadingInto(
  tool: string,
  saved: string,
  live: IptablesRuleset,
  wanted: IptablesRuleset,
): Finding[] {
  let table = '';
  return saved.split('\n').flatMap((line): Finding[] => {
    if (line.startsWith('*')) table = line.slice(1);
    const [, from = '', to = ''] = /^-A (\S+) .*-[gj] (routec-[\w-]+)$/.exec(line) ?? [];
    const key = `${tool} ${table} ${to}`;
    const isPlain = live.has(`${tool} ${table} ${line.slice('-A '.length)}`);
    if (from.startsWith('routec-') || isPlain || !live.has(key) || wanted.has(key)) return [];
    return [
      {
        severity: 'error',
        message: `the rule \`${line}\` (${tool}, ${table}) leads into a chain that is to go`,
        help: 'routec deletes no rule of others: delete it first',
      },
    ];
  });
}
