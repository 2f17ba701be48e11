import type { Kind } from '../src/text/diagnostic.ts';

const kind = (code: Kind['code'], slug: string, title: string): Kind => ({
  code,
  slug,
  severity: 'error',
  title,
});

/** What can be wrong with the syntax, in the order of the codes. */
export const unexpectedCharacter = kind('RC001', 'unexpected-character', 'unexpected character');
export const unterminatedText = kind('RC002', 'unterminated-text', 'this quoted text does not end');
export const controlCharacter = kind('RC003', 'control-character', 'a control character');
export const invalidUtf8 = kind('RC004', 'invalid-utf-8', 'this is not UTF-8');
export const unexpectedWord = kind(
  'RC005',
  'unexpected-word',
  'the grammar has something else here',
);
export const turnedText: Kind = {
  code: 'RC008',
  slug: 'turned-text',
  severity: 'warning',
  title: 'a character that turns the direction of the text',
};
export const openBrace = kind('RC006', 'open-brace', 'this `{` is never closed');
export const reservedWord = kind(
  'RC007',
  'reserved-word',
  'a word of the language can not stand here',
);
export const tooManyWords = kind('RC009', 'too-many-words', 'too many words');

/** How a sound policy is laid out. */
export const notFormatted: Kind = {
  code: 'RC501',
  slug: 'not-formatted',
  severity: 'note',
  title: 'this file is not formatted',
};
