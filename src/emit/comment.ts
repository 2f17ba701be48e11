/** The longest source text that is repeated in a comment. */
const WIDTH = 300;

/**
 * A text of the policy as it may stand in a comment of any artefact: one line of visible ASCII. The
 * grammar leaves nothing else outside quotes; inside them there may be anything printable.
 */
export function comment(text: string): string {
  const clean = text.replace(/[^ -~]/g, '?');
  return clean.length > WIDTH ? `${clean.slice(0, WIDTH)} ...` : clean;
}
