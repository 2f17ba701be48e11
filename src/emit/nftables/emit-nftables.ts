import { render } from '../../../templates/nftables.hbs';
import type { Program } from '../../model/program.ts';
import type { Artefact } from '../artefact.ts';
import { view } from './view.ts';

/** The ruleset of a program: `policy.nft`. */
export function emitNftables(program: Program, base: string): Artefact[] {
  const { title, filled, chains } = view(program, base);
  const text = render({
    title,
    filled: filled.map(({ elements, ...rest }) => ({
      ...rest,
      block: block(elements, '      ', ','),
    })),
    chains: chains.map(({ rules, ...rest }) => ({ ...rest, block: block(rules, '    ', '') })),
  });
  return [{ suffix: 'nft', text }];
}

/** Lines as one text: they may be a million, and a template takes its time over each piece. */
function block(lines: readonly string[], before: string, after: string): string {
  return lines.length === 0 ? '' : before + lines.join(`${after}\n${before}`) + after;
}
