import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bug } from '../bug.ts';
import { check, compile, type Entry } from '../compile.ts';
import type { BackendName } from '../emit/backends.ts';
import { domainSet as ipsetOf } from '../emit/iptables/sets.ts';
import { domainSet as nftSetOf } from '../emit/nftables/atoms.ts';
import { writeArtefacts } from '../host/artefact-folder.ts';
import { evaluate } from '../model/evaluate.ts';
import type { Program } from '../model/program.ts';
import { findArtefacts } from './artefacts.ts';
import type { Answer } from './ask-agent.ts';
import { type Expected, expectedOf, packetOf, upIn } from './expected-of.ts';
import { type Iptables, load, unload } from './load.ts';
import type { Namespace } from './namespace.ts';
import { type Network, withNetwork } from './network.ts';
import { type Ask, askerOf, seenByAll, startAgents } from './packets.ts';
import type { Asked, Case, Round } from './random-case.ts';
import { ISPS, LEARNED, NETWORKS, type NetworkName } from './random-network.ts';
import type { Question } from './read-packets.ts';

/** A ruleset: which backend wrote it, and which of the two iptables loads it. */
export interface By {
  readonly name: string;
  readonly backend: BackendName;
  readonly iptables: Iptables;
}
export const RULESETS: readonly By[] = [
  { name: 'nft', backend: 'nft', iptables: 'nft' },
  { name: 'iptables-nft', backend: 'iptables', iptables: 'nft' },
  { name: 'iptables-legacy', backend: 'iptables', iptables: 'legacy' },
];

/** A network with an agent in each namespace, used for one case after the other. */
interface Bench {
  readonly network: Network;
  readonly ask: Ask;
  /** Where artefacts are written. */
  readonly folder: string;
  /** Takes a source port that no question had before it in a long time. */
  readonly source: (first: number) => number;
}

/** One of each network. */
export type Benches = Readonly<Record<NetworkName, Bench>>;

/** Where the model and the kernel differ. */
export interface Complaint {
  readonly round: number;
  /** The question that it is about; void where a ruleset did not load. */
  readonly asked?: Asked;
  readonly text: string;
}

export interface Agreement {
  /** The policy as it was loaded: without the lines that contradict themselves. */
  readonly lines: readonly string[];
  readonly packets: number;
  readonly complaints: readonly Complaint[];
}

/** Milliseconds. What should not come is counted where it would arrive: nobody waits for its repetition. */
const WAIT = { nothing: 400, something: 4000, raw: 300 };

/** Builds the networks of all cases for as long as they are used. */
export async function withBenches(use: (benches: Benches) => Promise<void>): Promise<void> {
  await withBench('apart', (apart) => withBench('shared', (shared) => use({ apart, shared })));
}

