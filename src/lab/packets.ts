import { isDeepStrictEqual } from 'node:util';
import { SCRIPTS } from 'routec:lab';
import { bug } from '../bug.ts';
import type { Artefacts } from './artefacts.ts';
import { type Answer, askAgent, type Words } from './ask-agent.ts';
import { ECHO_PORT } from './internet.ts';
import { type Iptables, load, runLink, setDefault } from './load.ts';
import type { Namespace } from './namespace.ts';
import type { Network, Seen } from './network.ts';
import type { Question, Step } from './read-packets.ts';
import { resolveName } from './resolve-name.ts';
import { startProgram } from './start-program.ts';
import { type Script, startScript } from './start-script.ts';

type StepOf<Kind> = Step & { readonly kind: Kind };

/** What a question wants. */
type Wanted = Pick<Question, 'answerer' | 'as' | 'error'>;

type Again = (step: StepOf<'again'>) => Promise<readonly string[]>;

/** All of them at once; the answers in their order. */
export type Ask = (
  questions: readonly { readonly asker: Namespace; readonly question: Question }[],
) => Promise<readonly Answer[]>;

const [AGENT, RAW] = ['agent.pl', 'send-raw.pl'].map(
  (name) => SCRIPTS[name] ?? bug('a script is lost'),
) as [string, string];

/** Milliseconds. Where nothing is to come, enough for a first packet and its repetition. */
const WAIT = { nothing: 1200, something: 3000, raw: 300 };

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
      const found = await runStep(network, files, agents, step, iptables);
      complaints.push(...found.map((complaint) => `step ${index + 1}, ${complaint}`));
    }
  } finally {
    await agents.stop();
  }
  return complaints;
}

/** One in each namespace, for the whole run: each answers, and asks what it is told to. */
export async function startAgents({ router, lans, isps }: Network, waits = WAIT) {
  const named = [['router', router] as const, ...lans, ...isps];
  const agents = new Map(
    await Promise.all(
      named.map(async ([name, namespace]) => {
        const agent = await startScript(namespace, [
          'perl',
          '-e',
          AGENT,
          RAW,
          name,
          String(ECHO_PORT),
        ]);
        return [namespace, agent] as const;
      }),
    ),
  );
  // Programs of others on the router, started when one is asked for; they answer on no port that is asked.
  const programs = new Map<string, Script>();
  const agentOf = async (namespace: Namespace, { asker }: Question): Promise<Script> => {
    if (asker.kind !== 'router' || (asker.user ?? asker.cgroup) === undefined) {
      return agents.get(namespace) ?? bug('a namespace without an agent');
    }
    const key = JSON.stringify(asker);
    const program = programs.get(key) ?? (await startProgram(namespace, [AGENT, RAW], asker));
    programs.set(key, program);
    return program;
  };
  const kept = new Map<string, { readonly agent: Script; readonly answer: Answer }>();
  const ask: Ask = async (questions) => {
    const answers = new Map<Question, Answer>();
    const byAgent = new Map<Script, typeof questions>();
    for (const each of questions) {
      const agent = await agentOf(each.asker, each.question);
      byAgent.set(agent, [...(byAgent.get(agent) ?? []), each]);
    }
    const askAll = async (agent: Script, asked: typeof questions): Promise<void> => {
      const words = asked.map(({ question }) => spell(question, waits));
      const found = await askAgent(agent, words);
      for (const [index, { question }] of asked.entries()) {
        const answer = found[index] ?? bug('a question without an answer');
        answers.set(question, answer);
        if (question.keep !== undefined) kept.set(question.keep, { agent, answer });
      }
    };
    await Promise.all([...byAgent].map(([agent, asked]) => askAll(agent, asked)));
    return questions.map(({ question }) => answers.get(question) ?? bug('an answer is lost'));
  };
  const again: Again = async ({ keep, answered, text }) => {
    const one = kept.get(keep);
    if (one === undefined) throw new Error(`${text}: no connection was kept under that name`);
    const wait = answered ? WAIT.something : WAIT.nothing;
    const [answer = bug('an answer is lost')] = await askAgent(one.agent, [{ again: keep, wait }]);
    if (isDeepStrictEqual(answer, one.answer) === answered) return [];
    return [`${text}: should ${answered ? '' : 'not '}be answered as before; ${happened(answer)}`];
  };
  const stop = async (): Promise<void> => {
    await Promise.all([...agents.values(), ...programs.values()].map((agent) => agent.stop()));
  };
  return { ask, again, stop };
}

/** A question as the agent takes it. */
function spell(
  { protocol, answerer, error, from, source, to, port, keep }: Question,
  waits: typeof WAIT,
): Words {
  if (typeof protocol !== 'string') {
    const { number, bytes, dscp } = protocol;
    return { protocol: number, from, to, bytes, dscp, wait: waits.raw };
  }
  const hopeless = answerer === null && (error === undefined || error === 'timeout');
  const wait = hopeless ? waits.nothing : waits.something;
  return { protocol, from, source, to, port, wait, keep };
}

