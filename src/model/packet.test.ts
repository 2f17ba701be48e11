import { expect, it } from 'vitest';
import { holds, type Packet } from './packet.ts';
import type { Atom, Box } from './program.ts';

const packet = (more: Partial<Packet> = {}): Packet => ({
  family: 4,
  local: true,
  mark: 0,
  ...more,
});
const box = (...atoms: Atom[]): Box => ({ family: 4, atoms });
const said = (...keys: string[]): Partial<Packet> => ({ atoms: new Set(keys) });

it('asks the packet for every atom', () => {
  const night: Atom = { kind: 'time', minutes: [[0, 359]], negated: false };
  const sites: Atom = { kind: 'set', side: 'destination', name: 'sites', negated: false };
  const both = said('time 0-359', 'destination @sites');
  expect(holds(box(night, sites), packet(both))).toBe(true);
  expect(holds(box(night, sites), packet(said('time 0-359')))).toBe(false);
  expect(holds(box({ ...night, negated: true }), packet(both))).toBe(false);
  expect(holds(box({ ...night, negated: true }), packet())).toBe(true);
});

it.each([
  { kind: 'user', name: 'alice' },
  { kind: 'cgroup', path: 'system.slice' },
] as const)('takes what no socket sent for nobody: $kind', (of) => {
  const not: Atom = { ...of, negated: true };
  expect(holds(box(not), packet())).toBe(false);
  expect(holds(box(not), packet({ user: 1000 }))).toBe(true);
  expect(holds(box(not), packet(said('user bob')))).toBe(true);
  const name = 'name' in of ? of.name : of.path;
  expect(holds(box(not), packet(said(`${of.kind} ${name}`)))).toBe(false);
});
