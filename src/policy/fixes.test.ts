import { describe, expect, it } from 'vitest';
import { check } from '../compile.ts';
import { applyFixes } from '../text/apply-fixes.ts';

/** A text after all fixes, as often as there are some. */
function fixed(text: string): string {
  const bytes = new TextEncoder().encode(text);
  const entry = { name: 'policy.route', base: 'policy', bytes };
  const { diagnostics } = check(entry, () => ({ refused: 'no files here' }), undefined);
  const { texts } = applyFixes(diagnostics);
  for (const after of texts.values()) return fixed(after);
  return text;
}

const UPLINKS = 'uplink a dev eth2\nuplink b dev eth3\n';
const line = (text: string): string => fixed(`${UPLINKS}${text}\n`).slice(UPLINKS.length).trimEnd();

describe('what has one right answer gets it', () => {
  it.each([
    // Words.
    ['ROUTE Via a', 'route via a'],
    ['route HOST 192.0.2.1 TCP 80 VIA a ELSE b', 'route host 192.0.2.1 tcp 80 via a else b'],
    ['uplink c DEV eth4 Gateway 192.0.2.1', 'uplink c dev eth4 gateway 192.0.2.1'],
    ['Forward tcp 80 ON a to 192.0.2.1:80', 'forward tcp 80 on a to 192.0.2.1:80'],
    ['uplink in dev eth4', 'uplink "in" dev eth4'],
    ['uplink table dev eth4 table 7', 'uplink "table" dev eth4 table 7'],
    ['include x.route', 'include "x.route"'],
    ['set lan from lan.list', 'set lan from "lan.list"'],
    ['uplink c dev = eth4', 'uplink c dev eth4'],
    ['uplink c dev=eth4 table=7', 'uplink c dev eth4 table 7'],
    ['route from = 192.0.2.1 via a', 'route from 192.0.2.1 via a'],
    ['route\u00a0via\u2003a', 'route via a'],
    ['route via a\u200b', 'route via a'],
    ['route tcp 8\u200b0 via a', 'route tcp 80 via a'],
    // Values.
    ['route tcp HTTP via a', 'route tcp http via a'],
    ['route tcp "HTTP", ssh via a', 'route tcp http, ssh via a'],
    ['route dscp EF via a', 'route dscp ef via a'],
    ['route icmp Echo-Request via a', 'route icmp echo-request via a'],
    ['route proto GRE via a', 'route proto gre via a'],
    ['route mac 00-00-5e-00-53-01 via a', 'route mac 00:00:5e:00:53:01 via a'],
    // What is there twice.
    ['route tcp 80 tcp 80 via a', 'route tcp 80 via a'],
    ['route ipv4  ipv4 via a', 'route ipv4 via a'],
    ['route tcp,udp,tcp 53 via a', 'route tcp,udp 53 via a'],
    ['route tcp 80, 80, 80 via a', 'route tcp 80 via a'],
    ['route tcp 80 ,80,443,\t80 via a', 'route tcp 80,443 via a'],
    ['route tcp { 80, 80, } via a', 'route tcp { 80, } via a'],
    ['route tcp {\n  80,\n  80,\n  443\n} via a', 'route tcp {\n  80,\n  443\n} via a'],
    ['uplink c dev eth4 masquerade masquerade', 'uplink c dev eth4 masquerade'],
    ['forward tcp 80 on a, a to 192.0.2.1:80', 'forward tcp 80 on a to 192.0.2.1:80'],
    ['forward tcp 80 on a, eth2, b to 192.0.2.1:80', 'forward tcp 80 on a, b to 192.0.2.1:80'],
  ])('%s', (before, after) => {
    expect(line(before)).toBe(after);
    expect(line(after)).toBe(after);
  });
});

describe('nothing is guessed', () => {
  it.each([
    'route from 10.0.0.5/8 via a',
    'route host 192.168.010.1 via a',
    'route from 192.0.2.9-192.0.2.1 via a',
    'route tcp 90-80 via a',
    'route tcp 080 via a',
    'route host 10.0.0.0/8 via a',
    'route from 192.0.2.1 192.0.2.2 via a',
    'route from 192.0.2.1, via a',
    'route from 192.0.2.1, tcp via a',
    'route tcp htpp via a',
    'route via c0',
    'route via aa',
    'route from @lan via a',
    'route tcp 80 udp 53 via a',
    'route tcp 80 tcp 81 via a',
    'route not tcp 80 via a',
    'route not from not 192.0.2.1 via a',
    'uplink main dev eth4',
    'uplink drop dev eth4',
    'uplink c dev masquerade',
    'uplink c dev gateway 192.0.2.1',
    'set from = 192.0.2.1',
    'route via =',
    'set = 192.0.2.1',
    'option priority 7000\noption priority 7000',
    'set lan = 192.0.2.1',
    'route tcp { 80, # the web\n80 } via a',
    'route via local',
    'include x y',
    'route via a\rroute via b',
    'route from "192.0.2.1 via a',
    'route via \u201ca\u201d',
    'route mark 0x7f000001 via a',
  ])('%s', (text) => {
    expect(line(text)).toBe(text);
  });
});
