import { jsonText } from '../../text/json-text.ts';
import { type Case, count, type Place, type Report } from './report.ts';

/** All that is known, for programs; the shape only ever grows. */
export function jsonReport(reports: readonly Report[]): string {
  return jsonText({
    version: 1,
    files: reports.map(({ file, broken, cases, rules, unexpected }) => ({
      file,
      error: broken ?? null,
      expectations: cases.map(caseOf),
      coverage:
        broken === undefined
          ? { rules, expected: rules - unexpected.length, unexpected: unexpected.map(placeOf) }
          : null,
    })),
    summary: count(reports),
  });
}

function caseOf(each: Case): object {
  const { result, message, expected, got, packet, rule, decides } = each;
  return {
    ...placeOf(each),
    result,
    message,
    expected,
    got: got ?? null,
    packet: packet ?? null,
    rule: rule === undefined ? null : placeOf(rule),
    decides,
  };
}

const placeOf = ({ file, line, column, text }: Place): Place => ({ file, line, column, text });
