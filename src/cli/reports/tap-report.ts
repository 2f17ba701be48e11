import { printable } from '../../text/printable.ts';
import { type Case, count, type Report } from './report.ts';

/** TAP 14 (testanything.org): a line for each expectation, with YAML below what failed. */
export function tapReport(reports: readonly Report[]): string {
  const out = ['TAP version 14', `1..${count(reports).total}`];
  let number = 0;
  const line = (fine: boolean, text: string, directive = ''): void => {
    number += 1;
    out.push(`${fine ? 'ok' : 'not ok'} ${number} - ${escaped(text)}${directive}`);
  };
  for (const { file, broken, cases } of reports) {
    if (broken !== undefined) {
      line(false, file);
      out.push(...yaml([['message', broken]]));
    }
    for (const each of cases) {
      const skipped = each.result === 'skip';
      const fine = each.result === 'pass' || skipped;
      const directive = skipped ? ` # SKIP ${printable(each.message)}` : '';
      line(fine, `${each.file}:${each.line} ${each.text}`, directive);
      if (!fine) out.push(...yaml(entries(each)));
    }
  }
  return `${out.join('\n')}\n`;
}

function entries({ message, expected, got, packet, rule, decides, file, line }: Case) {
  return [
    ['message', message],
    ['at', `${file}:${line}`],
    ['expected', expected],
    ['got', got],
    ['packet', packet],
    ['rule', rule && `${rule.file}:${rule.line} ${rule.text}`],
    ['decides', decides.length === 0 ? undefined : decides.join(', ')],
  ] as const;
}

/** A quoted text of JSON is one of YAML. */
function yaml(lines: readonly (readonly [string, string | undefined])[]): string[] {
  const given = lines.filter(([, text]) => text !== undefined);
  return ['  ---', ...given.map(([key, text]) => `  ${key}: ${JSON.stringify(text)}`), '  ...'];
}

/** A description ends at a `#`, unless a backslash stands before it. */
const escaped = (text: string): string => printable(text).replace(/[\\#]/g, '\\$&');