async function withBench(name: NetworkName, use: (bench: Bench) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'routec-'));
  try {
    await withNetwork(NETWORKS[name], async (network) => {
      const { ask, stop } = await startAgents(network, WAIT);
      let taken = 0;
      const source = (first: number): number => {
        taken += 1;
        return first + (taken % 100);
      };
      try {
        await use({ network, folder, source, ask });
      } finally {
        await stop();
      }
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Loads a case's policy, asks what it asks, holds the model's answer against it, and takes all away. */
export async function agree(benches: Benches, each: Case, by: By): Promise<Agreement> {
  const bench = benches[each.network];
  const { network, folder } = bench;
  const lines = soundLines(each.lines, by.backend);
  const text = `${lines.join('\n')}\n`;
  const program = programOf(text, by.backend) ?? bug('a sound policy that is not');
  const { artefacts } = compile(entryOf(text), read, undefined, by.backend);
  writeArtefacts(folder, 'policy', artefacts, undefined);
  const files = findArtefacts(folder) ?? bug('no manifest was written');
  const complaints: Complaint[] = [];
  let packets = 0;
  await load(network.router, files, undefined, by.iptables);
  await learn(network.router, program, by.backend);
  for (const [index, round] of each.rounds.entries()) {
    await setState(network, program, round);
    const found = await askAll(bench, program, round);
    packets += found.packets;
    complaints.push(...found.complaints.map((each) => ({ ...each, round: index })));
    for (const device of devicesOf(program, round.down)) await network.setLink(device, 'up');
  }
  await unload(network.router, files, by.iptables);
  await network.router.run('conntrack', ['-F']);
  return { lines, packets, complaints };
}

/** The lines of a policy but those that are errors. */
export function soundLines(lines: readonly string[], backend: BackendName): readonly string[] {
  const sound: string[] = [];
  const declares = (line: string): boolean => /^(uplink|set|option)/.test(line);
  const head = lines.filter(declares);
  for (const line of lines) {
    const text = `${[...head, ...(declares(line) ? [] : [line])].join('\n')}\n`;
    if (programOf(text, backend) !== undefined) sound.push(line);
  }
  return sound;
}

/** A policy's program; nothing where it has an error. */
export const programOf = (text: string, backend: BackendName): Program | undefined =>
  check(entryOf(text), read, undefined, backend).program;
const entryOf = (text: string): Entry => ({
  name: 'policy.route',
  base: 'policy',
  bytes: new TextEncoder().encode(text),
});
const read = () => ({ refused: 'no files' });

const devicesOf = ({ uplinks }: Program, names: readonly string[]): ReadonlySet<string> =>
  new Set(uplinks.filter(({ name }) => names.includes(name)).map(({ device }) => device));

/** Fills the run-time set, as a resolver does. */
async function learn(router: Namespace, { domains }: Program, backend: BackendName): Promise<void> {
  for (const { name } of domains) {
    for (const address of LEARNED.addresses) {
      const family = address.includes(':') ? 6 : 4;
      if (backend === 'iptables') {
        await router.run('ipset', ['add', ipsetOf(name, family).name, address]);
      } else {
        const set = ['inet', 'routec', nftSetOf(name, family)];
        await router.run('nft', ['add', 'element', ...set, `{ ${address} }`]);
      }
    }
  }
}

async function setState({ router, setLink }: Network, program: Program, round: Round) {
  for (const device of devicesOf(program, round.down)) await setLink(device, 'down');
  for (const { name, choiceTable, ways } of program.uplinks) {
    if (!round.withdrawn.includes(name)) continue;
    const table = ['route', 'del', 'default', 'table', `${choiceTable}`];
    if (ways[4] !== undefined) await router.run('ip', table);
    if (ways[6] !== undefined) await router.run('ip', ['-6', ...table]);
  }
}

async function askAll(
  { network, ask, source }: Bench,
  program: Program,
  round: Round,
): Promise<{ packets: number; complaints: Omit<Complaint, 'round'>[] }> {
  const all = round.asked.flatMap((each) => {
    const asked = { ...each, source: source(each.source) };
    const expected = expectedOf(program, asked, round);
    if (expected === undefined) return [];
    return [{ each, asked, expected, question: questionOf(asked, expected) }];
  });
  const before = await seenByAll(network);
  const answers = await ask(
    all.map(({ question }) => ({ question, asker: askerOf(network, question) })),
  );
  const after = await seenByAll(network);
  const complaints: Omit<Complaint, 'round'>[] = [];
  /** Of each ISP, how many it must have counted, and whether it may have counted more. */
  const counts = new Map(Object.keys(ISPS).map((device) => [device, { least: 0, more: 0 }]));
  const hosts = new Map<string, string>();
  for (const [index, { each, asked, expected, question }] of all.entries()) {
    const answer = answers[index] ?? bug('a question without an answer');
    const fits = expected.find((one) => isFulfilled(one, answer));
    if (fits === undefined) {
      const wanted = expected.map(wordsOf).join(', or ');
      const text = `${question.text}: should ${wanted}; ${JSON.stringify(answer)}`;
      complaints.push({ asked: each, text });
    }
    const reached = 'name' in answer ? answer.name : fits?.reached;
    const count = counts.get(reached ?? '');
    if (count !== undefined) count.least += 1;
    if (count !== undefined && !('name' in answer)) count.more += 1000;
    // A datagram's answer looks like a first one to the ISP that asked.
    const asker = counts.get(asked.by ?? '');
    if (asker !== undefined && asked.protocol === 'udp' && 'name' in answer) asker.least += 1;
    const kept = keptBy(program, asked, round);
    if (kept === undefined || expected.length === 1 || !('name' in answer)) continue;
    const other = hosts.get(kept);
    hosts.set(kept, answer.name);
    if (other !== undefined && other !== answer.name) {
      complaints.push({
        asked: each,
        text: `${question.text}: by ${answer.name}, and by ${other} before`,
      });
    }
  }
  if (complaints.length > 0) return { packets: all.length, complaints };
  for (const [device, { least, more }] of counts) {
    const begun = (after.get(device)?.begun ?? 0) - (before.get(device)?.begun ?? 0);
    if (begun < least || begun > least + more) {
      const text = `${device} saw ${begun} first packets, and not ${least}`;
      complaints.push({ text });
    }
  }
  return { packets: all.length, complaints };
}

/** What keeps a connection where another one went: its rule and its host, where a balance is by those. */
function keptBy(program: Program, asked: Asked, round: Round): string | undefined {
  if (asked.from === '' || asked.by !== undefined) return undefined;
  const { rule } = evaluate(program, packetOf(program, asked), upIn(program, round));
  if (rule?.target.kind !== 'balance') return undefined;
  const { by } = program.balances[rule.target.balance] ?? bug('no such balance');
  if (by === 'flow') return undefined;
  const ends = by === 'source' ? asked.from : `${asked.from} ${asked.to}`;
  return `${rule.target.balance} ${ends}`;
}

function questionOf(asked: Asked, expected: readonly Expected[]): Question {
  const { from, by, to, protocol, port, source } = asked;
  const [first = bug('nothing is expected')] = expected;
  const asker =
    by !== undefined
      ? ({ kind: 'isp', device: by } as const)
      : ({ kind: from === '' ? 'router' : 'host' } as const);
  const where = by === undefined ? '' : `${by}: `;
  return {
    asker,
    protocol,
    from: from === '' ? undefined : from,
    source,
    to,
    port,
    answerer: first.answerer,
    error: first.error,
    text: `${from === '' ? 'local ' : ''}${protocol} ${where}${from}:${source} -> ${to}:${port}`,
  };
}

function isFulfilled({ answerer, as, error }: Expected, answer: Answer): boolean {
  if ('name' in answer) return answer.name === answerer && (as?.includes(answer.seen) ?? true);
  return (
    answerer === null &&
    (error === undefined || (error === 'timeout') === (answer.error === 'timeout'))
  );
}

function wordsOf({ answerer, as, error, reached }: Expected): string {
  if (answerer !== null) return `be answered by ${answerer}${as ? ` as ${as.join(' or ')}` : ''}`;
  const what = reached === undefined ? 'reach nobody' : `reach ${reached} from a foreign address`;
  return error === undefined ? what : `${what} and fail with ${error}`;
}
