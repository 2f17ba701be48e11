import { bug } from '../bug.ts';
import type { Artefacts } from './artefacts.ts';
import { ECHO_PORT } from './internet.ts';
import { type Iptables, load, loadUplinks } from './load.ts';
import type { Namespace } from './namespace.ts';
import type { Network, Seen } from './network.ts';
import type { Step } from './read-packets.ts';
import { type Script, startScript } from './start-script.ts';

/** What came of a question: who answered, and what source that saw; or what went wrong. */
type Answer = { readonly name: string; readonly seen: string } | { readonly error: string };

type StepOf<Kind> = Step & { readonly kind: Kind };

/** What a step wants. */
type Wanted = Pick<StepOf<'question'>, 'answerer' | 'as' | 'error'>;

type Again = (step: StepOf<'again'>) => Promise<string | undefined>;

type Ask = (from: Namespace, step: StepOf<'question' | 'inbound'>) => Promise<Answer>;

/** Milliseconds. Where nothing is to come, enough for a first packet and its repetition. */
const WAIT = { nothing: 1200, something: 3000 };

/**
 * Runs steps on a network whose router has the artefacts loaded.
 *
 * @returns what did not hold, in words
 */
export async function runPackets(
  network: Network,
  files: Artefacts,
  steps: readonly Step[],
  iptables: Iptables = 'nft',
): Promise<string[]> {
  const agents = await startAgents(network);
  const complaints: string[] = [];
  try {
    for (const [index, step] of steps.entries()) {
      const complaint = await runStep(network, files, agents, step, iptables);
      if (complaint !== undefined) complaints.push(`step ${index + 1}, ${step.text}: ${complaint}`);
    }
  } finally {
    await agents.stop();
  }
  return complaints;
}

/** One in each namespace, for the whole run: each answers, and asks what it is told to. */
async function startAgents({ router, lans, isps }: Network) {
  const script = new URL('./agent.mjs', import.meta.url);
  const named = [['router', router] as const, ...lans, ...isps];
  const agents = new Map(
    await Promise.all(
      named.map(async ([name, namespace]) => {
        const agent = await startScript(namespace, script, [name, String(ECHO_PORT)]);
        return [namespace, agent] as const;
      }),
    ),
  );
  const agentIn = (namespace: Namespace): Script =>
    agents.get(namespace) ?? bug('a namespace without an agent');
  const kept = new Map<string, { readonly agent: Script; readonly answer: string }>();
  const ask: Ask = async (namespace, { from, source, to, port, ...step }) => {
    const [protocol, keep] = step.kind === 'question' ? [step.protocol, step.keep] : ['tcp'];
    const wait = hopeless(step) ? WAIT.nothing : WAIT.something;
    const question = { protocol, from, source, to, port, wait, keep };
    const agent = agentIn(namespace);
    const answer = await agent.ask(JSON.stringify(question));
    if (keep !== undefined) kept.set(keep, { agent, answer });
    return JSON.parse(answer);
  };
  const again: Again = async ({ keep, answered, text }) => {
    const one = kept.get(keep);
    if (one === undefined) throw new Error(`${text}: no connection was kept under that name`);
    const wait = answered ? WAIT.something : WAIT.nothing;
    const answer = await one.agent.ask(JSON.stringify({ again: keep, wait }));
    if ((answer === one.answer) === answered) return undefined;
    return `should ${answered ? '' : 'not '}be answered as before; ${happened(JSON.parse(answer))}`;
  };
  const stop = async (): Promise<void> => {
    await Promise.all([...agents.values()].map((agent) => agent.stop()));
  };
  return { ask, again, stop };
}

const hopeless = ({ answerer, error }: Wanted): boolean =>
  answerer === null && (error === undefined || error === 'timeout');

async function runStep(
  network: Network,
  files: Artefacts,
  { ask, again }: { readonly ask: Ask; readonly again: Again },
  step: Step,
  iptables: Iptables,
): Promise<string | undefined> {
  switch (step.kind) {
    case 'question':
      return question(network, ask, step);
    case 'inbound':
      return inbound(network, ask, step);
    case 'again':
      return again(step);
    case 'link':
      await network.setLink(step.device, step.set);
      if (step.set === 'up') await loadUplinks(network.router, files, step.device);
      return undefined;
    case 'carrier':
      await network.setCarrier(step.device, step.set);
      return undefined;
    case 'reload':
      await load(network.router, files, files, iptables);
      return undefined;
    default:
      step satisfies never;
      return bug('a step of no kind');
  }
}

async function question(
  network: Network,
  ask: Ask,
  step: StepOf<'question'>,
): Promise<string | undefined> {
  const { isps } = network;
  const asker = step.asker === 'router' ? network.router : network.hosts.get(step.from ?? '');
  if (asker === undefined) throw new Error(`${step.text}: the network has no such host`);
  const before = await seenByAll(network);
  const answer = await ask(asker, step);
  const after = await seenByAll(network);
  const changed = (what: keyof Seen): string[] =>
    [...isps.keys()].filter((device) => after.get(device)?.[what] !== before.get(device)?.[what]);
  const reached = changed('begun');
  const wanted = step.answerer !== null && isps.has(step.answerer) ? step.answerer : '';
  if (reached.join() === wanted && answers(step, answer)) return undefined;
  const where = reached.length === 0 ? 'reached no ISP' : `reached ${reached.join(' and ')}`;
  const foreign = changed('foreign').map((device) => `, by ${device} from a foreign source`);
  return `should ${expected(step, isps)}; ${happened(answer)}, and ${where}${foreign.join('')}`;
}

function answers({ answerer, as, error }: Wanted, answer: Answer): boolean {
  if ('name' in answer) return answerer === answer.name && (as === undefined || as === answer.seen);
  return answerer === null && (error === undefined || error === answer.error);
}

async function seenByAll({ isps, seen }: Network): Promise<ReadonlyMap<string, Seen>> {
  const devices = [...isps.keys()];
  return new Map(
    await Promise.all(devices.map(async (device) => [device, await seen(device)] as const)),
  );
}

async function inbound(
  { isps }: Network,
  ask: Ask,
  step: StepOf<'inbound'>,
): Promise<string | undefined> {
  const isp = isps.get(step.device);
  if (isp === undefined) throw new Error(`${step.text}: the network has no such uplink`);
  const answer = await ask(isp, step);
  if (answers(step, answer)) return undefined;
  const wanted = step.answerer === null ? 'not be answered' : `be answered by ${step.answerer}`;
  return `should ${wanted}; ${happened(answer)}`;
}

function expected({ answerer, as, error }: Wanted, isps: Network['isps']): string {
  if (answerer === null) {
    return `reach no ISP${error === undefined ? '' : ` and fail with ${error}`}`;
  }
  const what = isps.has(answerer) ? 'leave by' : 'be answered by';
  return `${what} ${answerer}${as === undefined ? '' : ` as ${as}`}`;
}

const happened = (answer: Answer): string =>
  'error' in answer
    ? `it failed with ${answer.error}`
    : `${answer.name} answered and saw ${answer.seen}`;
