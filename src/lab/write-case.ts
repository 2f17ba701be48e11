import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bug } from '../bug.ts';
import type { Program } from '../model/program.ts';
import { type By, programOf } from './agree.ts';
import { type Expected, expectedOf } from './expected-of.ts';
import type { Asked, Case, Round } from './random-case.ts';
import { NETWORKS } from './random-network.ts';

/**
 * Writes a case as a fixture: a policy, and the packets that the model wants. What a balance leaves
 * open is no packet of a fixture.
 */
export function writeCase(folder: string, { network, lines, rounds }: Case, by: By): void {
  const text = `${lines.join('\n')}\n`;
  const program = programOf(text, by.backend) ?? bug('a sound policy that is not');
  const steps = rounds.flatMap((round) => stepsOf(program, round));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'policy.route'), text);
  const packets = JSON.stringify({ network: NETWORKS[network], steps }, undefined, 2);
  writeFileSync(join(folder, 'packets.json'), `${packets}\n`);
}

function stepsOf(program: Program, round: Round): unknown[] {
  const lost = program.uplinks.filter(({ name }) => round.down.includes(name));
  const devices = [...new Set(lost.map(({ device }) => device))];
  const withdrawn = program.uplinks.filter(({ name }) => round.withdrawn.includes(name));
  return [
    ...devices.map((device) => ({ link: device, set: 'down' })),
    ...withdrawn.flatMap(({ choiceTable, ways }) => [
      ...(ways[4] === undefined ? [] : [{ ip: `route del default table ${choiceTable}` }]),
      ...(ways[6] === undefined ? [] : [{ ip: `-6 route del default table ${choiceTable}` }]),
    ]),
    ...round.asked.flatMap((asked) => {
      const [expected, ...others] = expectedOf(program, asked, round) ?? [];
      if (expected === undefined || others.length > 0) return [];
      return { ...askerOf(asked), ...wantedOf(expected) };
    }),
    ...devices.map((device) => ({ link: device, set: 'up' })),
  ];
}

function askerOf({ from, by, to, protocol, port, source }: Asked): Record<string, string> {
  const end = (address: string, number: number): string =>
    `${address.includes(':') ? `[${address}]` : address}:${number}`;
  const there = end(to, port);
  if (from === '') return { [`local ${protocol}`]: `-> ${there}` };
  const way = `${end(from, source)} -> ${there}`;
  return by === undefined ? { [protocol]: way } : { [`inbound ${protocol}`]: `${by}: ${way}` };
}

function wantedOf({ answerer, as, error }: Expected): Record<string, unknown> {
  const [seen, ...others] = as ?? [];
  return {
    answered: answerer ?? false,
    ...(seen === undefined || others.length > 0 ? {} : { as: seen }),
    ...(error === 'timeout' ? { error } : {}),
  };
}
