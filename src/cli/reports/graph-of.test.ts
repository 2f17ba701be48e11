import { describe, expect, it } from 'vitest';
import { bug } from '../../bug.ts';
import { understand } from '../../compile.ts';
import { graphOf } from '../../policy/graph-of.ts';
import { dotGraph } from './dot-graph.ts';
import { mermaidGraph } from './mermaid-graph.ts';

const UPLINKS = `uplink cable dev eth2 gateway 198.51.100.1 masquerade
uplink dsl dev eth3 gateway 192.0.2.1 address 192.0.2.2/24, 192.0.2.8 snat 192.0.2.2
`;

function drawn(text: string, read: Parameters<typeof understand>[1] = () => bug('no other file')) {
  const entry = { name: 'policy.route', base: 'policy', bytes: Buffer.from(text) };
  const { policy, program, diagnostics } = understand(entry, read, undefined);
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  return graphOf(policy, program ?? bug('no program'), entry.name);
}

/** The arrows from each box to where it leads. */
const arrows = (text: string): string[] =>
  drawn(text)
    .edges.filter(({ onward }) => !onward)
    .map(({ from, to, label }) => `${from} ${to} ${label}`);

describe('a policy as a graph', () => {
  it('leads each rule to its uplinks in order, by their shares, or to a verdict', () => {
    expect(
      arrows(`${UPLINKS}route ipv4 tcp 25 via dsl snat 192.0.2.8 else cable else reject
route ipv4 tcp 443 via balance cable 3, dsl 1 else drop
route ipv4 tcp 80 via main
route local ipv4 udp 53 via cable
route in eth2 ipv4 tcp 22 via dsl
`),
    ).toEqual([
      'forwarded_0 uplink_1 snat 192.0.2.8',
      'forwarded_0 uplink_0 else, masquerade',
      'forwarded_0 reject else',
      'forwarded_1 uplink_0 75 %, masquerade',
      'forwarded_1 uplink_1 25 %, snat 192.0.2.2',
      'forwarded_1 drop else',
      'forwarded_2 main ',
      'forwarded_3 uplink_1 snat 192.0.2.2',
      'inbound_0 uplink_1 snat 192.0.2.2',
      'local_0 uplink_0 masquerade',
    ]);
  });

  it('shows what leads on what is sent to the router itself, where something does', () => {
    const forwards = 'forward tcp 80-81 on dsl to 192.168.0.10:8080-8081\n';
    const { lists, edges } = drawn(`${UPLINKS}${forwards}`);
    expect(lists.map(({ id }) => id)).toEqual(['list_forwarded', 'list_here']);
    expect(edges.slice(1)).toEqual([
      { from: 'here_0', to: 'main', label: '192.168.0.10:8080-8081', onward: false },
      { from: 'here', to: 'here_0', label: '', onward: true },
      { from: 'here_0', to: 'main', label: '', onward: true },
    ]);
  });

  it('draws a line once that names several uplinks', () => {
    const { lists } = drawn(`${UPLINKS}route in cable, dsl tcp 80 via main\n`);
    const boxes = lists.flatMap(({ id, nodes }) => nodes.map(({ lines }) => [id, lines]));
    expect(boxes).toContainEqual(['list_inbound', ['3: route in cable, dsl tcp 80 via main']]);
  });

  it('asks the boxes of a list in order, and then main', () => {
    const { edges, ends } = drawn(`${UPLINKS}route tcp 25 via drop\nroute ipv4 tcp 80 via dsl\n`);
    expect(edges.filter(({ onward }) => onward).map(({ from, to }) => `${from} ${to}`)).toEqual([
      'forwarded forwarded_0',
      'forwarded_0 forwarded_1',
      'forwarded_1 main',
    ]);
    expect(ends.map(({ lines }) => lines.join(' '))).toEqual([
      'uplink cable dev eth2 via 198.51.100.1',
      'uplink dsl dev eth3 via 192.0.2.1',
      'main',
      'drop',
    ]);
  });

  it('puts neighbours that lead to the same into one box, and counts what is too much', () => {
    const rules = Array.from(
      { length: 8 },
      (_, index) => `route host 10.0.0.${index + 1} via drop\n`,
    );
    const [list] = drawn(`${UPLINKS}${rules.join('')}`).lists;
    expect(list?.nodes.map(({ lines }) => lines.length)).toEqual([1, 6]);
    expect(list?.nodes[1]?.lines.at(-1)).toBe('... and 3 more');
    const long = `route to ${rules.map((_, index) => `203.0.113.${index}`).join(', ')} via drop`;
    const [wide] = drawn(`${UPLINKS}${long}\n`).lists;
    expect(wide?.nodes[1]?.lines[0]).toMatch(/^3: route to 203\.0\.113\.0, .*\.\.\.$/);
  });

  it('does not quote what lies outside the folder of the policy', () => {
    const bytes = Buffer.from('route host 10.0.0.9 via drop\n');
    const { lists } = drawn(`${UPLINKS}include "../more.route"\n`, () => ({
      bytes,
      quotable: false,
    }));
    expect(lists[0]?.nodes[1]?.lines).toEqual(['../more.route:1']);
  });
});

describe('names that would mean something to what draws them', () => {
  const name = `d<b>"#'\`&|end%%\\n-->`;
  const word = `"${name.replace(/["\\]/g, '\\$&')}"`;
  const graph = drawn(`uplink ${word} dev "eth<&3" gateway 192.0.2.1
route ipv4 tcp 80 via ${word}
`);

  it('are entities for Mermaid, and mean nothing', () => {
    const text = mermaidGraph(graph);
    const texts = [...text.matchAll(/"([^"]*)"/g)].map(([, its]) => its as string);
    for (const each of texts) expect(each.replaceAll('<br>', '')).not.toMatch(/[<>`'&|"\\]|%%/);
    const read = texts.map((each) =>
      each.replace(/#(\d+);/g, (_, code) => String.fromCodePoint(Number(code))),
    );
    expect(read).toContain(`uplink ${name}<br>dev eth<&3<br>via 192.0.2.1`);
    expect(read).toContain(`2: route ipv4 tcp 80 via ${word}`);
    expect(text.split('\n').at(-2)).toBe('  forwarded_0 -.-> main');
  });

  it('are escaped for Graphviz', () => {
    const text = dotGraph(graph);
    const bare = text.replace(/"(?:[^"\\]|\\.)*"/g, '""');
    expect(bare).not.toMatch(/[<'`&|%\\]/);
    expect(text).toContain(
      String.raw`label="uplink d<b>\"#'${'`'}&amp;|end%%\\n-->\ldev eth<&amp;3\lvia 192.0.2.1\l"`,
    );
  });
});
