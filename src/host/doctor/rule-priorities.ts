import type { Finding } from '../finding.ts';
import type { Machine, RouteSeen, RuleSeen } from '../machine.ts';
import type { DoctorCheck, Examined, OwnNumbers } from './doctor-check.ts';
import { likelyOwner, ownerOf } from './peers.ts';

/** So many priorities and tables from the first one are ours. */
const OURS = 1000;

/** Rules of others that go before ours, stand among them, or lead into our tables. */
export const rulePriorities: DoctorCheck = {
  name: 'rule-priorities',
  decides: true,
  run: (examined) =>
    examined.machine
      .rules()
      .filter(({ protocol }) => !examined.numbers.protocols.includes(protocol ?? ''))
      .flatMap((rule) => findings(rule, examined)),
};

function findings(rule: RuleSeen, { machine, numbers, uplinks }: Examined): Finding[] {
  const { priority, table, family, text } = rule;
  const owner = ownerOf(rule);
  const likely = owner === undefined ? likelyOwner(rule) : undefined;
  const guess = likely === undefined ? '' : `, perhaps of ${likely.name}`;
  const whose = `the rule ${owner === undefined ? '' : `of ${owner.name} `}\`${text}\` (IPv${family}${guess})`;
  if (isOurs(priority, numbers)) {
    return [
      {
        severity: 'error',
        message: `${whose} stands among ours: what an uplink that is down leaves over would go by it`,
        help: `give it another priority, or move ours: \`option priority N\` in the policy`,
      },
    ];
  }
  const ours = uplinks.flatMap(({ tables }) => tables);
  if (table !== undefined && (isOurs(Number(table), numbers) || ours.includes(table))) {
    return [
      {
        severity: 'warning',
        message: `${whose} leads into a table of ours: what is there changes with the uplinks`,
        help: 'take a table of its own for it',
      },
    ];
  }
  if (priority >= numbers.priority || priority === 0) return [];
  return before(rule, whose, machine);
}

const isOurs = (number: number, { priority }: OwnNumbers): boolean =>
  number >= priority && number < priority + OURS;

/** What a rule that is asked before ours does to a policy. */
function before({ text, table, family }: RuleSeen, whose: string, machine: Machine): Finding[] {
  const words = text.split(' ');
  // For what carries a mark of their own; what we mark carries none of it, or is exempt.
  if (words.includes('fwmark') && !words.includes('not')) return [];
  if (words.includes('goto') || words.includes('nop')) return [];
  if (words.includes('l3mdev')) {
    const message = `${whose} is that of VRFs: what comes or goes by a device in one is looked up there, whatever the policy says`;
    const help = 'keep uplinks, and the LANs that the policy is for, out of VRFs';
    return [{ severity: 'note', message, help }];
  }
  const chosen = words.find((word) => SELECTORS.includes(word));
  if (chosen !== undefined) {
    const message = `${whose} goes before the policy, which decides nothing about what fits it`;
    const help = 'if the policy is to decide, give the rule a priority behind ours';
    return [{ severity: 'note', message, help }];
  }
  const help =
    'it is meant so, if all is to go through a tunnel; else let it take a narrower set of routes, or a later priority';
  if (table === undefined) {
    return [{ severity: 'warning', message: `${whose} refuses all that the policy is for`, help }];
  }
  if (words.includes('suppress_prefixlength') || table === 'local') return [];
  const wide = machine.routes(table).find((route) => route.family === family && isWide(route));
  if (wide === undefined) return [];
  const message = `${whose} goes before the policy, and ${
    table === 'main' ? 'main' : `table ${table}`
  } has a route for everything (${wide.dst}): the policy decides nothing`;
  return [{ severity: 'warning', message, help }];
}

const SELECTORS = [
  'from',
  'to',
  'iif',
  'oif',
  'tos',
  'dsfield',
  'ipproto',
  'sport',
  'dport',
  'uidrange',
];

/** A default, or a half or quarter of everything, as tunnels have them. */
export const isWide = ({ dst, family }: RouteSeen): boolean => {
  const length = dst === 'default' ? 0 : Number(dst.split('/')[1] ?? (family === 4 ? 32 : 128));
  return length <= (family === 4 ? 4 : 3);
};
