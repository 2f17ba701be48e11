import type { Drift } from '../../plan/drift.ts';
import type { Count } from '../../plan/policy-counts.ts';
import { isWell, type RuleStatus, type Status, type UplinkStatus } from '../../plan/status.ts';
import { printableJson } from '../../text/printable.ts';
import type { StatusHead } from './pretty-status.ts';

/**
 * A status for programs, on one line. What could not be seen is null; the shape only ever grows.
 */
export function jsonStatus(status: Status, { policy, since }: StatusHead, indent?: number): string {
  const { loaded, applied, uplinks, rules, balances, orderings, drift, unread } = status;
  const told = {
    version: 1,
    policy: `${policy}.route`,
    since: since ?? null,
    loaded,
    applied: applied ?? null,
    well: isWell(status) ?? null,
    uplinks: uplinks.map(uplinkOut),
    rules: rules.map(ruleOut),
    balances: balances.map(({ by, rules: ids, members }) => {
      const weights = members.reduce((sum, { weight }) => sum + weight, 0);
      const all = members.reduce((sum, { chosen = 0 }) => sum + chosen, 0);
      return {
        by,
        rules: ids,
        members: members.map(({ outcome, weight, chosen, open, alone }) => ({
          outcome,
          weight,
          asked: weight / weights,
          chosen: chosen ?? null,
          share: chosen === undefined || all === 0 ? null : chosen / all,
          open: open ?? null,
          alone,
        })),
      };
    }),
    orders: orderings,
    drift: drift.map(driftOut),
    unread,
  };
  return `${printableJson(JSON.stringify(told, null, indent))}\n`;
}

const countOut = (count: Count | undefined): object | null =>
  count === undefined ? null : { packets: count[0], bytes: count[1] };

export const driftOut = ({ kind, what, family, text, wanted }: Drift): object => ({
  kind,
  what,
  family: family ?? null,
  text,
  wanted: wanted ?? null,
});

export const uplinkOut = ({
  name,
  device,
  state,
  ways,
  traffic,
  beside,
  open,
}: UplinkStatus): object => ({
  name,
  device,
  state,
  families: ways.map(({ family, state: its, reason, why, gateway }) => ({
    family,
    state: its,
    reason: reason ?? null,
    why: why ?? null,
    gateway: gateway ?? null,
  })),
  received: countOut(traffic?.received),
  sent: countOut(traffic?.sent),
  beside,
  open: open?.chosen ?? null,
  arrived: open?.arrived ?? null,
});

const ruleOut = ({ id, file, line, text, outcomes, count, open, alone }: RuleStatus): object => ({
  id,
  file,
  line,
  text,
  outcomes,
  packets: count?.[0] ?? null,
  bytes: count?.[1] ?? null,
  open: open?.connections ?? null,
  alone,
});
