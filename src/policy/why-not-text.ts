import type { Explained } from './explain-question.ts';

/** Why a line that fits, too, does not decide. */
export function whyNotText(
  why: Explained['others'][number]['why'],
  { evaluation: { arrival } }: Explained,
): string {
  switch (why) {
    case 'later':
      return 'it stands below the first one';
    case 'no-arrival':
      return `it came in by \`${arrival?.name}\`, and only lines that name that with \`in\` look at it`;
    default:
      return why satisfies never;
  }
}
