import type { Family } from '../net/address.ts';
import { formatNat } from '../policy/format-outcome.ts';
import { quoted } from '../policy/format-packet.ts';
import type { Course, Destiny } from './destiny.ts';

/** What becomes of packets, as a target of the language, and who brings the answers back. */
export function formatDestiny({ ways, by, back }: Destiny): string {
  const total = ways.reduce((sum, { weight }) => sum + weight, 0);
  const texts = ways.map(({ way, weight }) => {
    const share = `${Number(((weight / total) * 100).toFixed(2))} % `;
    return `${ways.length > 1 ? share : ''}${courseText(way)}`;
  });
  const spread = by === undefined ? '' : ` by ${by}`;
  const answers = back === undefined ? '' : `, answers back by ${quoted(back.name)}`;
  return `${texts.join(', ')}${spread}${answers}`;
}

/** The tiers in their order; that nothing is left is said where there is no tier at all. */
function courseText({ tiers, end }: Course): string {
  if (tiers.length === 0) return end === 'unreachable' ? 'unreachable' : `via ${end}`;
  const texts = tiers.map(({ uplink, nat }) => {
    const said = formatNat(nat);
    return `${quoted(uplink.name)}${said === '' ? '' : ` ${said}`}`;
  });
  return `via ${[...texts, ...(end === 'unreachable' ? [] : [end])].join(' else ')}`;
}

/** What a family is called among people. */
export const familyName = (family: Family): string => `IPv${family}`;
