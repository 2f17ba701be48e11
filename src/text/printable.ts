/**
 * What a terminal obeys, reorders or does not show at all: control and format characters (escape
 * sequences, bidirectional controls), line separators, halves of characters, and letters that are blank; but not
 * what only asks for the colourful form of the character before it.
 */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]|(?!\ufe0f)\p{Default_Ignorable_Code_Point}/gu;

/** A text made safe for a terminal: what can't be seen is shown as `�`, a tab as four blanks. */
export function printable(text: string): string {
  return text.replaceAll('\t', '    ').replace(UNSEEN, '\ufffd');
}

/** The same for several lines; a carriage return is not seen either. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

/** A text of JSON in which what can't be seen is escaped; only its own ends of lines are left. */
export function printableJson(json: string): string {
  const escaped = (unit: string): string =>
    `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return json.replace(UNSEEN, (unseen) =>
    unseen === '\n' ? unseen : unseen.split('').map(escaped).join(''),
  );
}
