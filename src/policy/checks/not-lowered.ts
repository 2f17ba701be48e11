import { at, diagnose, type Kind, quoting } from '../../text/diagnostic.ts';
import type { Span } from '../../text/source.ts';
import { isSameWay } from '../is-same-way.ts';
import type { Policy, UplinkPolicy } from '../policy.ts';
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
    for (const { span, what, help, quoted } of findings(policy)) {
      const labels = [at(span, 'not lowered'), ...quoting(quoted)] as const;
      report(diagnose(kind, `${what} can't be compiled yet`, [...labels], help));
    }
  },
};

interface Finding {
  readonly span: Span;
  readonly what: string;
  readonly help?: string;
  /** The place of a name that it quotes. */
  readonly quoted?: Span;
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
  yield* sharedDevices(policy);
}

function* sharedDevices({ uplinks }: Policy): Iterable<Finding> {
  const devices = new Map<string, UplinkPolicy>();
  for (const uplink of uplinks) {
    const { device, span } = uplink;
    const first = devices.get(device);
    // Without a device it has an error of its own.
    if (device === '') continue;
    if (first !== undefined) {
      // One way out under two names is wrong in itself.
      if (isSameWay(first, uplink)) continue;
      const what = `a second uplink (after \`${first.name}\`) on the device \`${device}\``;
      yield { span, what, quoted: first.span };
    } else devices.set(device, uplink);
  }
}
