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
    case 'here':
      return 'it is sent to the router itself, which no rule moves';
    case 'link':
      return "it is the link's own business, about which no rule is asked";
    case 'elsewhere':
      return "it takes only what is sent to the router itself, and this is no uplink's own address that the policy names";
    default:
      return why satisfies never;
  }
}
