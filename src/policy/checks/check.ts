import type { Kind, Report } from '../../text/diagnostic.ts';
import type { Policy } from '../policy.ts';

/** One check: a kind of finding, and how to find it in a policy whose values are all sound. */
export interface Check {
  readonly kind: Kind;
  readonly run: (policy: Policy, report: Report) => void;
}
