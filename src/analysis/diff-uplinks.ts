import type { Nat, Program, Uplink, Way } from '../model/program.ts';
import { sameNat } from '../model/same-nat.ts';
import { FAMILIES, type Family } from '../net/address.ts';
import { formatNat } from '../policy/format-outcome.ts';
import { familyName } from './format-destiny.ts';

/** What differs in the uplinks themselves, a sentence each; `same` are their names in the older program. */
export function diffUplinks(
  was: Program,
  now: Program,
  same: ReadonlyMap<string, string>,
): string[] {
  const old = new Map(was.uplinks.map((uplink) => [uplink.name, uplink]));
  const out: string[] = [];
  for (const uplink of now.uplinks) {
    const before = old.get(same.get(uplink.name) ?? uplink.name);
    if (before === undefined) {
      out.push(`the uplink \`${uplink.name}\` is new: it leaves by \`${uplink.device}\``);
      continue;
    }
    old.delete(before.name);
    out.push(...diffUplink(before, uplink));
  }
  for (const { name, device } of old.values()) {
    out.push(`the uplink \`${name}\` is gone: it left by \`${device}\``);
  }
  return out;
}

function diffUplink(was: Uplink, now: Uplink): string[] {
  const name = `\`${now.name}\``;
  const out: string[] = [];
  const say = (what: string, before: string, after: string): void => {
    if (before !== after) out.push(`${name}: ${what} ${after}; before, ${before}`);
  };
  say('it leaves by', `\`${was.device}\``, `\`${now.device}\``);
  for (const family of FAMILIES) {
    say(`in ${familyName(family)} it leads`, wayText(was.ways[family]), wayText(now.ways[family]));
  }
  say('its own addresses are', ownText(was.own), ownText(now.own));
  say('the networks on its wire are', ownText(was.networks), ownText(now.networks));
  say('its gateways are known by', macText(was.macs), macText(now.macs));
  for (const family of changedNats(was, now)) {
    const what = `what leaves by it in ${familyName(family)}, and names no NAT of its own, has`;
    say(what, natText(was.nat[family]), natText(now.nat[family]));
  }
  say('it clamps segment sizes:', was.clamped ? 'yes' : 'no', now.clamped ? 'yes' : 'no');
  return out;
}

/** The families in which something else becomes of the source address of what leaves by an uplink. */
export function changedNats(was: Uplink, now: Uplink): Family[] {
  return FAMILIES.filter((family) => {
    const leaves = was.ways[family] !== undefined && now.ways[family] !== undefined;
    return leaves && !sameNat(was.nat[family], now.nat[family]);
  });
}

function wayText(way: Way | undefined): string {
  if (way === undefined) return 'nowhere';
  if (way.kind === 'gateway') return `to the gateway ${way.gateway}`;
  return way.kind === 'lease' ? 'to the gateway of its lease' : 'to its link, without a gateway';
}

const ownText = (own: Uplink['networks']): string =>
  own.length === 0 ? 'not known' : own.map(({ prefix }) => prefix).join(', ');

const macText = (macs: Uplink['macs']): string =>
  macs.length === 0 ? 'no MAC' : `the MAC ${macs.join(', ')}`;

const natText = (nat: Nat): string =>
  nat.kind === 'none' || nat.kind === 'nonat' ? 'no NAT' : `\`${formatNat(nat)}\``;
