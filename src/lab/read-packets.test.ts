import { describe, expect, it } from 'vitest';
import { type Question, readPackets } from './read-packets.ts';

const read = (...steps: unknown[]) =>
  readPackets(JSON.stringify({ network: { lans: [], uplinks: {} }, steps })).steps;

/** Single ones, without what they are wrapped in. */
const questions = (...steps: unknown[]): readonly Question[] =>
  read(...steps).flatMap((step) => (step.kind === 'questions' ? step.questions : []));

describe('readPackets', () => {
  it('reads a host, the router and both families', () => {
    expect(
      questions(
        { tcp: '192.168.0.228 -> 203.0.113.80:80', leaves: 'eth3', as: '1.2.3.3' },
        { 'local udp': '-> [2001:db8:f::80]:53', leaves: null, error: 'timeout' },
      ),
    ).toEqual([
      {
        asker: { kind: 'host' },
        protocol: 'tcp',
        from: '192.168.0.228',
        to: '203.0.113.80',
        port: 80,
        answerer: 'eth3',
        as: '1.2.3.3',
        text: 'tcp 192.168.0.228 -> 203.0.113.80:80',
      },
      {
        asker: { kind: 'router' },
        protocol: 'udp',
        from: undefined,
        to: '2001:db8:f::80',
        port: 53,
        answerer: null,
        error: 'timeout',
        text: 'local udp -> [2001:db8:f::80]:53',
      },
    ]);
  });

  it('takes `true` for the router', () => {
    const way = 'eth3: 203.0.113.80 -> 1.2.3.3:9999';
    expect(
      questions(
        { 'inbound tcp': way, answered: true },
        { 'inbound tcp': way, answered: 'lan0' },
        { 'inbound tcp': way, answered: false },
      ),
    ).toMatchObject([{ answerer: 'router' }, { answerer: 'lan0' }, { answerer: null }]);
  });

  it('reads packets as they are, and what is sent together', () => {
    const one = { tcp: '192.168.0.1 -> 203.0.113.80:80', leaves: 'eth3' };
    const raw = { 'proto 47': 'fd00::1 -> 2001:db8:f::80', bytes: '00', dscp: 46, leaves: 'eth3' };
    expect(read({ together: [one, raw] })).toMatchObject([
      {
        kind: 'questions',
        text: 'together',
        questions: [
          { protocol: 'tcp', port: 80 },
          {
            protocol: { number: 47, bytes: '00', dscp: 46 },
            from: 'fd00::1',
            to: '2001:db8:f::80',
            answerer: 'eth3',
          },
        ],
      },
    ]);
    expect(() => read({ together: [raw, { ...raw, leaves: null }] })).toThrow('by one device');
    expect(() => read({ 'local proto 47': '-> 203.0.113.80', leaves: null })).toThrow('only hosts');
  });

  it.each([
    [{ tpc: '192.168.0.228 -> 203.0.113.80:80' }, 'there is no step `tpc`'],
    [{ tcp: '192.168.0.228 > 203.0.113.80:80', leaves: null }, 'write `FROM -> TO:PORT`'],
    [{ tcp: '-> 203.0.113.80:80', leafs: null }, 'leaves'],
    [{ link: 'eth3', set: 'off' }, '"off"'],
    [{ 'inbound tcp': '203.0.113.80 -> 1.2.3.3:80', answered: true }, 'write `DEVICE: FROM'],
  ])('refuses %j', (step, why) => {
    expect(() => read(step)).toThrow('step 1, ');
    expect(() => read(step)).toThrow(why);
  });
});
