import { nearest } from '../text/nearest.ts';
import type { Scanned } from './fault.ts';
import type { Interval } from './interval-set.ts';
import { serviceNames, servicePort } from './services.ts';

/** A decimal number without leading zeros, from 0 to `max`. */
export function scanNumber(text: string, max: number): number | undefined {
  if (!/^(0|[1-9][0-9]{0,15})$/.test(text)) return undefined;
  const number = Number(text);
  return number <= max ? number : undefined;
}

/** A port, a range `A-B` of ports, or the name of a service as IANA has it. */
export function scanPorts(text: string): Scanned<Interval<number>> {
  const range = /^([0-9]+)-([0-9]+)$/.exec(text);
  const ends = range === null ? [text, text] : [range[1] as string, range[2] as string];
  if (range !== null || /^[0-9]/.test(text)) {
    const [low, high] = ends.map((end) => scanNumber(end, 65535));
    if (low === undefined || high === undefined) {
      const bare = ends.map((end) => end.replace(/^0+(?=[0-9])/, ''));
      const write = range === null ? `${bare[0]}` : bare.join('-');
      const zeros = bare.every((end) => scanNumber(end, 65535) !== undefined);
      const fault = `\`${text}\` is not a port: ${zeros ? 'it has a leading zero' : 'ports are 0 to 65535'}`;
      return zeros ? { fault, write } : { fault };
    }
    if (low > high) return { fault: `\`${text}\` is a range backwards`, write: `${high}-${low}` };
    return { value: [low, high] };
  }
  const port = servicePort(text);
  if (port !== undefined) return { value: [port, port] };
  const meant = nearest(text, serviceNames());
  return {
    fault: `\`${text}\` is neither a port nor a service that IANA lists`,
    ...(meant === undefined ? {} : { write: meant }),
  };
}
