import type { Balance, BalanceKey, Program } from '../../model/program.ts';
import { FAMILIES } from '../../net/address.ts';
import { type Chain, chain, ip, only, type Part, slotName } from './names.ts';

/** Without one, every load of the ruleset would move hosts to other uplinks. */
const SEED = '0x726f7574';

/** The chain of a balance, by its place in the program. */
export const balanceName = (index: number): string => `balance_${index + 1}`;

/** The chain that counts what one member of a balance was chosen for, by its place there. */
export const memberName = (balance: string, at: number): string => `${balance}_${at + 1}`;

/** Slots by weight: at random for each flow, or by a hash that is the same after each load. */
export function balances(program: Program): Part {
  const chains = program.balances.flatMap((each, index) => {
    const name = balanceName(index);
    const ends = each.choices.map(({ slot }) => `to_${slotName(slot)}`);
    if (!program.counters) return [chain(name, rules(each, ends))];
    const members = ends.map((to, at) => chain(memberName(name, at), [`counter goto ${to}`]));
    return [
      ...members,
      chain(
        name,
        rules(
          each,
          members.map((member) => member.name),
        ),
      ),
    ];
  });
  return { filled: [], chains };
}

/** @param ends the chains that the choices lead to */
function rules({ by, choices }: Balance, ends: readonly string[]): Chain['rules'] {
  const total = choices.reduce((sum, { weight }) => sum + weight, 0);
  let next = 0;
  const elements = choices.map(({ weight }, at) => {
    const from = next;
    next += weight;
    const range = weight === 1 ? `${from}` : `${from}-${next - 1}`;
    return `${range} : goto ${ends[at]}`;
  });
  const map = `vmap { ${elements.join(', ')} }`;
  const [first] = ends;
  return [
    ...numbers(by, total).map((number) => `${number} ${map}`),
    // In the instant of a reload the look-up may miss: nothing may slip past it to main.
    ...(first === undefined ? [] : [`goto ${first}`]),
  ];
}

function numbers(by: BalanceKey, total: number): string[] {
  if (by === 'flow') return [`numgen random mod ${total}`];
  return FAMILIES.map((family) => {
    const [source, destination] = [`${ip(family)} saddr`, `${ip(family)} daddr`];
    const key = by === 'source' ? source : `${source} . ${destination}`;
    return `${only(family)} jhash ${key} mod ${total} seed ${SEED}`;
  });
}
