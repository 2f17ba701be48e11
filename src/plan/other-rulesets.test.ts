import { describe, expect, it } from 'vitest';
import { iptablesRulesets, nftRulesets } from './other-rulesets.ts';

const mark = { meta: { key: 'mark' } };
const chain = (name: string, hook?: string) => ({
  chain: { family: 'inet', table: 't', name, ...(hook && { type: 'filter', hook, prio: 0 }) },
});
const rule = (name: string, ...expr: readonly unknown[]) => ({ rule: { chain: name, expr } });
const bitsOf = (value: unknown): unknown => {
  const table = [chain('c', 'forward'), rule('c', { mangle: { key: mark, value } })];
  return nftRulesets(table).statements.map(({ effect }) => 'bits' in effect && effect.bits)[0];
};

describe('rulesets of others', () => {
  it('say which bits of a mark they may change', () => {
    expect(bitsOf({ '|': [mark, 0x1000] })).toBe(0x1000);
    expect(bitsOf({ '|': [{ '&': [mark, 0xffff_00ff] }, 0x100] })).toBe(0xff00);
    expect(bitsOf({ '^': [mark, 1] })).toBe(1);
    expect(bitsOf(7)).toBe(0xffff_ffff);
    expect(bitsOf({ ct: { key: 'mark' } })).toBe(0xffff_ffff);
    expect(bitsOf({ '|': [{ ct: { key: 'mark' } }, 1] })).toBe(0xffff_ffff);
  });

  it('are followed from their hooks through jumps and maps, in circles too', () => {
    const jump = { vmap: { data: { set: [[22, { jump: { target: 'b' } }]] } } };
    const table = [
      ...[chain('a', 'prerouting'), chain('b'), chain('alone')],
      ...[rule('a', jump), rule('b', { goto: { target: 'a' } }, { notrack: null })],
      rule('alone', { notrack: null }),
    ];
    expect(nftRulesets(table).statements.map(({ hooks }) => hooks)).toEqual([
      [{ hook: 'prerouting', priority: 0 }],
      [],
    ]);
  });

  it('of iptables are read as it saves them, but for our own', () => {
    const save = [
      '*mangle',
      ':FORWARD ACCEPT [0:0]',
      ':routec-choose - [0:0]',
      '-A FORWARD -j routec-choose',
      '-A FORWARD -m mark --mark 0xca6c -j CONNMARK --save-mark --nfmask 0xffffffff --ctmask 0xffffffff',
      '-A FORWARD -m mark ! --mark 0x1 -j MARK --set-xmark 0x1/0xff',
      '-A routec-choose -j MARK --set-xmark 0x1/0xffffffff',
      'COMMIT',
    ].join('\n');
    const { statements } = iptablesRulesets(save, 'iptables-nft');
    expect(statements.map(({ effect, mark: whole }) => [effect, whole])).toEqual([
      [{ kind: 'mark', of: 'connection', bits: 0xffff_ffff }, 0xca6c],
      [{ kind: 'mark', of: 'packet', bits: 0xff }, undefined],
    ]);
  });
});
