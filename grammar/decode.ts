import { at, type Diagnostic, diagnose } from '../src/text/diagnostic.ts';
import type { Source } from '../src/text/source.ts';
import { invalidUtf8 } from './kinds.ts';

export interface Decoded {
  readonly source: Source;
  /** The bytes are no UTF-8: what the source has instead of them is made up. */
  readonly fault?: Diagnostic;
}

/** Text from bytes; a byte order mark is left out. */
export function decode(name: string, bytes: Uint8Array, quotable: boolean): Decoded {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return { source: { name, text, quotable } };
  } catch {
    const source = { name, text: new TextDecoder('utf-8').decode(bytes), quotable };
    const start = Math.max(source.text.indexOf('\ufffd'), 0);
    const message = 'this is not UTF-8';
    const help = 'save the file as UTF-8; outside comments and quotes a policy is plain ASCII';
    const span = { source, start, end: start + 1 };
    return { source, fault: diagnose(invalidUtf8, message, [at(span)], help) };
  }
}
