import { KINDS } from '../kinds.ts';
import type { Kind } from '../text/diagnostic.ts';
import { nearest } from '../text/nearest.ts';
import { EXIT, type Exit } from './exit.ts';
import { complain, out } from './io.ts';
import { pageOf } from './page-of.ts';

/** `routec --explain [CODE]`: what a finding means, by code or slug; without one, which there are. */
export function explain(asked: string | undefined): Exit {
  if (asked === undefined) {
    const width = Math.max(...KINDS.map(({ slug }) => slug.length));
    for (const { code, slug, severity, title } of KINDS) {
      out(`${code}  ${slug.padEnd(width)}  ${severity.padEnd(7)}  ${title}\n`);
    }
    return EXIT.yes;
  }
  const kind = find(asked.trim().toLowerCase());
  if (kind === undefined) {
    const meant = nearest(
      asked,
      KINDS.map(({ slug }) => slug),
    );
    complain(
      `there is no finding \`${asked}\``,
      meant === undefined ? '`routec --explain` lists all' : `did you mean \`${meant}\`?`,
    );
    return EXIT.failed;
  }
  const { code, slug, severity, title } = kind;
  out(`${code} ${slug} (${severity}): ${title}\n\n${plain(pageOf(kind))}`);
  return EXIT.yes;
}

/** `RC101`, `101` or `unknown-uplink`, in lower case. */
function find(asked: string): Kind | undefined {
  const number = /^(?:rc)?([0-9]{1,3})$/.exec(asked)?.[1]?.padStart(3, '0');
  return KINDS.find(({ code, slug }) => slug === asked || code === `RC${number}`);
}

/** A page without its heading, for a terminal: examples are indented, not fenced. */
function plain(page: string): string {
  let fenced = false;
  const lines: string[] = [];
  for (const line of page.split('\n').slice(2)) {
    if (line.startsWith('```')) fenced = !fenced;
    else lines.push(fenced ? `    ${line}` : line);
  }
  return lines.join('\n');
}
