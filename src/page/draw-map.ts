import type { Edge, Graph } from '../policy/graph-of.ts';
import { printable } from '../text/printable.ts';
import { element } from './element.ts';
import type { Trail } from './view-of.ts';

type Box = Graph['lists'][number]['nodes'][number];

/** So many boxes of a list are shown: the first ones, and those around the one that decides. */
const FIRST = 15;
const AROUND = 3;

/** The rules in their order and where each leads, with the trail of a packet, if there is one. */
export function drawMap({ lists, ends, edges }: Graph, trail: Trail | undefined): Node[] {
  const leadsFrom = (box: Box): Edge[] =>
    edges.filter(({ from, onward }) => from === box.id && !onward);
  const names = new Map(ends.map(({ id, name }) => [id, name]));
  return lists.flatMap(({ id, title, nodes }) => {
    const lit = trail?.list === id ? trail : undefined;
    const boxes = nodes.filter(({ kind }) => kind === 'rules');
    const at = boxes.findIndex(({ rules }) => lit?.rule !== undefined && rules.includes(lit.rule));
    const rows: HTMLElement[] = [];
    let left = 0;
    const gap = (): void => {
      if (left > 0) rows.push(element('li', { class: 'gap' }, `... ${left} more`));
      left = 0;
    };
    boxes.forEach((box, index) => {
      if (index >= FIRST && !(at >= 0 && Math.abs(index - at) <= AROUND)) {
        left += 1;
        return;
      }
      gap();
      rows.push(boxRow(box, leadsFrom(box), names, index === at ? lit : undefined));
    });
    gap();
    const rest = lit !== undefined && at < 0;
    rows.push(
      row(
        [element('p', {}, boxes.length > 0 ? 'what none of them takes' : 'each packet')],
        [end('main', '', rest)],
        rest,
      ),
    );
    return [element('h3', {}, title), element('ol', { class: 'map' }, ...rows)];
  });
}

function boxRow(
  { lines }: Box,
  leads: readonly Edge[],
  names: ReadonlyMap<string, string>,
  lit: Trail | undefined,
): HTMLElement {
  const texts = lines.map((line) => element('code', {}, printable(line)));
  const targets = leads.map(({ to, label }) => {
    const name = names.get(to) ?? to;
    return end(name, label, lit?.ends.has(name) === true);
  });
  return row(texts, targets, lit !== undefined);
}

function row(
  texts: readonly HTMLElement[],
  ends: readonly HTMLElement[],
  lit: boolean,
): HTMLElement {
  return element(
    'li',
    lit ? { class: 'lit', 'aria-current': 'true' } : {},
    element('div', { class: 'rules' }, ...texts),
    element('ul', { class: 'ends', 'aria-label': 'leads to' }, ...ends),
  );
}

function end(name: string, label: string, lit: boolean): HTMLElement {
  const said = label === '' ? [] : [' ', element('small', {}, printable(label))];
  const attributes = lit ? { class: 'lit', 'aria-current': 'true' } : {};
  return element('li', attributes, element('code', {}, printable(name)), ...said);
}
