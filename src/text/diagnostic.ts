import type { Span } from './source.ts';

export type Severity = 'error' | 'warning' | 'note';

/**
 * A kind of finding: `RC0xx` syntax, `RC1xx` names, `RC2xx` meaning, `RC3xx` what rules come to together,
 * `RC4xx` backend, `RC5xx` layout and other remarks.
 */
export interface Kind {
  readonly code: `RC${string}`;
  readonly slug: string;
  readonly severity: Severity;
  /** What it says when nothing of the text may be quoted. */
  readonly title: string;
  /** Whether more than the policy's text decides if it is found: the manifest, or a backend. */
  readonly elsewhere?: true;
}

export interface Label {
  readonly span: Span;
  /** What is wrong (or what is meant) at this place; may be empty. */
  readonly text: string;
}

/** New text for a stretch of a source; an empty stretch is a place to insert at. */
export interface Edit {
  readonly span: Span;
  readonly text: string;
}

/** The one right answer, where there is exactly one: `check --fix` gives it without asking. */
export interface Fix {
  /** What it does, as a sentence. */
  readonly title: string;
  /** All of one source, none over another. */
  readonly edits: readonly [Edit, ...Edit[]];
}

/** One finding, as plain data: the renderers decide how it looks. */
export interface Diagnostic {
  readonly code: string;
  readonly slug: string;
  readonly severity: Severity;
  /** Stands alone: no full stop, names in backticks. */
  readonly message: string;
  /** The first is where the finding is; the others are places that it has to do with. */
  readonly labels: readonly [Label, ...Label[]];
  /** What to do about it, as a sentence. */
  readonly help?: string;
  readonly fix?: Fix;
  /** How many findings of its kind it stands for, where that is more than itself. */
  readonly count?: number;
}

export type Report = (diagnostic: Diagnostic) => void;

/**
 * Makes a finding. Where one of its places lies in a file that must not be quoted, only the title
 * of its kind and the places are left: such a file may be anybody's, named by a hostile policy.
 */
export function diagnose(
  kind: Kind,
  message: string,
  labels: readonly [Label, ...Label[]],
  help?: string | undefined,
  fix?: Fix | undefined,
): Diagnostic {
  const { code, slug, severity, title } = kind;
  if (labels.some((label) => !label.span.source.quotable)) {
    const [first, ...rest] = labels.map((label) => ({ span: label.span, text: '' }));
    return { code, slug, severity, message: title, labels: [first as Label, ...rest] };
  }
  const [first, ...rest] = labels.map(({ span, text }) => ({ span, text: shortened(text) }));
  return {
    code,
    slug,
    severity,
    message: shortened(message),
    labels: [first as Label, ...rest],
    ...(help === undefined ? {} : { help: shortened(help) }),
    ...(fix === undefined ? {} : { fix }),
  };
}

/** A label. */
export function at(span: Span, text = ''): Label {
  return { span, text };
}

/** A label for what a message quotes, only where that must not be quoted: it then strips the message. */
export function quoting(span: Span | undefined): Label[] {
  return span === undefined || span.source.quotable ? [] : [at(span)];
}

/** The longest that is said of one thing, and of a word in it: a policy may hold words of megabytes. */
const LONGEST = 500;
const LONGEST_WORD = 100;

function shortened(text: string): string {
  if (text.length <= LONGEST_WORD) return text;
  const parts = text
    .split('`')
    .map((part, index) => (index % 2 === 1 ? cut(part, LONGEST_WORD) : part));
  return cut(parts.join('`'), LONGEST);
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 20)}...`;
}
