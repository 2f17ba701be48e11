import * as v from 'valibot';
import type { ThereOrGone, UpOrDown } from './network.ts';
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

/** Who asks: the host that has the source address, the router, or the ISP at one of its devices. */
type Asker =
  | { readonly kind: 'host' }
  /** A program of a user, or in a cgroup below the root of the hierarchy; else of nobody in particular. */
  | { readonly kind: 'router'; readonly user?: string; readonly cgroup?: string }
  | { readonly kind: 'isp'; readonly device: string };

export interface Question extends Way {
  readonly asker: Asker;
  readonly protocol: 'tcp' | 'udp' | Raw;
  /** An ISP or a LAN, each by the router's device, or `router`; null if nobody sees it. */
  readonly answerer: string | null;
  /** The source address that the answerer sees. */
  readonly as?: string | undefined;
  /** The name under which the connection stays open. */
  readonly keep?: string | undefined;
  /** What the asker is told. UDP hears only of what ICMP calls final: no mere `unreachable`. */
  readonly error?: string | undefined;
  /** As a complaint names it. */
  readonly text: string;
}

/** A packet as it is. Nobody answers it: that an ISP counts it is all that is seen of it. */
interface Raw {
  readonly number: number;
  /** What is behind its IP header, in hexadecimal digits. */
  readonly bytes: string;
  readonly dscp: number;
}

/** Asked at once: to wait for what does not come takes as long for many as for one. */
interface Questions {
  readonly kind: 'questions';
  readonly questions: readonly Question[];
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

/** A monitor withdraws the default route of an uplink's choice, or gives it back. */
interface Default {
  readonly kind: 'default';
  /** As it is called in the names of its files. */
  readonly uplink: string;
  readonly set: ThereOrGone;
}

/** A device is deleted, or made anew. */
interface Device {
  readonly kind: 'device';
  readonly device: string;
  readonly set: ThereOrGone;
}

/** What a DHCP client hears of, and tells its hook. */
interface Lease {
  readonly kind: 'lease';
  readonly words: readonly string[];
}

/** What an administrator, or a monitor, does on the router with `ip`. */
interface Ip {
  readonly kind: 'ip';
  readonly words: readonly string[];
}

interface Reload {
  readonly kind: 'reload';
}

/** The router's dnsmasq is asked for a name, and told its addresses. */
interface Resolve {
  readonly kind: 'resolve';
  readonly name: string;
  readonly addresses: readonly string[];
}

export type Step = (
  | Questions
  | Again
  | Switch
  | Default
  | Device
  | Lease
  | Ip
  | Reload
  | Resolve
) & {
  /** As a complaint names it. */
  readonly text: string;
};

/** A network, and what happens in it, one step after the other. */
export interface Packets {
  readonly network: NetworkPlan;
  readonly steps: readonly Step[];
}

const Texts = v.array(v.string());
const Lan = v.strictObject({
  device: v.string(),
  addresses: Texts,
  hosts: Texts,
  mac: v.optional(v.string()),
});
const Uplink = v.strictObject({
  addresses: Texts,
  gateways: v.optional(Texts, []),
  routed: v.optional(Texts),
  beside: v.optional(v.string()),
  mac: v.optional(v.string()),
});
const File = v.strictObject({
  network: v.strictObject({
    lans: v.array(Lan),
    uplinks: v.record(v.string(), Uplink),
    internet: v.optional(Texts),
    main: v.optional(v.string()),
    sysctl: v.optional(v.record(v.string(), v.union([v.string(), v.number()]))),
    others: v.optional(Texts),
  }),
  steps: v.array(v.record(v.string(), v.unknown())),
});
const Leaves = v.strictObject({
  leaves: v.nullable(v.string()),
  as: v.optional(v.string()),
  error: v.optional(v.string()),
  keep: v.optional(v.string()),
});
/** Who of the router's own asks. */
const Program = v.object({ user: v.optional(v.string()), cgroup: v.optional(v.string()) });
/** `true` is by the router. */
const Answered = v.strictObject({
  answered: v.union([v.boolean(), v.string()]),
  as: v.optional(v.string()),
  error: v.optional(v.string()),
  keep: v.optional(v.string()),
});
/** Enough for any header that conntrack reads. */
const EMPTY = '00'.repeat(8);
const Dscp = v.optional(v.pipe(v.number(), v.maxValue(63)), 0);
const Sent = v.strictObject({
  leaves: v.nullable(v.string()),
  dscp: Dscp,
  bytes: v.optional(v.pipe(v.string(), v.regex(/^([0-9a-f]{2})*$/)), EMPTY),
});
const Group = v.array(v.record(v.string(), v.unknown()));
const Again = v.strictObject({ answered: v.boolean() });
const Switched = v.strictObject({ set: v.picklist(['up', 'down']) });
const Moved = v.strictObject({ set: v.picklist(['there', 'gone']) });
const Leased = v.union([
  v.strictObject({ gateway: v.string() }),
  v.strictObject({ lost: v.picklist([4, 6]) }),
]);
const Resolved = v.strictObject({ as: Texts });
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
    case 'together': {
      v.parse(Nothing, rest);
      const questions = v.parse(Group, value).map(readQuestion);
      assertToldApart(questions);
      return { kind: 'questions', questions, text: key };
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
    case 'default': {
      const { set } = v.parse(Moved, rest);
      return { kind: key, uplink: String(value), set, text: `${text} ${set}` };
    }
    case 'device': {
      const { set } = v.parse(Moved, rest);
      return { kind: key, device: String(value), set, text: `${text} ${set}` };
    }
    case 'lease': {
      const lease = v.parse(Leased, rest);
      const device = String(value);
      const words =
        'gateway' in lease
          ? ['lease', device, lease.gateway]
          : ['lost', device, String(lease.lost)];
      return { kind: key, words, text: words.join(' ') };
    }
    case 'resolve':
      return { kind: key, name: String(value), addresses: v.parse(Resolved, rest).as, text };
    case 'ip':
      v.parse(Nothing, rest);
      return { kind: key, words: String(value).split(' '), text };
    case 'reload':
      v.parse(Nothing, rest);
      return { kind: 'reload', text: key };
    default:
      return { kind: 'questions', questions: [readQuestion(step)], text };
  }
}

