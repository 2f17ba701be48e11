import { describe, expect, it } from 'vitest';
import { readPackets } from './read-packets.ts';

const read = (...steps: unknown[]) =>
  readPackets(JSON.stringify({ network: { lans: [], uplinks: {} }, steps })).steps;

describe('readPackets', () => {
  it('reads a host, the router and both families', () => {
    expect(
      read(
        { tcp: '192.168.0.228 -> 203.0.113.80:80', leaves: 'eth3', as: '1.2.3.3' },
        { 'local udp': '-> [2001:db8:f::80]:53', leaves: null, error: 'timeout' },
      ),
    ).toEqual([
      {
        kind: 'question',
        asker: 'host',
        protocol: 'tcp',
        from: '192.168.0.228',
        to: '203.0.113.80',
        port: 80,
        answerer: 'eth3',
        as: '1.2.3.3',
        text: 'tcp 192.168.0.228 -> 203.0.113.80:80',
      },
      {
        kind: 'question',
        asker: 'router',
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
      read(
        { 'inbound tcp': way, answered: true },
        { 'inbound tcp': way, answered: 'lan0' },
        { 'inbound tcp': way, answered: false },
      ),
    ).toMatchObject([{ answerer: 'router' }, { answerer: 'lan0' }, { answerer: null }]);
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
