import type { Field } from '../model/closest-packet.ts';

/** What a field is called: by the word of the language that asks for it. */
const WORDS: Readonly<Record<Field, string>> = {
  family: 'family',
  device: 'in',
  mac: 'mac',
  source: 'from',
  destination: 'to',
  protocol: 'proto',
  icmpType: 'icmp',
  sourcePort: 'sport',
  port: 'port',
  user: 'user',
  dscp: 'dscp',
  mark: 'mark',
  time: 'time',
  cgroup: 'cgroup',
};

/** A field as one word, for programs. */
export function fieldWord(field: Field): string {
  return WORDS[field];
}

/** A field in words, for people: those that are no words of the language say which are. */
export function fieldPhrase(field: Field): string {
  switch (field) {
    case 'family':
      return 'the family (`ipv4` or `ipv6`)';
    case 'protocol':
      return 'the protocol (`tcp`, `udp`, `proto` ...)';
    case 'port':
      return 'the port';
    case 'icmpType':
      return 'the type of ICMP';
    default:
      return `\`${WORDS[field]}\``;
  }
}
