import type { Graph, Node } from '../../policy/graph-of.ts';

/** A graph in the language of Graphviz (https://graphviz.org/doc/info/lang.html). */
export function dotGraph({ lists, ends, edges }: Graph): string {
  const lines = ['digraph policy {', '  rankdir=LR;', '  node [shape=box, fontname="monospace"];'];
  for (const { id, title, nodes } of lists) {
    lines.push(`  subgraph cluster_${id} {`, `    label=${quoted([title])};`);
    for (const node of nodes) lines.push(`    ${nodeText(node)}`);
    lines.push('  }');
  }
  for (const node of ends) lines.push(`  ${nodeText(node)}`);
  for (const { from, to, label, onward } of edges) {
    const style = onward ? ['style=dashed'] : [];
    const said = label === '' ? [] : [`label=${quoted([label])}`];
    const all = [...style, ...said].join(', ');
    lines.push(`  ${from} -> ${to}${all === '' ? '' : ` [${all}]`};`);
  }
  lines.push('}');
  return `${lines.join('\n')}\n`;
}

const SHAPES: Readonly<Record<Node['kind'], string>> = {
  start: 'oval',
  rules: 'box',
  uplink: 'cds',
  verdict: 'hexagon',
};

const nodeText = ({ id, kind, lines }: Node): string =>
  `${id} [shape=${SHAPES[kind]}, label=${quoted(lines)}];`;

/** In quotes a backslash escapes, and entities of HTML are read, too. Lines are set to the left. */
function quoted(lines: readonly string[]): string {
  const texts = lines.map((line) => line.replaceAll('&', '&amp;').replace(/["\\]/g, '\\$&'));
  return texts.length === 1 ? `"${texts[0]}"` : `"${texts.map((text) => `${text}\\l`).join('')}"`;
}
