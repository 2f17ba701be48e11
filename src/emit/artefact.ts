/** What a backend writes. */
export interface Emitted {
  readonly artefacts: readonly Artefact[];
  readonly lookUps: readonly WrittenLookUp[];
  /** Of each chain with rules that count for one rule of the policy each: whose they are. */
  readonly counted: readonly WrittenLookUp[];
  /** Rules of the policy that are tested one after the other. */
  readonly tests: number;
}

/** A set, a map or a chain that rules of the policy became. */
export interface WrittenLookUp {
  readonly name: string;
  /** Of each element, or of each line that counts, as they stand in the file, the place of the rule that it comes from. */
  readonly rules: readonly number[];
}

/** One file of output. */
export interface Artefact {
  /** What comes after the policy's base name, as in `nft` of `policy.nft`. */
  readonly suffix: string;
  readonly text: string;
}
