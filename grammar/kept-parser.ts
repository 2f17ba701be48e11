import {
  EmbeddedActionsParser,
  EOF,
  type IParserConfig,
  type Rule,
  type TokenType,
} from 'chevrotain';
import { bug } from '../src/bug.ts';

/** Says by the tokens that follow which alternative is meant, or whether what is optional is there. */
type Lookahead = () => number | boolean | undefined;
/** Token names, parted by blanks: the one or two tokens by which an alternative is known. */
type Paths = readonly string[];
/** Of each choice of the grammar, by chevrotain's key for it: the paths of each alternative, or of what is optional. */
export type Lookaheads = Readonly<Record<number, { or: readonly Paths[] } | { optional: Paths }>>;

/**
 * A parser that takes from a file what chevrotain's analysis of its grammar comes to, for that takes longer than
 * all else of a small compile. It overrides four methods of chevrotain 11.2, two of them not documented.
 *
 * @param analyse a config, where the grammar is to be analysed all the same
 */
export abstract class KeptParser extends EmbeddedActionsParser {
  private readonly kept: Lookaheads | undefined;
  private readonly types: ReadonlyMap<string, TokenType>;
  private readonly lookaheads = new Map<number, Lookahead>();
  private whole: EmbeddedActionsParser | undefined;
  /** Chevrotain's: whether it may parse. */
  declare protected selfAnalysisDone: boolean;

  constructor(tokens: readonly TokenType[], kept: Lookaheads, analyse?: IParserConfig) {
    super([...tokens], { ...CONFIG, ...analyse });
    this.kept = analyse === undefined ? kept : undefined;
    this.types = new Map([...tokens, EOF].map((type) => [type.name, type]));
  }

  /** The same parser with its grammar analysed: it can say what would have fitted. */
  protected abstract analysed(): EmbeddedActionsParser;

  protected override performSelfAnalysis(): void {
    if (this.kept === undefined) super.performSelfAnalysis();
    else this.selfAnalysisDone = true;
  }

  override getGAstProductions(): Record<string, Rule> {
    return this.kept === undefined ? super.getGAstProductions() : this.twin().getGAstProductions();
  }

  override computeContentAssist(
    ...words: Parameters<EmbeddedActionsParser['computeContentAssist']>
  ): ReturnType<EmbeddedActionsParser['computeContentAssist']> {
    return this.kept === undefined
      ? super.computeContentAssist(...words)
      : this.twin().computeContentAssist(...words);
  }

  /** Chevrotain keeps here what its analysis found, and takes it from `getLaFuncFromCache`. */
  protected setLaFuncCache(key: number, lookahead: Lookahead): void {
    this.lookaheads.set(key, lookahead);
  }

  protected getLaFuncFromCache(key: number): Lookahead {
    let found = this.lookaheads.get(key);
    if (found === undefined) {
      found = this.lookaheadOf(key);
      this.lookaheads.set(key, found);
    }
    return found;
  }

  private twin(): EmbeddedActionsParser {
    this.whole ??= this.analysed();
    return this.whole;
  }

  private lookaheadOf(key: number): Lookahead {
    const kept = this.kept?.[key];
    if (kept === undefined) return bug(`nothing is kept for the choice ${key}: npm run grammar`);
    if ('or' in kept) return this.choose(kept.or);
    const choose = this.choose([kept.optional]);
    return () => choose() === 0;
  }

  private choose(alternatives: readonly Paths[]): () => number | undefined {
    /** By the next token's type: the first alternative that one token is enough for. */
    const alone: (number | undefined)[] = [];
    const pairs: { at: number; first: readonly number[]; second: readonly number[] }[] = [];
    for (const [at, paths] of alternatives.entries()) {
      for (const path of paths) {
        const [first = [], second] = path.split(' ').map((name) => this.numbersOf(name));
        if (second !== undefined) pairs.push({ at, first, second });
        else for (const number of first) alone[number] ??= at;
      }
    }
    return () => {
      const next = this.LA(1).tokenType.tokenTypeIdx as number;
      const found = alone[next];
      for (const { at, first, second } of pairs) {
        if (found !== undefined && found < at) break;
        const fits = first.includes(next);
        if (fits && second.includes(this.LA(2).tokenType.tokenTypeIdx as number)) return at;
      }
      return found;
    };
  }

  /** The types of tokens that pass as one of this name. */
  private numbersOf(name: string): readonly number[] {
    const { tokenTypeIdx, categoryMatches = [] } = this.types.get(name) ?? bug(`no token ${name}`);
    return [tokenTypeIdx as number, ...categoryMatches];
  }
}

const CONFIG: IParserConfig = {
  maxLookahead: 2,
  recoveryEnabled: false,
  nodeLocationTracking: 'none',
  skipValidations: true,
};
