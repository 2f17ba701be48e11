import { formatMark } from '../../net/mark.ts';

/** The words that test and set our bits of the marks; no other bit is ever touched. */
export interface Marks {
  /** Tests the packet mark; 0 by default. */
  readonly packet: (value?: number) => string;
  readonly notPacket: (value?: number) => string;
  /** Tests the conntrack mark; neither fits what conntrack does not follow. */
  readonly connection: (value?: number) => string;
  readonly notConnection: (value?: number) => string;
  readonly setPacket: (value: number) => string;
  readonly setConnection: (value: number) => string;
  /** Copies the packet mark to the conntrack mark, and back. */
  readonly save: string;
  readonly restore: string;
}

/** The words for a mask. */
export function marksOf(mask: number): Marks {
  const masked = (value: number): string => `${formatMark(value)}/${formatMark(mask)}`;
  const both = `--nfmask ${formatMark(mask)} --ctmask ${formatMark(mask)}`;
  return {
    packet: (value = 0) => `-m mark --mark ${masked(value)}`,
    notPacket: (value = 0) => `-m mark ! --mark ${masked(value)}`,
    connection: (value = 0) => `-m connmark --mark ${masked(value)}`,
    notConnection: (value = 0) => `-m connmark ! --mark ${masked(value)}`,
    setPacket: (value) => `-j MARK --set-xmark ${masked(value)}`,
    setConnection: (value) => `-j CONNMARK --set-xmark ${masked(value)}`,
    save: `-j CONNMARK --save-mark ${both}`,
    restore: `-j CONNMARK --restore-mark ${both}`,
  };
}
