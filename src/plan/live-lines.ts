import { formatRoute, formatRule } from './canonical-line.ts';

/** A rule as `ip -j -N rule` shows it. */
export interface LiveRule {
  readonly priority: number;
  readonly src?: string | undefined;
  readonly srclen?: number | undefined;
  readonly action?: string | undefined;
  readonly [key: string]: unknown;
}

/** A route as `ip -j -N route show` shows it, with its protocol, which a filter by it leaves out. */
export interface LiveRoute {
  readonly dst: string;
  readonly protocol: string;
  readonly type?: string | undefined;
  readonly flags?: readonly string[] | undefined;
  readonly [key: string]: unknown;
}

/** By their numbers in linux/fib_rules.h. */
const ACTIONS: Readonly<Record<string, string>> = {
  '6': 'blackhole',
  '7': 'unreachable',
  '8': 'prohibit',
};
/** By their numbers in linux/rtnetlink.h. */
const TYPES: Readonly<Record<string, string>> = {
  '2': 'local',
  '6': 'blackhole',
  '7': 'unreachable',
  '8': 'prohibit',
};

/** The words that `ip` calls the parts by that its JSON calls otherwise. */
const RULE_WORDS: Readonly<Record<string, string>> = {
  priority: 'pref',
  table: 'lookup',
  suppress_prefixlen: 'suppress_prefixlength',
  dst: 'to',
};

/** A live rule as a canonical line. What this does not know stands in it too, and fits nothing wanted. */
export function liveRule(rule: LiveRule): string {
  const { src, srclen, action, fwmark, fwmask, ...rest } = rule;
  const parts = new Map<string, string>();
  if (src !== undefined && src !== 'all') {
    parts.set('from', srclen === undefined ? src : `${src}/${srclen}`);
  }
  if (typeof fwmark === 'string') {
    parts.set('fwmark', `${fwmark}/${typeof fwmask === 'string' ? fwmask : '0xffffffff'}`);
  }
  if (action !== undefined) parts.set(ACTIONS[action] ?? action, '');
  for (const [key, value] of Object.entries(rest)) {
    // What is not there yet, or no more, is still what the rule says.
    if (key === 'iif_detached' || key === 'oif_detached' || key === 'unresolved') continue;
    parts.set(RULE_WORDS[key] ?? key, value === null ? '' : String(value));
  }
  return formatRule(parts);
}

/** A live route as a canonical line. */
export function liveRoute(route: LiveRoute, family: 4 | 6): string {
  const { type, dst, gateway, flags = [], flow, metric, protocol, dev, ...rest } = route;
  const parts = new Map<string, string>();
  const kind = type === undefined ? undefined : (TYPES[type] ?? type);
  if (kind !== undefined) parts.set(kind, '');
  parts.set('to', dst);
  if (gateway !== undefined) parts.set('via', String(gateway));
  // IPv6 hangs refusals on lo.
  const refusal = kind !== undefined && kind !== 'local';
  if (dev !== undefined && !(refusal && family === 6)) parts.set('dev', String(dev));
  if (flags.includes('onlink')) parts.set('onlink', '');
  // What IPv6 gives to a route that names none.
  if (metric !== undefined && !(family === 6 && metric === 1024))
    parts.set('metric', String(metric));
  parts.set('proto', protocol);
  if (flow !== undefined) parts.set('realms', String((flow as { to?: string }).to));
  for (const [key, value] of Object.entries(rest)) {
    if (key === 'scope' || key === 'pref') continue;
    parts.set(key, typeof value === 'object' ? JSON.stringify(value) : String(value));
  }
  return formatRoute(parts);
}
