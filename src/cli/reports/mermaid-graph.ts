import type { Graph, Node } from '../../policy/graph-of.ts';

/** A graph in the language of Mermaid (https://mermaid.js.org/syntax/flowchart.html). */
export function mermaidGraph({ lists, ends, edges }: Graph): string {
  const lines = ['flowchart LR'];
  for (const { id, title, nodes } of lists) {
    lines.push(`  subgraph ${id}["${escaped(title)}"]`);
    for (const node of nodes) lines.push(`    ${nodeText(node)}`);
    lines.push('  end');
  }
  for (const node of ends) lines.push(`  ${nodeText(node)}`);
  for (const { from, to, label, onward } of edges) {
    const arrow = onward ? '-.->' : '-->';
    lines.push(`  ${from} ${arrow}${label === '' ? '' : `|"${escaped(label)}"|`} ${to}`);
  }
  return `${lines.join('\n')}\n`;
}

function nodeText({ id, kind, lines }: Node): string {
  const text = `"${lines.map(escaped).join('<br>')}"`;
  switch (kind) {
    case 'start':
      return `${id}([${text}])`;
    case 'rules':
      return `${id}[${text}]`;
    case 'uplink':
      return `${id}[/${text}/]`;
    case 'verdict':
      return `${id}{{${text}}}`;
    default:
      return kind satisfies never;
  }
}

/** All but letters, digits and what never means anything, as entities: quotes, HTML, Markdown, `#`. */
const escaped = (text: string): string =>
  text.replace(/[^\p{L}\p{N} .,:/=%-]|%(?=%)/gu, (char) => `#${char.codePointAt(0)};`);
