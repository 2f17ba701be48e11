import { bug } from '../bug.ts';
import type { Forward } from '../model/program.ts';
import { formatAddress } from '../net/address.ts';
import type { Answer } from './ask-agent.ts';
import { ECHO_PORT } from './internet.ts';
import { byIsp } from './judge-answer.ts';
import { addressOf, CLIENT, isInNet, type LabPlan, whole } from './lab-plan.ts';
import { bare, HOSTS } from './network-plan.ts';
import type { Question } from './read-packets.ts';
import type { Bench } from './send-batch.ts';
import { ipBatch, ispOf, visit } from './stage-batch.ts';
import type { ForwardTrial, Tried } from './trial.ts';

/** Who asks from the internet. */
const GUEST = { 4: '203.0.113.80', 6: '2001:db8:f::80' } as const;

/** Asks for ports of the router that lead to hosts behind it, from the internet and from their own LAN. */
export async function tryForwards(
  bench: Bench,
  trials: readonly (readonly [number, ForwardTrial])[],
): Promise<ReadonlyMap<number, Tried>> {
  const { network, plan } = bench;
  const tried = new Map<number, Tried>();
  const asked = trials.flatMap(([index, trial]) => {
    const address = addressAsked(plan, trial);
    if (typeof address !== 'string') {
      tried.set(index, { kind: 'impossible', why: address.why });
      return [];
    }
    return [{ index, trial, address }];
  });
  if (asked.length === 0) return tried;
  const undo = await stage(
    bench,
    trials.map(([, trial]) => trial),
  );
  const answers = await bench.ask(
    asked.map(({ trial, address }) => ({
      question: questionOf(trial, address),
      asker:
        trial.by === 'internet'
          ? ispOf(bench, trial.uplink.name).isp
          : (network.lans.get(lanOf(plan, trial.forward)) ?? bug('a server of no LAN')),
    })),
  );
  await undo();
  for (const [place, { index, trial }] of asked.entries()) {
    const answer = answers[place] ?? bug('a question without an answer');
    const right =
      'name' in answer &&
      answer.name === lanOf(plan, trial.forward) &&
      // A client of the same LAN is answered by way of the router, so it is the router that asks.
      (trial.by === 'LAN' || answer.seen === GUEST[trial.forward.to.address.family]);
    tried.set(index, { kind: right ? 'agrees' : 'differs', got: wordsOf(plan, answer) });
  }
  return tried;
}

/** What the router is asked as: an address that the uplink has; from the LAN one that the policy says is its own. */
function addressAsked(
  { network, isps }: LabPlan,
  { forward, uplink, protocol, by }: ForwardTrial,
): string | { readonly why: string } {
  const { family } = forward.to.address;
  if (protocol !== 6 && protocol !== 17)
    return { why: 'asks for forwarded ports by TCP and UDP only' };
  const { addresses } = network.uplinks[isps.get(uplink.name) ?? ''] ?? bug('an uplink to no ISP');
  const its = addresses.map(bare).filter((each) => addressOf(each).family === family);
  const own = (each: string): boolean =>
    uplink.own.some(({ prefix }) => isInNet(whole(prefix), each));
  const found = its.find((each) => by === 'internet' || own(each));
  return found ?? { why: `finds no address of \`${uplink.name}\` to ask` };
}

const lanOf = ({ servers }: LabPlan, { to }: Forward): string =>
  servers.get(formatAddress(to.address)) ?? bug('a server of no LAN');

function questionOf({ forward, protocol, port, by }: ForwardTrial, to: string): Question {
  const { family } = forward.to.address;
  return {
    asker: { kind: 'host' },
    protocol: protocol === 6 ? 'tcp' : 'udp',
    from: by === 'internet' ? GUEST[family] : CLIENT[family],
    to,
    port,
    answerer: 'somebody',
    text: to,
  };
}

/** The servers listen, on the ports that are led there and no others; and guests are at the ISPs. */
async function stage(bench: Bench, trials: readonly ForwardTrial[]): Promise<() => Promise<void>> {
  const { network, plan } = bench;
  const routes: string[] = [];
  const ports = new Map<string, string[]>();
  const undo: (() => Promise<unknown>)[] = [];
  for (const trial of trials) {
    const { forward, uplink } = trial;
    const { address } = forward.to;
    const { family } = address;
    const text = formatAddress(address);
    const lan = lanOf(plan, forward);
    routes.push(`${whole(text)} dev ${lan}`, `${whole(CLIENT[family])} dev ${lan}`);
    const [low, high] = forward.to.ports;
    const ip = family === 4 ? 'ip' : 'ip6';
    const fits = `iifname "${HOSTS}" ${ip} daddr ${text} meta l4proto ${trial.protocol}`;
    const rules = ports.get(lan) ?? [];
    ports.set(lan, [...rules, `${fits} th dport ${low}-${high} redirect to :${ECHO_PORT}`]);
    const { isp } = ispOf(bench, uplink.name);
    undo.push(await visit(isp, GUEST[family], plan));
  }
  const unique = [...new Set(routes)];
  await ipBatch(
    network.router,
    unique.map((route) => `route replace ${route}`),
  );
  undo.push(() =>
    ipBatch(
      network.router,
      unique.map((route) => `route del ${route}`),
    ),
  );
  for (const [lan, rules] of ports) {
    const namespace = network.lans.get(lan) ?? bug('a server of no LAN');
    const text = [
      'table inet serve {',
      'chain serve {',
      'type nat hook prerouting priority dstnat; policy accept;',
      ...new Set(rules),
      '}',
      '}\n',
    ].join('\n');
    await namespace.run('nft', ['-f', '-'], text);
    undo.push(() => namespace.run('nft', ['delete', 'table', 'inet', 'serve']));
  }
  return async () => {
    for (const each of undo.reverse()) await each();
    await network.router.run('conntrack', ['-F']);
  };
}

function wordsOf(plan: LabPlan, answer: Answer): string {
  if (!('name' in answer)) return `nobody answered: ${answer.error}`;
  if ([...plan.servers.values()].includes(answer.name)) {
    return `a host behind \`${answer.name}\` answered, and saw ${answer.seen}`;
  }
  if (answer.name === 'router') return 'the router itself answered';
  return `it left ${byIsp(plan, answer.name)} as ${answer.seen}`;
}
