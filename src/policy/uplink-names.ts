import { distance } from 'fastest-levenshtein';
import type { Word } from '../../grammar/tree.ts';
import { LAYOUT } from '../model/layout.ts';
import { scanUplinkDevice } from '../net/device-name.ts';
import { at, diagnose, type Report } from '../text/diagnostic.ts';
import { nearestOfFew } from '../text/nearest.ts';
import { ambiguousDevice, badDeviceName, implicitUplink, unknownUplink } from './kinds.ts';
import type { UplinkPolicy } from './policy.ts';
import { readWord, reportTooMany } from './read-words.ts';

/** The uplinks of a policy, and how `via X` finds one of them. */
export interface UplinkNames {
  /** By its name alone, without a report. */
  readonly byName: (name: string) => UplinkPolicy | undefined;
  /** `route … via X`: an unknown X becomes an on-link uplink on the device X. */
  readonly target: (word: Word) => UplinkPolicy | undefined;
  /** `expect`, `forward`, `while`: an unknown X is an error. */
  readonly mention: (word: Word) => UplinkPolicy | undefined;
  readonly all: () => UplinkPolicy[];
}

/** Devices of these kinds have no gateway: the other end of the link is the way out. */
const POINT_TO_POINT = /^(ppp|pppoe|tun|wg|wwan|l2tp|sit|gre|ipip|vti|xfrm|ipsec|tailscale)/;

/** `lost` are names whose declaration has an error of its own: they are not reported again. */
export function uplinkNames(
  declared: readonly UplinkPolicy[],
  lost: ReadonlySet<string>,
  report: Report,
): UplinkNames {
  const byName = new Map<string, UplinkPolicy>();
  const byDevice = new Map<string, UplinkPolicy[]>();
  const add = (uplink: UplinkPolicy): void => {
    byName.set(uplink.name, uplink);
    byDevice.set(uplink.device, [...(byDevice.get(uplink.device) ?? []), uplink].slice(0, 2));
  };
  declared.forEach(add);

  const find = (word: Word): UplinkPolicy | 'unknown' | undefined => {
    const named = byName.get(word.text);
    if (named !== undefined) return named;
    if (lost.has(word.text)) return undefined;
    const [first, second] = byDevice.get(word.text) ?? [];
    if (second === undefined) return first ?? 'unknown';
    const labels = [at(word.span), at(first?.span ?? word.span), at(second.span)] as const;
    const message = `\`${word.text}\` is the device of several uplinks`;
    const help = `name the uplink: \`${first?.name}\` or \`${second.name}\``;
    report(diagnose(ambiguousDevice, message, [...labels], help));
    return undefined;
  };

  const unknown = (word: Word, meant: string | undefined): undefined => {
    const message = `there is no uplink \`${word.text}\``;
    const help =
      meant === undefined
        ? `declare it: \`uplink ${word.text} dev ...\``
        : `did you mean \`${meant}\`?`;
    report(diagnose(unknownUplink, message, [at(word.span)], help));
  };

  let known = 0;
  let names: readonly string[] = [];
  const quotable = (): readonly string[] => {
    if (known === byName.size) return names;
    known = byName.size;
    const shown = [...byName.values()].filter(({ span }) => span.source.quotable);
    names = shown.map(({ name }) => name);
    return names;
  };

  const nearest = nearestOfFew();
  const mention = (word: Word): UplinkPolicy | undefined => {
    const found = find(word);
    return found === 'unknown' ? unknown(word, nearest(word.text, quotable())) : found;
  };

  const target = (word: Word): UplinkPolicy | undefined => {
    const found = find(word);
    if (found !== 'unknown') return found;
    const slip = slipOf(word.text, declared);
    if (slip !== undefined) return unknown(word, slip.span.source.quotable ? slip.name : undefined);
    const device = readWord(badDeviceName, word, scanUplinkDevice, report);
    if (device === undefined) return undefined;
    if (reportTooMany(byName.size, word, report)) return undefined;
    const uplink = { name: device, device, span: word.span, gateways: [], addresses: [], macs: [] };
    add(uplink);
    if (!POINT_TO_POINT.test(device)) {
      const message = `\`${device}\` is no declared uplink: its packets go straight onto the wire of that device`;
      const help = `name its gateway: \`uplink ${device} dev ${device} gateway ...\``;
      report(diagnose(implicitUplink, message, [at(word.span, 'routed on-link')], help));
    }
    return uplink;
  };

  return {
    byName: (name) => byName.get(name),
    target,
    mention,
    all: () => [...byName.values()],
  };
}

/** More than there can be. */
const MOST_LOOKED_AT = LAYOUT.lastSlot;

/** The declared uplink that was likely meant; letters and digits (`eth3`) are a device, no slip. */
function slipOf(name: string, declared: readonly UplinkPolicy[]): UplinkPolicy | undefined {
  if (/^[A-Za-z]+[0-9]+$/.test(name)) return undefined;
  const [best] = declared
    .slice(0, MOST_LOOKED_AT)
    .filter((uplink) => Math.abs(uplink.name.length - name.length) <= 2)
    .map((uplink) => ({ uplink, steps: distance(name, uplink.name) }))
    .filter(({ steps }) => steps <= 2)
    .sort((a, b) => a.steps - b.steps);
  return best?.uplink;
}
