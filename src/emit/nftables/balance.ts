import type { Balance, BalanceKey, Program } from '../../model/program.ts';
import { FAMILIES } from '../../net/address.ts';
import { type Chain, chain, ip, only, type Part, slotName } from './names.ts';

/** Without one, every load of the ruleset would move hosts to other uplinks. */
const SEED = '0x726f7574';

/** The chain of a balance, by its place in the program. */
export const balanceName = (index: number): string => `balance_${index + 1}`;

/** Slots by weight: at random for each flow, or by a hash that is the same after each load. */
export function balances(program: Program): Part {
  const chains = program.balances.map((each, index) => chain(balanceName(index), rules(each)));
  return { filled: [], chains };
}

function rules({ by, choices }: Balance): Chain['rules'] {
  const total = choices.reduce((sum, { weight }) => sum + weight, 0);
  let next = 0;
  const elements = choices.map(({ slot, weight }) => {
    const from = next;
    next += weight;
    const range = weight === 1 ? `${from}` : `${from}-${next - 1}`;
    return `${range} : goto to_${slotName(slot)}`;
  });
  const map = `vmap { ${elements.join(', ')} }`;
  const [first] = choices;
  return [
    ...numbers(by, total).map((number) => `${number} ${map}`),
    // In the instant of a reload the look-up may miss: nothing may slip past it to main.
    ...(first === undefined ? [] : [`goto to_${slotName(first.slot)}`]),
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
