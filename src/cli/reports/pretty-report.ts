import { printable } from '../../text/printable.ts';
import { type Palette, plain, renderFrame } from '../../text/render-frame.ts';
import { type Case, count, type Report } from './report.ts';

/** Rules that nothing expects: beyond this many they are only counted. */
const SHOWN = 100;

/** What failed, source lines underlined, and how many did; with `coverage`, what nothing expects. */
export function prettyReport(
  reports: readonly Report[],
  coverage: boolean,
  palette: Palette = plain,
): string {
  const out: string[] = [];
  for (const { cases } of reports) {
    for (const each of cases)
      if (each.result !== 'pass' || each.message !== '') out.push(failure(each, palette), '');
  }
  const told = reports.flatMap(({ cases }) =>
    cases.filter(
      ({ result, message, notes }) => result === 'pass' && message === '' && notes.length > 0,
    ),
  );
  for (const { file, line, notes } of told) {
    out.push(...notes.map((note) => printable(`${file}:${line}: ${note}`)));
  }
  if (told.length > 0) out.push('');
  for (const { file, broken } of reports) {
    if (broken !== undefined) out.push(printable(`${file}: nothing was tried: ${broken}`), '');
  }
  if (coverage) for (const report of reports) out.push(...covered(report), '');
  const { total, passed, failed, open, skipped } = count(reports);
  const said = [
    `${passed} as expected`,
    failed > 0 ? palette.error(`${failed} failed`) : '0 failed',
    ...(open > 0 ? [palette.warning(`${open} not decided`)] : []),
    ...(skipped > 0 ? [palette.warning(`${skipped} not tried`)] : []),
  ];
  const things = reports[0]?.of ?? 'expectations';
  out.push(`${total} ${total === 1 ? things.slice(0, -1) : things}: ${said.join(', ')}`);
  return `${out.join('\n')}\n`;
}

const WORDS: Readonly<Record<Case['result'], string>> = {
  pass: 'tried in part',
  fail: 'failed',
  open: 'not decided',
  skip: 'not tried',
};

function failure({ result, message, labels, notes }: Case, palette: Palette): string {
  const severity = result === 'fail' ? 'error' : 'warning';
  const word = WORDS[result];
  const { pad, lines } = renderFrame(labels, severity, palette);
  return [
    palette.strong(`${palette[severity](word)}: ${printable(message)}`),
    ...lines,
    ...notes.map((note) => `${pad} ${palette.frame('=')} ${printable(note)}`),
  ].join('\n');
}

function covered({ file, rules, unexpected, broken }: Report): string[] {
  if (broken !== undefined) return [];
  const tried = rules - unexpected.length;
  const out = [printable(`${file}: ${tried} of ${rules} rules decide something that is expected`)];
  for (const place of unexpected.slice(0, SHOWN)) {
    out.push(printable(`  ${place.file}:${place.line}: ${place.text}`));
  }
  const left = unexpected.length - SHOWN;
  if (left > 0) out.push(`  ... and ${left} more (\`--format json\` lists them all)`);
  return out;
}
