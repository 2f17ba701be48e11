import { expect, it } from 'vitest';
import { at, type Diagnostic, diagnose, type Kind, type Severity } from './diagnostic.ts';
import { renderGithub } from './render-github.ts';
import type { Source } from './source.ts';

const kind = (severity: Severity): Kind => ({
  code: 'RC201',
  slug: 'bad-address',
  severity,
  title: 'no address',
});
const sourceOf = (text: string, name = 'policy.route', quotable = true): Source => ({
  name,
  text,
  quotable,
});
const finding = (source: Source, start: number, end: number, message = 'm'): Diagnostic =>
  diagnose(kind('error'), message, [at({ source, start, end })]);

it('is one workflow command a finding', () => {
  const source = sourceOf('a\n\ud83d\ude00 bad\n');
  const span = { source, start: 5, end: 8 };
  const all = (['error', 'warning', 'note'] as const).map((severity) =>
    diagnose(kind(severity), `this is ${severity}`, [at(span, 'here')], 'write more'),
  );
  const place = 'file=policy.route,line=2,col=3,endColumn=6,title=RC201 bad-address';
  expect(renderGithub(all)).toBe(
    [
      `::error ${place}::this is error%0Ahelp: write more`,
      `::warning ${place}::this is warning%0Ahelp: write more`,
      `::notice ${place}::this is note%0Ahelp: write more`,
      '',
    ].join('\n'),
  );
  expect(renderGithub([])).toBe('');
});

it('has columns of what stays on one line, and lines of what does not', () => {
  const source = sourceOf('set x = {\n1\n}\n');
  expect(renderGithub([finding(source, 8, 13)])).toContain(
    'policy.route,line=1,endLine=3,title=RC201',
  );
  // The end of a line counts as a part of it.
  expect(renderGithub([finding(source, 9, 10)])).toContain('line=1,col=10,endColumn=10,');
});

it('escapes what would end a property, a command or a line', () => {
  const source = sourceOf('x', 'a,b:c%0A=\r\n::d.route');
  const text = renderGithub([finding(source, 0, 1, '100% a,b::c\r\n::error::d %0A')]);
  expect(text).toBe(
    '::error file=a%2Cb%3Ac%250A=\ufffd\ufffd%3A%3Ad.route,line=1,col=1,endColumn=2,' +
      'title=RC201 bad-address::100%25 a,b::c\ufffd\ufffd::error::d %250A\n',
  );
});

it('never quotes a file that must not be quoted', () => {
  const source = sourceOf('\nsecret\n', '/etc/shadow', false);
  const text = renderGithub([finding(source, 1, 7, 'a secret')]);
  expect(text).toContain('::error file=/etc/shadow,line=2,col=1,endColumn=7,');
  expect(text).toMatch(/::no address\n$/);
});
