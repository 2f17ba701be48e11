import { at, diagnose, type Kind } from '../../text/diagnostic.ts';
import type { Span } from '../../text/source.ts';
import type { Policy } from '../policy.ts';
import type { Check } from './check.ts';

const kind: Kind = {
  code: 'RC401',
  slug: 'not-lowered',
  severity: 'error',
  title: 'routec can not compile this yet',
};

/** What the language has and this version does not compile: nothing is ever ignored in silence. */
export const notLowered: Check = {
  kind,
  run: (policy, report) => {
    for (const { span, what, help } of findings(policy)) {
      report(diagnose(kind, `${what} can't be compiled yet`, [at(span, 'not lowered')], help));
    }
  },
};

interface Finding {
  readonly span: Span;
  readonly what: string;
  readonly help?: string;
}

/** Routes decide, and connections remember: nothing looks at what is open when an uplink is back. */
const FAILBACK = {
  now: 'leave it out: what is open keeps the address that it was given, and only ends (`conntrack -D`) where it is moved',
  never:
    'leave it out, and load the routes of an uplink that is back when new connections are to take it again',
} as const;

function* findings(policy: Policy): Iterable<Finding> {
  const failback = policy.options.places.get('failback');
  if (failback !== undefined && policy.options.failback !== 'new-flows') {
    yield {
      span: failback,
      what: `\`failback ${policy.options.failback}\``,
      help: FAILBACK[policy.options.failback],
    };
  }
}
