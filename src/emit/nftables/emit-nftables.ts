import { render } from '../../../templates/nftables.hbs';
import type { Program } from '../../model/program.ts';
import type { Artefact } from '../artefact.ts';
import { view } from './view.ts';

/** The ruleset of a program: `policy.nft`. */
export function emitNftables(program: Program, base: string): Artefact[] {
  return [{ suffix: 'nft', text: render(view(program, base)) }];
}
