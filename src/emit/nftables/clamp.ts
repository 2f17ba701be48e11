import type { Program } from '../../model/program.ts';
import { FAMILIES } from '../../net/address.ts';
import { chain, ip, only, type Part, quoted, sorted } from './names.ts';

/**
 * TCP's handshakes by a clamped uplink name segments that fit its MTU, in both directions. What leaves
 * is on its way by that device, so `rt mtu` knows it (nft(8)); what came in is on its way by another,
 * so the size is kept from what left.
 */
export function clamp({ uplinks }: Program): Part {
  const clamped = uplinks.filter((uplink) => uplink.clamped);
  if (clamped.length === 0) return { filled: [], chains: [] };
  const handshake = 'tcp flags & (syn | rst) == syn tcp option maxseg size set';
  const kept = FAMILIES.map((family) => ({
    keyword: 'map' as const,
    name: `segment_${ip(family)}`,
    declaration: ['typeof oifname : tcp option maxseg size', 'size 65535', 'flags dynamic'],
  }));
  return {
    kept,
    filled: [
      {
        keyword: 'set',
        name: 'clamped',
        declaration: ['type ifname'],
        elements: sorted([...new Set(clamped.map(({ device }) => quoted(device)))]),
      },
    ],
    chains: [
      chain(
        'clamp_leaving',
        [
          'oifname != @clamped accept',
          ...FAMILIES.map((family) => {
            const learn = `update @segment_${ip(family)} { oifname : rt mtu }`;
            return `${only(family)} ct state new ${learn}`;
          }),
          `${handshake} rt mtu`,
        ],
        'type filter hook postrouting priority -140; policy accept;',
      ),
      chain(
        'clamp_arriving',
        [
          'iifname != @clamped accept',
          ...FAMILIES.map((family) => {
            return `${only(family)} ${handshake} iifname map @segment_${ip(family)}`;
          }),
        ],
        'type filter hook forward priority -140; policy accept;',
      ),
    ],
  };
}
