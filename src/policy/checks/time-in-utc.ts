import { at, diagnose, type Kind } from '../../text/diagnostic.ts';
import type { Check } from './check.ts';

const kind: Kind = {
  code: 'RC411',
  slug: 'time-in-utc',
  severity: 'warning',
  title: 'times of day are UTC',
};

/** The kernel knows no other clock. Said once: who has read it has read it of all. */
export const timeInUtc: Check = {
  kind,
  run: ({ routes }, report) => {
    const matches = routes.unlike.flatMap(({ statement, conditions }) =>
      conditions.atoms.some(({ match }) => match === 'time') ? statement.matches : [],
    );
    const first = matches.find((match) => match.kind === 'time');
    if (first === undefined) return;
    const message = '`time` is UTC, whatever zone the router keeps: summer time does not move it';
    const help = 'write the hours in UTC, and allow this: `# routec: allow time-in-utc`';
    report(diagnose(kind, message, [at(first.span, 'a time in UTC')], help));
  },
};
