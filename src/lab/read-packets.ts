import * as v from 'valibot';
import type { UpOrDown } from './network.ts';
import type { NetworkPlan } from './network-plan.ts';

/** A packet, or a connection's first: `FROM -> TO:PORT`, and `[A]:PORT` in IPv6. */
interface Way {
  /** Void where the router may choose. */
  readonly from?: string | undefined;
  /** The source port, where it matters: `FROM:PORT -> …`. */
  readonly source?: number | undefined;
  readonly to: string;
  readonly port: number;
}

interface Question extends Way {
  readonly kind: 'question';
  readonly asker: 'host' | 'router';
  readonly protocol: 'tcp' | 'udp';
  /** An ISP or a LAN, each by the router's device, or `router`; null if nobody sees it. */
  readonly answerer: string | null;
  /** The source address that the answerer sees. */
  readonly as?: string | undefined;
  /** The name under which the connection stays open. */
  readonly keep?: string | undefined;
  /** What the asker is told. UDP hears only of what ICMP calls final: no mere `unreachable`. */
  readonly error?: string | undefined;
}

interface Inbound extends Way {
  readonly kind: 'inbound';
  readonly device: string;
  /** A LAN by the router's device, or `router`; null if nobody does. */
  readonly answerer: string | null;
  /** The source address that the answerer sees. */
  readonly as?: string | undefined;
}

/** Once more on a connection that was kept: does the same one still answer it? */
interface Again {
  readonly kind: 'again';
  readonly keep: string;
  readonly answered: boolean;
}

interface Switch {
  readonly kind: 'link' | 'carrier';
  readonly device: string;
  readonly set: UpOrDown;
}

interface Reload {
  readonly kind: 'reload';
}

export type Step = (Question | Inbound | Again | Switch | Reload) & {
  /** As a complaint names it. */
  readonly text: string;
};

/** A network, and what happens in it, one step after the other. */
export interface Packets {
  readonly network: NetworkPlan;
  readonly steps: readonly Step[];
}

const Texts = v.array(v.string());
const Uplink = v.strictObject({ addresses: Texts, gateways: v.optional(Texts, []) });
const File = v.strictObject({
  network: v.strictObject({
    lans: v.array(v.strictObject({ device: v.string(), addresses: Texts, hosts: Texts })),
    uplinks: v.record(v.string(), Uplink),
    internet: v.optional(Texts),
    main: v.optional(v.string()),
    sysctl: v.optional(v.record(v.string(), v.union([v.string(), v.number()]))),
  }),
  steps: v.array(v.record(v.string(), v.unknown())),
});
const Leaves = v.strictObject({
  leaves: v.nullable(v.string()),
  as: v.optional(v.string()),
  error: v.optional(v.string()),
  keep: v.optional(v.string()),
});
/** `true` is by the router. */
const Answered = v.strictObject({
  answered: v.union([v.boolean(), v.string()]),
  as: v.optional(v.string()),
});
const Again = v.strictObject({ answered: v.boolean() });
const Switched = v.strictObject({ set: v.picklist(['up', 'down']) });
const Nothing = v.strictObject({});

/** Reads a `packets.json`; what is wrong in it is an error that names the step. */
export function readPackets(text: string): Packets {
  const { network, steps } = v.parse(File, JSON.parse(text));
  return {
    network,
    steps: steps.map((step, index) => {
      try {
        return readStep(step);
      } catch (error) {
        throw new Error(`step ${index + 1}, ${JSON.stringify(step)}: ${(error as Error).message}`);
      }
    }),
  };
}

/** The first key says what a step is. */
function readStep(step: Readonly<Record<string, unknown>>): Step {
  const [[key, value] = ['', ''], ...expected] = Object.entries(step);
  const rest = Object.fromEntries(expected);
  const text = `${key} ${value}`;
  switch (key) {
    case 'tcp':
    case 'udp':
    case 'local tcp':
    case 'local udp': {
      const asker = key.startsWith('local') ? 'router' : 'host';
      const protocol = key.endsWith('tcp') ? 'tcp' : 'udp';
      const question = { kind: 'question', asker, protocol, ...readWay(value), text } as const;
      // What stays inside leaves by no uplink.
      if ('answered' in rest) return { ...question, ...readAnswered(rest) };
      const { leaves, ...others } = v.parse(Leaves, rest);
      return { ...question, answerer: leaves, ...others };
    }
    case 'inbound tcp': {
      const [, device, way] = /^(\S+): (.*)$/.exec(String(value)) ?? [];
      if (device === undefined) throw new Error('write `DEVICE: FROM -> TO:PORT`');
      return { kind: 'inbound', device, ...readWay(way), ...readAnswered(rest), text };
    }
    case 'again': {
      const { answered } = v.parse(Again, rest);
      return { kind: 'again', keep: String(value), answered, text };
    }
    case 'link':
    case 'carrier': {
      const { set } = v.parse(Switched, rest);
      return { kind: key, device: String(value), set, text: `${text} ${set}` };
    }
    case 'reload':
      v.parse(Nothing, rest);
      return { kind: 'reload', text: key };
    default:
      throw new Error(`there is no step \`${key}\``);
  }
}

function readAnswered(rest: unknown): Pick<Question, 'answerer' | 'as'> {
  const { answered, as } = v.parse(Answered, rest);
  if (answered === false) return { answerer: null, as };
  return { answerer: answered === true ? 'router' : answered, as };
}

function readWay(value: unknown): Way {
  const [from, to = '', ...more] = String(value).split(/ ?-> /);
  const target = readEnd(to);
  const source = from === '' || from === undefined ? {} : readEnd(from);
  if (target.port === undefined || target.address === undefined || more.length > 0) {
    throw new Error('write `FROM -> TO:PORT`, or `-> TO:PORT`');
  }
  const { address, port } = source as { address?: string; port?: number };
  return { from: address, source: port, to: target.address, port: target.port };
}

/** `A`, `A:PORT` or `[A6]:PORT`. */
function readEnd(text: string): { address?: string; port?: number } {
  const parts = /^(?:\[(\S+)\]|([^\s:]+)):(\d+)$/.exec(text);
  if (parts === null) return /^\S+$/.test(text) ? { address: text } : {};
  return { address: parts[1] ?? parts[2] ?? '', port: Number(parts[3]) };
}
