import { out, palette } from '../io.ts';
import { jsonReport } from './json-report.ts';
import { prettyReport } from './pretty-report.ts';
import type { Report } from './report.ts';
import { tapReport } from './tap-report.ts';

/** How what was tried can be shown; the first is the default. */
export const REPORT_FORMATS = ['pretty', 'json', 'junit', 'tap'] as const;
export type ReportFormat = (typeof REPORT_FORMATS)[number];

/** What was tried, on standard output. */
export async function showReports(
  reports: readonly Report[],
  format: ReportFormat,
  coverage = false,
): Promise<void> {
  switch (format) {
    case 'pretty':
      out(prettyReport(reports, coverage, palette(process.stdout)));
      break;
    case 'json':
      out(jsonReport(reports));
      break;
    case 'junit': {
      const { junitReport } = await import('./junit-report.ts');
      out(junitReport(reports));
      break;
    }
    case 'tap':
      out(tapReport(reports));
      break;
    default:
      format satisfies never;
  }
}