async function runStep(
  network: Network,
  files: Artefacts,
  { ask, again }: { readonly ask: Ask; readonly again: Again },
  step: Step,
  iptables: Iptables,
): Promise<readonly string[]> {
  switch (step.kind) {
    case 'questions':
      return questions(network, ask, step);
    case 'again':
      return again(step);
    case 'link':
      await network.setLink(step.device, step.set);
      if (step.set === 'up') await runLink(network.router, files, 'up', step.device);
      return [];
    case 'default':
      await setDefault(network.router, files, step.uplink, step.set);
      return [];
    case 'device':
      await network.setDevice(step.device, step.set);
      if (step.set === 'there') await runLink(network.router, files, 'up', step.device);
      return [];
    case 'ip':
      await network.router.run('ip', step.words);
      return [];
    case 'lease':
      await runLink(network.router, files, ...step.words);
      return [];
    case 'carrier':
      await network.setCarrier(step.device, step.set);
      return [];
    case 'resolve': {
      const wrong = await resolveName(network.router, files, step.name, step.addresses);
      return wrong.map((line) => `${step.text}: ${line}`);
    }
    case 'reload':
      await load(network.router, files, files, iptables);
      return [];
    default:
      step satisfies never;
      return bug('a step of no kind');
  }
}

async function questions(
  network: Network,
  ask: Ask,
  step: StepOf<'questions'>,
): Promise<readonly string[]> {
  const { isps } = network;
  const all = step.questions.map((question) => ({ question, asker: askerOf(network, question) }));
  const before = await seenByAll(network);
  const answers = await ask(all);
  const after = await seenByAll(network);
  const more = (what: keyof Seen, device: string): number =>
    (after.get(device)?.[what] ?? 0) - (before.get(device)?.[what] ?? 0);
  const devices = [...isps.keys()];
  const those = (device: string): readonly Question[] =>
    step.questions.filter((question) => reaches(question, device));
  const wanted = (device: string): number => those(device).length;
  const counted = devices.every((device) => {
    const begun = more('begun', device) - wanted(device);
    // Who hears nothing for a second sends the first packet of a TCP connection again.
    return begun === 0 || (begun > 0 && those(device).some(({ protocol }) => protocol === 'tcp'));
  });
  const wrong = step.questions.flatMap((question, index) => {
    const answer = answers[index] ?? bug('a question without an answer');
    return answersTo(question, answer)
      ? []
      : [`${question.text}: should ${expected(question, isps)}; ${happened(answer)}`];
  });
  if (counted && wrong.length === 0) return [];
  const reached = devices.filter((device) => more('begun', device) > 0);
  const foreign = devices
    .filter((device) => more('foreign', device) > 0)
    .map((device) => `, by ${device} from a foreign source`);
  const [first, ...others] = step.questions;
  if (first === undefined || others.length > 0) {
    const counts = devices.map((each) => `${each} ${more('begun', each)} (${wanted(each)})`);
    return [...wrong, `${step.text}: ISPs counted ${counts.join(', ')}${foreign.join('')}`];
  }
  const where = reached.length === 0 ? 'reached no ISP' : `reached ${reached.join(' and ')}`;
  const [answer = bug('a question without an answer')] = answers;
  const what = `should ${expected(first, isps)}; ${happened(answer)}`;
  return [`${first.text}: ${what}, and ${where}${foreign.join('')}`];
}

/** Whether an ISP sees a packet of it: to the one that asked, a datagram's answer looks like a first one. */
function reaches({ protocol, answerer, asker }: Question, device: string): boolean {
  if (answerer === device) return true;
  return protocol === 'udp' && answerer !== null && asker.kind === 'isp' && asker.device === device;
}

/** The namespace that a question is asked from; one that the network has not is an error. */
export function askerOf(
  { router, hosts, isps }: Network,
  { asker, from, text }: Question,
): Namespace {
  switch (asker.kind) {
    case 'router':
      return router;
    case 'host': {
      const host = hosts.get(from ?? '');
      if (host === undefined) throw new Error(`${text}: the network has no such host`);
      return host;
    }
    case 'isp': {
      const isp = isps.get(asker.device);
      if (isp === undefined) throw new Error(`${text}: the network has no such uplink`);
      return isp;
    }
    default:
      asker satisfies never;
      return bug('a question of nobody');
  }
}

function answersTo({ protocol, answerer, as, error }: Question, answer: Answer): boolean {
  // Nobody answers it: the ISPs' counts say where it went.
  if (typeof protocol !== 'string') return 'error' in answer && answer.error === 'timeout';
  if ('name' in answer) return answerer === answer.name && (as === undefined || as === answer.seen);
  return answerer === null && (error === undefined || error === answer.error);
}

/** What each ISP has counted. */
export async function seenByAll({ isps, seen }: Network): Promise<ReadonlyMap<string, Seen>> {
  const devices = [...isps.keys()];
  return new Map(
    await Promise.all(devices.map(async (device) => [device, await seen(device)] as const)),
  );
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
