/**
 * Which numbers are whose, counted from `option priority` (P). Tables: P is the last resort, P + slot
 * a choice, P + 500 + slot an uplink's own, P + 999 the way to a refusal. Rules: P main first, for what
 * is marked, and past many slots, for the rest; P + 1 … the slots, and then these.
 */
export const LAYOUT = {
  /** The highest slot: the own table of one must lie below P + 1000. */
  lastSlot: 498,
  /** How far above its choice table an uplink's own table lies. */
  ownTables: 500,
  /** Where the router's own packets are sent to be refused: back to itself. */
  refusalTable: 999,
  /** The highest rule of a slot. */
  lastSlotRule: 895,
  localReject: 896,
  localDrop: 897,
  reject: 898,
  drop: 899,
  /** Two rules for each own address, in each family. */
  ownRules: 900,
  lastOwnRule: 995,
  /** What another program gave the mark of a connection that is main's. */
  main: 996,
  /** The guard: past what is not local; what is local to its refusal; the rest unreachable. */
  guardSkip: 997,
  guardLocal: 998,
  guard: 999,
  /** After main (32766) and default (32767); not counted from P. */
  lastResort: 32800,
  /** P itself: above the kernel's own tables (253 to 255), below main's rule. */
  lowestPriority: 256,
  highestPriority: 31_000,
} as const;
