/** What a packet has where nobody says otherwise: it goes without saying, too. */
export const USUAL = {
  /** One of those that systems give to a client's connection. */
  sourcePort: 40_000,
  /** 02:00:00:00:00:01: one that is nobody's. */
  mac: 0x0200_0000_0001,
  dscp: 0,
  mark: 0,
} as const;
