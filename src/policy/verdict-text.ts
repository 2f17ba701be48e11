import type { Explained, WayOut } from './explain-question.ts';

type Said = Pick<Explained, 'ways' | 'lead' | 'answers' | 'evaluation'>;

/** What becomes of a packet, in one line. */
export function verdictText({ ways, lead, answers, evaluation: { spared } }: Said): string {
  const [{ verdict }] = ways;
  const back =
    answers === null || verdict !== 'main' ? '' : `, and is answered by \`${answers.uplink.name}\``;
  if (lead !== undefined) return `is led on to ${lead.to}${back}`;
  if (spared === 'here') return `is for the router itself${back}`;
  return `${ways.map(wayText).join(', or ')}${back}`;
}

/** Why no line decides about a packet. */
export const untakenText = ({ evaluation: { spared } }: Pick<Explained, 'evaluation'>): string =>
  spared === undefined ? 'no rule takes it' : 'no rule is asked about it';

/** One way out; its share where that is not all. */
export function wayText(way: WayOut): string {
  const share = way.share === 1 ? '' : `${Number((way.share * 100).toFixed(2))} %: `;
  switch (way.verdict) {
    case 'uplink':
      return `${share}leaves by \`${way.uplink}\` (${way.dev})${natText(way)}`;
    case 'main':
      return `${share}goes by main's own routes`;
    case 'drop':
      return `${share}is dropped, silently`;
    case 'reject':
      return `${share}is rejected: administratively prohibited`;
    case 'unreachable':
      return `${share}goes nowhere: unreachable`;
    default:
      return way.verdict satisfies never;
  }
}

function natText({ nat }: WayOut): string {
  switch (nat?.kind) {
    case 'snat':
      return `, its source becomes ${nat.to}`;
    case 'masquerade':
      return ', its source becomes the address of that device';
    default:
      return ', its source stays';
  }
}
