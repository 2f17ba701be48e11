import { pages } from 'routec:pages';
import type { Kind } from '../text/diagnostic.ts';

/** What stands above an example, where the prose above it does not lead to it with a colon. */
const LABELS: Readonly<Record<string, string>> = {
  'route wrong': 'Wrong:',
  'route right': 'Right:',
  'route before': 'After a compile of this:',
};

/** The page of a kind of finding, as Markdown, its examples labelled. */
export function pageOf({ slug }: Kind): string {
  const out: string[] = [];
  for (const line of (pages()[slug] ?? '').split('\n')) {
    const [, fence, file] = /^```(route \w+|text (\S+)|)/.exec(line) ?? [];
    const label = file === undefined ? LABELS[fence ?? ''] : `The file \`${file}\`:`;
    if (label !== undefined && !out.at(-2)?.endsWith(':')) out.push(label, '');
    out.push(fence === undefined ? line : `\`\`\`${fence.replace(/ .*/, '')}`);
  }
  return out.join('\n');
}
