import { printable } from '../text/printable.ts';
import type { Source } from '../text/source.ts';
import { element } from './element.ts';
import { type Line, linesOf } from './lines-of.ts';
import type { Chain, Choice, Mark, Place, View } from './view-of.ts';

/** What can be done on the page. */
export interface Acts {
  readonly ask: (packet: string) => void;
  readonly show: (place: Place) => void;
}

/** The answer to a question, below its verdict. */
export function drawAnswer(view: View, entry: string, acts: Acts): Node[] {
  switch (view.kind) {
    case 'wrong':
      return [element('pre', { class: 'findings', tabindex: '0' }, view.text)];
    case 'nothing':
      return [];
    case 'depends':
      return [choiceList(view.choices, entry, acts)];
    case 'answer':
      return answerParts(view, entry, acts);
    default:
      return view satisfies never;
  }
}

function answerParts(view: View & { kind: 'answer' }, entry: string, acts: Acts): Node[] {
  const { chains, decides, others, more, packet, unless } = view;
  const out: Node[] = [];
  const head = [
    step('packet', [element('code', {}, printable(packet))]),
    step(
      'line',
      typeof decides === 'string'
        ? [decides]
        : [placeButton(decides, entry, acts), ' ', element('code', {}, printable(decides.text))],
    ),
  ];
  if (chains.length === 1) {
    out.push(element('ol', { class: 'chain' }, ...head, ...stepsOf(chains[0])));
  } else {
    out.push(element('ol', { class: 'chain' }, ...head));
    for (const chain of chains) {
      const meter = element('meter', { min: '0', max: '1', value: String(chain.share) });
      meter.setAttribute('aria-label', 'share');
      out.push(
        element('h3', {}, ...worded(chain.title)),
        meter,
        element('ol', { class: 'chain' }, ...stepsOf(chain)),
      );
    }
  }
  if (others.length > 0) {
    const items = others.map((other) =>
      element(
        'li',
        {},
        placeButton(other, entry, acts),
        ' ',
        element('code', {}, printable(other.text)),
        element('p', {}, 'but ', ...worded(other.why)),
      ),
    );
    if (more > 0) items.push(element('li', {}, `... and ${more} more`));
    out.push(
      element('h3', {}, 'These lines fit, too'),
      element('ul', { class: 'others' }, ...items),
    );
  }
  if (unless.length > 0) {
    out.push(
      element('h3', {}, 'Unless it is one that has something unusual'),
      choiceList(unless, entry, acts),
    );
  }
  return out;
}

const stepsOf = ({ steps, verdict }: Chain): HTMLElement[] =>
  steps.map(({ name, lines }) => {
    const rows = lines.map((line) => element('div', {}, ...worded(line)));
    const kind = name === 'answers' ? `answers ${verdict}` : name === 'passed' ? 'passed' : '';
    return step(name, rows, kind);
  });

function step(name: string, content: readonly (Node | string)[], kind = ''): HTMLElement {
  return element(
    'li',
    kind === '' ? {} : { class: kind },
    element('span', { class: 'name' }, name),
    element('div', { class: 'what' }, ...content),
  );
}

function choiceList(choices: readonly Choice[], entry: string, acts: Acts): HTMLElement {
  const items = choices.map(({ packet, verdict, place }) => {
    const take = element('button', { type: 'button', class: 'packet' }, printable(packet));
    take.addEventListener('click', () => acts.ask(packet));
    const where = typeof place === 'string' ? place : placeText(place, entry);
    return element('li', {}, take, element('p', {}, ...worded(verdict), ` (${where})`));
  });
  return element('ul', { class: 'choices' }, ...items);
}

function placeButton(place: Place, entry: string, acts: Acts): HTMLElement {
  const text = placeText(place, entry);
  const button = element(
    'button',
    { type: 'button', class: 'place', title: 'show the line' },
    text,
  );
  button.addEventListener('click', () => acts.show(place));
  return button;
}

const placeText = ({ file, from }: Place, entry: string): string =>
  file === entry ? `line ${from}` : printable(`${file}:${from}`);

/** A sentence, with what stands in backticks as code. */
function worded(text: string): (Node | string)[] {
  return printable(text)
    .split('`')
    .map((part, index) => (index % 2 === 1 ? element('code', {}, part) : part));
}

const SAID: Readonly<Record<Mark['kind'], string>> = {
  decides: 'decides',
  fits: 'fits, too',
  uplink: 'leaves by it',
};

/** The files of a policy with their numbers of lines, and what each line has to do with the answer. */
export function drawPolicy(
  sources: readonly Source[],
  marks: readonly Mark[],
  whole: boolean,
): Node[] {
  return sources.flatMap((source) => {
    const rows = linesOf(source, marks, whole).map((line) => row(line, source.name));
    const name = printable(source.name);
    return [
      element('h3', { class: 'file' }, name),
      element('ol', { class: 'lines', 'aria-label': `lines of ${name}` }, ...rows),
    ];
  });
}

function row(line: Line, file: string): HTMLElement {
  if (line.kind === 'gap') {
    const lines = line.count === 1 ? 'a line' : `${line.count} lines`;
    return element('li', { class: 'gap' }, `... ${lines} ...`);
  }
  const { number, text, mark, first } = line;
  const out = element(
    'li',
    { ...(mark === undefined ? {} : { class: mark }), value: String(number) },
    element('span', { class: 'number' }, String(number)),
    element('code', {}, printable(text)),
  );
  if (mark !== undefined && first) out.append(element('span', { class: 'tag' }, SAID[mark]));
  out.dataset.file = file;
  out.dataset.line = String(number);
  return out;
}
