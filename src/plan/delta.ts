import { bug } from '../bug.ts';
import type { Chain, Filled, Part } from '../emit/nftables/names.ts';

/** One command to nft; `name` is that of a set, a map or a chain of our table. */
export type Command =
  | { readonly kind: 'add-chain'; readonly name: string; readonly hook: string }
  | { readonly kind: 'flush-chain' | 'delete-chain'; readonly name: string }
  | { readonly kind: 'add-rule'; readonly name: string; readonly rule: string }
  | ({ readonly kind: 'add-filled' } & Omit<Filled, 'elements' | 'rules'>)
  | ({ readonly kind: 'delete-filled' } & Pick<Filled, 'name' | 'keyword'>)
  | {
      readonly kind: 'add-elements' | 'delete-elements';
      readonly name: string;
      /** As they stand in the ruleset; to delete one, its key is enough. */
      readonly elements: readonly string[];
    };

/** What the kernel does at once, or not at all. */
export type Transaction = readonly Command[];

/**
 * What leads from the ruleset that is loaded to another: elements come and go where a map stays, and
 * what stays keeps its counters. None where nothing changes; else up to three transactions, to be
 * loaded one after the other, each with `transactionText`: what is new and not used yet; the change
 * itself; what is not used any more. For packets may miss a map that is used by the very transaction that
 * brings it. Broken off after any of them, what is loaded decides as the old ruleset or as the new one.
 *
 * Void if one can't become the other like this, for something of one name is another thing in each:
 * then the new one is to be loaded in full, which always leads there.
 */
export function delta(from: Part, to: Part): readonly Transaction[] | undefined {
  const [oldSets, newSets] = [setsOf(from), setsOf(to)];
  const [oldFilled, newFilled] = [byName(oldSets), byName(newSets)];
  const [oldChains, newChains] = [byName(from.chains), byName(to.chains)];
  const isOther =
    newSets.some((each) => isOtherFilled(each, oldFilled.get(each.name))) ||
    to.chains.some((each) => isOtherChain(each, oldChains.get(each.name)));
  if (isOther) return undefined;

  const addedFilled = newSets.filter(({ name }) => !oldFilled.has(name));
  const addedChains = to.chains.filter(({ name }) => !oldChains.has(name));
  // What has a hook is in use as soon as it is there.
  const [hooked, plain] = [addedChains.filter(isHooked), addedChains.filter((c) => !isHooked(c))];
  const goneFilled = oldSets.filter(({ name }) => !newFilled.has(name));
  const goneChains = from.chains.filter(({ name }) => !newChains.has(name));
  const changed = to.chains.filter((chain) => {
    const old = oldChains.get(chain.name);
    return old !== undefined && rulesOf(old).join('\n') !== rulesOf(chain).join('\n');
  });
  const elements = newSets.map((filled) => {
    const old = oldFilled.get(filled.name);
    return old === undefined ? undefined : elementDelta(old, filled);
  });
  return [
    [
      ...addedFilled.map(declareFilled),
      ...plain.map(declareChain),
      ...addedFilled.flatMap(fill),
      ...plain.flatMap(fillChain),
    ],
    [
      ...hooked.map(declareChain),
      ...[...changed, ...goneChains.filter(isHooked)].map(emptyChain),
      ...elements.flatMap((each) => each ?? []),
      ...[...changed, ...hooked].flatMap(fillChain),
    ],
    [
      ...goneChains.map(emptyChain),
      ...goneFilled.map(({ name, keyword }): Command => ({ kind: 'delete-filled', name, keyword })),
      ...goneChains.map(({ name }): Command => ({ kind: 'delete-chain', name })),
    ],
  ].filter((commands) => commands.length > 0);
}

/** What others fill has no elements here, before and after: it comes and goes, and is left alone. */
const setsOf = ({ filled, kept = [] }: Part): Filled[] => [
  ...filled,
  ...kept.map((each): Filled => ({ ...each, elements: [] })),
];

const byName = <T extends { readonly name: string }>(list: readonly T[]): Map<string, T> =>
  new Map(list.map((each) => [each.name, each]));

const isOtherFilled = (filled: Filled, old: Filled | undefined): boolean =>
  old !== undefined &&
  (old.keyword !== filled.keyword || old.declaration.join('\n') !== filled.declaration.join('\n'));
const isOtherChain = (chain: Chain, old: Chain | undefined): boolean =>
  old !== undefined && old.hook !== chain.hook;
const isHooked = ({ hook }: Chain): boolean => hook !== '';

/** Without the comments, which are not loaded. */
const rulesOf = ({ rules }: Chain): string[] => rules.filter((rule) => !rule.startsWith('#'));

const declareFilled = ({ keyword, name, declaration }: Filled): Command => {
  return { kind: 'add-filled', keyword, name, declaration };
};
const declareChain = ({ name, hook }: Chain): Command => ({ kind: 'add-chain', name, hook });
const emptyChain = ({ name }: Chain): Command => ({ kind: 'flush-chain', name });
const fill = ({ name, elements }: Filled): Command[] => some('add-elements', name, elements);
const fillChain = (chain: Chain): Command[] =>
  rulesOf(chain).map((rule) => ({ kind: 'add-rule', name: chain.name, rule }));

function elementDelta(old: Filled, filled: Filled): Command[] {
  const [there, wanted] = [new Set(old.elements), new Set(filled.elements)];
  const gone = old.elements.filter((element) => !wanted.has(element));
  const come = filled.elements.filter((element) => !there.has(element));
  return [
    ...some('delete-elements', filled.name, gone.map(filled.keyword === 'map' ? keyOf : (e) => e)),
    ...some('add-elements', filled.name, come),
  ];
}

/** What stands before the verdict, in which there is no colon. */
const keyOf = (element: string): string => element.slice(0, element.lastIndexOf(':')).trimEnd();

const some = (
  kind: 'add-elements' | 'delete-elements',
  name: string,
  elements: readonly string[],
): Command[] => (elements.length === 0 ? [] : [{ kind, name, elements }]);

/** A transaction as `nft -f` loads it. */
export function transactionText(commands: Transaction): string {
  return commands.map((command) => `${commandText(command)}\n`).join('');
}

const TABLE = 'inet routec';

function commandText(command: Command): string {
  const { kind, name } = command;
  switch (kind) {
    case 'add-chain':
      return `add chain ${TABLE} ${name}${command.hook === '' ? '' : ` { ${command.hook} }`}`;
    case 'flush-chain':
      return `flush chain ${TABLE} ${name}`;
    case 'delete-chain':
      return `delete chain ${TABLE} ${name}`;
    case 'add-rule':
      return `add rule ${TABLE} ${name} ${command.rule}`;
    case 'add-filled': {
      const declaration = command.declaration.map((line) => `${line};`).join(' ');
      return `add ${command.keyword} ${TABLE} ${name} { ${declaration} }`;
    }
    case 'delete-filled':
      return `delete ${command.keyword} ${TABLE} ${name}`;
    case 'add-elements':
    case 'delete-elements': {
      const verb = kind === 'add-elements' ? 'add' : 'delete';
      return `${verb} element ${TABLE} ${name} {\n${command.elements.join(',\n')}\n}`;
    }
    default:
      kind satisfies never;
      return bug('a command of no kind');
  }
}
