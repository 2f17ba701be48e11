/** One file of output. */
export interface Artefact {
  /** What comes after the policy's base name, as in `nft` of `policy.nft`. */
  readonly suffix: string;
  readonly text: string;
}