function readQuestion(step: Readonly<Record<string, unknown>>): Question {
  const [[key, value] = ['', ''], ...expected] = Object.entries(step);
  const rest = Object.fromEntries(expected);
  const text = `${key} ${value}`;
  const [, side = '', name = ''] = /^(|local |inbound )(tcp|udp|proto \d+)$/.exec(key) ?? [];
  if (name === '') throw new Error(`there is no step \`${key}\``);
  if (name !== 'tcp' && name !== 'udp') {
    const { leaves, ...packet } = v.parse(Sent, rest);
    const protocol = { number: Number(name.slice('proto '.length)), ...packet };
    const [from, to] = String(value).split(' -> ');
    if (side !== '' || !from || !to) throw new Error('only hosts send it; write `FROM -> TO`');
    const asker = { kind: 'host' } as const;
    return { asker, protocol, from, to, port: 0, answerer: leaves, text };
  }
  const { asker, way } = readAsker(side, value, rest);
  const question = { asker, protocol: name, ...readWay(way), text } as const;
  // What stays inside leaves by no uplink.
  if ('answered' in rest) return { ...question, ...readAnswered(rest) };
  const { leaves, ...others } = v.parse(Leaves, rest);
  return { ...question, answerer: leaves, ...others };
}

/** Takes what says it out of the rest. */
function readAsker(
  side: string,
  value: unknown,
  rest: Record<string, unknown>,
): { asker: Asker; way: unknown } {
  if (side === '') return { asker: { kind: 'host' }, way: value };
  if (side === 'local ') {
    const program = v.parse(Program, rest);
    delete rest.user;
    delete rest.cgroup;
    return { asker: { kind: 'router', ...program } as Asker, way: value };
  }
  const [, device, way] = /^(\S+): (.*)$/.exec(String(value)) ?? [];
  if (device === undefined) throw new Error('write `DEVICE: FROM -> TO:PORT`');
  return { asker: { kind: 'isp', device }, way };
}

/** What nobody answers is only counted: of several the count says nothing if their ways differ. */
function assertToldApart(questions: readonly Question[]): void {
  const raw = questions.filter(({ protocol }) => typeof protocol !== 'string');
  if (new Set(raw.map(({ answerer }) => answerer)).size > 1) {
    throw new Error('packets that nobody answers leave by one device if they are sent together');
  }
}

function readAnswered(rest: unknown): Pick<Question, 'answerer' | 'as' | 'error' | 'keep'> {
  const { answered, ...others } = v.parse(Answered, rest);
  if (answered === false) return { answerer: null, ...others };
  return { answerer: answered === true ? 'router' : answered, ...others };
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
