import junit, { type Builder } from 'junit-report-builder';
import { printable, printableLines } from '../../text/printable.ts';
import { renderFrame } from '../../text/render-frame.ts';
import type { Case, Report } from './report.ts';

/** JUnit's XML: a suite for each policy, a case for each expectation. */
export function junitReport(reports: readonly Report[]): string {
  // Its types speak of an ES module, and it is CommonJS.
  const builder = (junit as unknown as Builder).newBuilder();
  for (const { file, broken, cases } of reports) {
    const suite = builder.testSuite().name(printable(file));
    if (broken !== undefined) {
      suite.testCase().className(printable(file)).name('the policy').error(printable(broken));
    }
    for (const each of cases) {
      const made = suite.testCase().className(printable(each.file)).name(printable(each.text));
      made.file(printable(each.file)).time(0);
      if (each.result === 'skip') {
        made.skipped();
        made.standardOutput(printable(each.message));
        continue;
      }
      if (each.result !== 'pass') made.failure(printable(each.message), each.result);
      if (each.result !== 'pass') made.standardError(shown(each));
    }
  }
  return `${builder.build()}\n`;
}

function shown({ labels, notes }: Case): string {
  return printableLines([...renderFrame(labels, 'error').lines, ...notes].join('\n'));
}
