/** Words of `ip rule` and `ip route` that stand alone; all others are followed by a value. */
const ALONE: ReadonlySet<string> = new Set([
  'not',
  'unreachable',
  'prohibit',
  'blackhole',
  'local',
  'onlink',
]);

/** One thing, more than one word. */
const SYNONYMS: Readonly<Record<string, string>> = {
  table: 'lookup',
  suppress_prefixlen: 'suppress_prefixlength',
  priority: 'pref',
  realm: 'realms',
};

/** The order in which the parts of a rule are written; what is not listed follows, by name. */
const RULE_ORDER = ['pref', 'not', 'from', 'to', 'iif', 'oif', 'fwmark', 'lookup', 'goto'];
const ROUTE_ORDER = ['unreachable', 'local', 'to', 'via', 'dev', 'onlink', 'metric', 'table'];

/** The kernel's own tables have names wherever `ip` runs. */
const TABLES: Readonly<Record<string, string>> = { 254: 'main', 253: 'default', 255: 'local' };

/** What a rule says: the word of each part, and its value (empty for a word that stands alone). */
export type Parts = ReadonlyMap<string, string>;

/** The words behind `rule add`, in one order and one spelling: two that mean the same are the same. */
export function canonicalRule(words: string): string {
  const parts = new Map<string, string>();
  const tokens = words.split(' ').filter((word) => word !== '');
  for (let at = 0; at < tokens.length; at += 1) {
    const word = SYNONYMS[tokens[at] as string] ?? (tokens[at] as string);
    if (ALONE.has(word)) parts.set(word, '');
    else {
      at += 1;
      parts.set(word, tokens[at] ?? '');
    }
  }
  return formatRule(parts);
}

/** A rule from its parts. */
export function formatRule(parts: Parts): string {
  const spelled = new Map(parts);
  const table = parts.get('lookup');
  if (table !== undefined) spelled.set('lookup', TABLES[table] ?? table);
  const mark = parts.get('fwmark');
  if (mark !== undefined) spelled.set('fwmark', mark.split('/').map(hexadecimal).join('/'));
  if (spelled.get('from') === 'all') spelled.delete('from');
  return join(spelled, RULE_ORDER);
}

/** The words behind `route replace`, likewise. */
export function canonicalRoute(words: string): string {
  const parts = new Map<string, string>();
  const tokens = words.split(' ').filter((word) => word !== '');
  for (let at = 0; at < tokens.length; at += 1) {
    const word = tokens[at] as string;
    if (ALONE.has(word)) parts.set(word, '');
    else if (!parts.has('to')) parts.set('to', word);
    else {
      at += 1;
      parts.set(word === 'realm' ? 'realms' : word, tokens[at] ?? '');
    }
  }
  return formatRoute(parts);
}

/** A route from its parts; its destination has the word `to`, which is not written. */
export function formatRoute(parts: Parts): string {
  const spelled = new Map(parts);
  const table = parts.get('table');
  if (table !== undefined) spelled.set('table', TABLES[table] ?? table);
  return join(spelled, ROUTE_ORDER).replace(/(^| )to /, '$1');
}

/** The value of a part of a canonical line. */
export function partOf(line: string, word: string): string | undefined {
  const words = line.split(' ');
  const at = words.indexOf(word);
  return at < 0 ? undefined : words[at + 1];
}

const hexadecimal = (number: string): string => `0x${Number(number).toString(16)}`;

function join(parts: Parts, order: readonly string[]): string {
  const rank = (word: string): number =>
    (order.indexOf(word) + order.length + 1) % (order.length + 1);
  return [...parts]
    .sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1))
    .map(([word, value]) => (value === '' ? word : `${word} ${value}`))
    .join(' ');
}
