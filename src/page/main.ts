import { bug } from '../bug.ts';
import { graphOf } from '../policy/graph-of.ts';
import { printable } from '../text/printable.ts';
import { completionsOf, vocabularyOf } from './complete.ts';
import { drawAnswer, drawPolicy } from './draw.ts';
import { drawMap } from './draw-map.ts';
import { element } from './element.ts';
import { examplesOf } from './examples-of.ts';
import { type Asked, formatFragment, LONGEST, readFragment } from './fragment.ts';
import { fitsWhole } from './lines-of.ts';
import { openData } from './open-data.ts';
import type { PageData } from './page-data.ts';
import { type Mark, type Place, type Trail, viewOf } from './view-of.ts';

/** The part of the page with that name. */
function part(id: string): HTMLElement {
  return document.getElementById(id) ?? bug(`the page has no ${id}`);
}

/**
 * Wires the page. What is asked stands in the fragment of its address and nowhere else: whatever is
 * typed or ticked changes that, and that is what is answered.
 */
function start(): void {
  const data: PageData = JSON.parse(part('policy').textContent);
  const { policy, program, sources, ask } = openData(data);
  const whole = fitsWhole(sources);
  const examples = examplesOf(policy, program);
  const graph = graphOf(policy, program, data.entry);
  const packet = part('packet') as HTMLInputElement;
  packet.maxLength = LONGEST;
  document.title = `${printable(data.entry)} - routec`;
  part('name').textContent = printable(data.entry);
  part('version').textContent = data.version;

  const uplinks = program.uplinks.map(({ name, device }) => {
    const box = element('input', { type: 'checkbox', checked: '' });
    box.addEventListener('change', submit);
    const code = element('code', {}, printable(name));
    part('uplinks').append(element('label', {}, box, ' ', code, ` (${printable(device)})`));
    return { name, box };
  });
  for (const asked of examples) {
    const button = element('button', { type: 'button', class: 'packet' }, printable(asked.packet));
    const downs = asked.down.map((name) => printable(name)).join(', ');
    button.addEventListener('click', () => go(asked));
    const item = element('li', {}, button);
    if (downs !== '') item.append(` while ${downs} ${asked.down.length > 1 ? 'are' : 'is'} down`);
    part('examples').append(item);
  }
  part('more').hidden = examples.length === 0;

  const typed = (): Asked => ({
    packet: packet.value,
    down: uplinks.filter(({ box }) => !box.checked).map(({ name }) => name),
  });
  function submit(): void {
    go(typed());
  }
  function go(asked: Asked): void {
    const fragment = `#${formatFragment(asked)}`;
    if (location.hash === fragment) answer();
    else location.hash = fragment;
  }
  function answer(): void {
    const asked = location.hash.length > 1 ? readFragment(location.hash) : examples[0];
    if (asked === undefined) {
      drawMarks([]);
      return;
    }
    packet.value = asked.packet;
    for (const { name, box } of uplinks) box.checked = !asked.down.includes(name);
    const view = viewOf(ask(asked.packet, asked.down), policy, program);
    packet.setAttribute('aria-invalid', String(view.kind === 'wrong'));
    const result = part('answer');
    const inside = part('result').contains(document.activeElement);
    part('verdict').textContent = printable(view.said).replaceAll('`', '');
    part('verdict').className = view.kind === 'answer' ? view.chains[0].verdict : view.kind;
    result.replaceChildren(
      ...drawAnswer(view, data.entry, {
        ask: (text) => go({ ...typed(), packet: text }),
        show,
      }),
    );
    // What was pressed is gone with the answer before.
    if (inside) part('result').focus();
    if (view.kind === 'answer') drawMarks(view.marks, view.trail);
    else drawMarks([]);
  }
  function drawMarks(marks: readonly Mark[], trail?: Trail): void {
    part('boxes').replaceChildren(...drawMap(graph, trail));
    part('lines').replaceChildren(...drawPolicy(sources, marks, whole));
    const [first] = marks;
    if (first !== undefined) scrollTo(first);
  }
  /** Within the policy's own frame: the page stays where it is. */
  function scrollTo({ file, from }: Place): HTMLElement | undefined {
    const rows = part('lines').querySelectorAll<HTMLElement>('li[data-line]');
    const row = [...rows].find(
      ({ dataset }) => dataset.file === file && dataset.line === String(from),
    );
    const frame = part('lines');
    if (row !== undefined) {
      frame.scrollTop = row.offsetTop - frame.offsetTop - frame.clientHeight / 3;
    }
    return row;
  }
  function show(place: Place): void {
    scrollTo(place)?.scrollIntoView({ block: 'nearest' });
    part('lines').focus({ preventScroll: true });
  }

  const vocabulary = vocabularyOf(program);
  function complete(): void {
    const words = completionsOf(packet.value, vocabulary);
    part('words').replaceChildren(...words.map((value) => element('option', { value })));
  }
  packet.addEventListener('input', complete);
  packet.addEventListener('focus', complete);
  // So that it is scrolled by keys, too.
  part('lines').tabIndex = 0;
  part('question').addEventListener('submit', (event) => {
    event.preventDefault();
    submit();
  });
  addEventListener('hashchange', answer);
  answer();
  part('wait').hidden = true;
}

// After the page is there: a long policy takes a moment to read.
setTimeout(() => {
  try {
    start();
  } catch (error) {
    part('wait').textContent = `The page has a bug: ${String(error)}`;
    throw error;
  }
});
