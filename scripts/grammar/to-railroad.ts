import {
  Choice,
  Diagram,
  NonTerminal,
  OneOrMore,
  Optional,
  Sequence,
  type Shape,
  Terminal,
  ZeroOrMore,
} from 'railroad-diagrams';
import { PATTERNED_TOKENS } from './patterned-tokens.ts';
import type { Part } from './productions.ts';
import { formatPart } from './to-ebnf.ts';

const STYLE = `
:root { color-scheme: light dark; --line: #333; --word: #dff0d8; --rule: #e3ecfa; }
@media (prefers-color-scheme: dark) { :root { --line: #ccc; --word: #24452a; --rule: #24365a; } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
figure { margin: 0 0 1rem; overflow-x: auto; }
code { font: 14px/1.5 monospace; }
svg path { fill: none; stroke: var(--line); stroke-width: 2; }
svg rect { fill: var(--rule); stroke: var(--line); stroke-width: 2; }
svg rect[rx] { fill: var(--word); }
svg text { fill: CanvasText; font: bold 14px monospace; text-anchor: middle; }
svg a:hover rect { stroke: LinkText; }
:target { outline: 2px solid LinkText; outline-offset: 4px; }
`;

/**
 * The grammar as railroad diagrams: one page that needs nothing else, and no script. Below each
 * diagram it says the same in letters, for those who can't see it.
 */
export function toRailroad(productions: ReadonlyMap<string, Part>): string {
  const sections = [...productions].map(([name, part]) => section(name, part));
  const tokens = PATTERNED_TOKENS.map(
    ({ name, pattern }) => `<dt id="${name}">${name}</dt>
<dd><code>${escaped(String(pattern))}</code></dd>`,
  );
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>The .route language</title>
<style>${STYLE}</style>
<h1>The .route language</h1>
<p>Generated from <code>grammar/parser.ts</code> and <code>grammar/tokens.ts</code> by
<code>npm run grammar</code>. Round boxes are words and signs as they are written, square ones
lead to what they stand for.</p>
${sections.join('\n')}
<h2>Tokens</h2>
<dl>
${tokens.join('\n')}
</dl>
</html>
`;
}

function section(name: string, part: Part): string {
  const diagram = Diagram(draw(part));
  // The text below says the same, and its links can be reached with the keyboard.
  diagram.attrs['aria-hidden'] = 'true';
  return `<section id="${name}">
<h2>${name}</h2>
<figure>
${String(diagram).trim()}
<figcaption><code>${linked(part)}</code></figcaption>
</figure>
</section>`;
}

function draw(part: Part): Shape {
  switch (part.kind) {
    case 'word':
      return Terminal(part.text);
    case 'token':
    case 'production': {
      const box = NonTerminal(part.name);
      box.tagName = 'a';
      Object.assign(box.attrs, { href: `#${part.name}`, tabindex: -1 });
      return box;
    }
    case 'sequence':
      return Sequence(...part.parts.map(draw));
    case 'choice':
      return Choice(0, ...part.parts.map(draw));
    case 'optional':
      return Optional(draw(part.part));
    case 'any':
      return ZeroOrMore(draw(part.part));
    case 'some':
      return OneOrMore(
        draw(part.part),
        part.separator === undefined ? undefined : draw(part.separator),
      );
    default:
      return part satisfies never;
  }
}

/** A part as EBNF whose names are links. Quoted words are none. */
function linked(part: Part): string {
  return escaped(formatPart(part)).replace(/"[^"]*"|([A-Za-z]+)/g, (all, name?: string) =>
    name === undefined ? all : `<a href="#${name}">${name}</a>`,
  );
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
