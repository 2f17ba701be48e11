import type { Scanned } from './fault.ts';
import type { Interval } from './interval-set.ts';

const BYTES = 15;

/** Why the kernel would refuse the name of a device (dev_valid_name in net/core/dev.c). */
export function scanDeviceName(text: string): Scanned<string> {
  if (text === '' || text === '.' || text === '..')
    return { fault: `\`${text}\` is no device name` };
  if (!/^[!-~]+$/.test(text)) {
    return { fault: 'a device name holds visible ASCII characters only' };
  }
  if (/[/:]/.test(text))
    return { fault: `\`${text}\` is no device name: \`/\` and \`:\` can't be in it` };
  // dev_prep_valid_name in net/core/dev.c: in a new name it stands for a number, as `%d`, or is refused.
  if (text.includes('%')) {
    return { fault: `\`${text}\` is no device name: \`%\` can't be in it` };
  }
  if (text.length > BYTES) {
    return {
      fault: `\`${text}\` is no device name: it has ${text.length} bytes, ${BYTES} are the most`,
    };
  }
  // Each of these means something to one of the tools that load what is written, in quotes too:
  // nft ends its string at `"` and globs `*`, `ip -batch` reads `#`, `'` and `\\`, sysctl the rest.
  if (/["'*#\\=?[\]]/.test(text)) {
    return {
      fault: `\`${text}\` can't be written for nft, ip and sysctl: \`" ' * # \\ = ? [ ]\` can't be in it`,
    };
  }
  return { value: text };
}

/**
 * A name as a number: its bytes, padded with zeros to 15, doubled. So a prefix is an interval of
 * names, and no two names (nor prefixes) lie side by side and could be taken for one interval.
 */
export function deviceInterval(name: string, wildcard: boolean): Interval<bigint> {
  let low = 0n;
  let high = 0n;
  for (let place = 0; place < BYTES; place += 1) {
    const code = BigInt(name.charCodeAt(place) || 0);
    low = (low << 8n) | code;
    high = (high << 8n) | (place >= name.length && wildcard ? 255n : code);
  }
  return [low << 1n, high << 1n];
}

/** The highest number that a name can come to. */
export const LAST_DEVICE = (1n << BigInt(8 * BYTES + 1)) - 1n;

/** The name that an interval stands for, with a `*` behind it if it is a prefix. */
export function formatDevice([low, high]: Interval<bigint>): string {
  let name = '';
  for (let place = 0; place < BYTES; place += 1) {
    const code = Number((low >> BigInt(8 * (BYTES - 1 - place) + 1)) & 255n);
    if (code === 0) break;
    name += String.fromCharCode(code);
  }
  return low === high ? name : `${name}*`;
}

/** Whether an interval of names is one name, or all that begin alike. */
export function isDevicePattern(interval: Interval<bigint>): boolean {
  const name = formatDevice(interval);
  const wildcard = name.endsWith('*');
  const [low, high] = deviceInterval(wildcard ? name.slice(0, -1) : name, wildcard);
  return interval[0] === low && interval[1] === high;
}

/** The device of an uplink: one that can have a link, and a folder of settings to itself. */
export function scanUplinkDevice(text: string): Scanned<string> {
  if (text === 'lo') return { fault: '`lo` leads nowhere but to the router itself' };
  if (text === 'all' || text === 'default') {
    return { fault: `\`${text}\` is no device: it is where the settings of all devices are` };
  }
  return scanDeviceName(text);
}
