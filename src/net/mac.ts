import type { Scanned } from './fault.ts';

/** A MAC address, six pairs of hexadecimal digits with `:`, as a 48-bit number. */
export function scanMac(text: string): Scanned<number> {
  if (/^([0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}$/.test(text)) {
    return { value: Number.parseInt(text.replaceAll(':', ''), 16) };
  }
  const dashed = text.replaceAll('-', ':');
  const fault = `\`${text}\` is not a MAC address: six pairs of digits, as in 00:00:5e:00:53:01`;
  return dashed !== text && 'value' in scanMac(dashed)
    ? { fault, write: dashed, certain: true }
    : { fault };
}

/** Six pairs of hexadecimal digits with `:`. */
export function formatMac(mac: number): string {
  const digits = mac.toString(16).padStart(12, '0');
  return (digits.match(/../g) as string[]).join(':');
}
