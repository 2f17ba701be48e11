/** Neither too light for a white page nor too dark for a black one. */
const INK = '#6e7781';
const FAINT = '#6e778155';
const COLOURS = ['#2f81f7', '#a371f7', '#d4740b', '#c4432b'];
const [WIDTH, HEIGHT] = [720, 380];
const EDGE = { left: 64, right: 240, top: 48, bottom: 56 };
/** Pixels between two labels at least. */
const LINE = 18;

/**
 * An SVG of lines over a logarithmic x, with a y from 0 to 1, and each line's name at its end.
 *
 * @param x.at where the axis has a mark
 * @param level a line across all, for what the others can at best come to
 */
export function plot({ title, x, level, lines }) {
  const right = WIDTH - EDGE.right;
  const bottom = HEIGHT - EDGE.bottom;
  const last = Math.log(x.at.at(-1));
  const px = (value) => (EDGE.left + ((right - EDGE.left) * Math.log(value)) / last).toFixed(1);
  const py = (value) => Number((bottom - (bottom - EDGE.top) * value).toFixed(1));
  const ends = apart([
    { text: level.label, colour: INK, y: py(level.y) },
    ...lines.map(({ name, points }, at) => ({
      text: name,
      colour: COLOURS[at % COLOURS.length],
      y: py(points.at(-1).y),
    })),
  ]);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img"`,
    `  font-family="system-ui, sans-serif" font-size="13" fill="${INK}">`,
    `<title>${escaped(title)}</title>`,
    text(EDGE.left, 24, title, { 'font-size': 15, 'font-weight': 600 }),
    ...[0, 0.25, 0.5, 0.75, 1].flatMap((y) => [
      line(EDGE.left, py(y), right, py(y), { stroke: FAINT }),
      text(EDGE.left - 8, py(y) + 4, y === 0 ? '0' : String(y), { 'text-anchor': 'end' }),
    ]),
    ...x.at.map((each) =>
      text(px(each), bottom + 20, each.toLocaleString('en'), { 'text-anchor': 'middle' }),
    ),
    text((EDGE.left + right) / 2, bottom + 44, x.label, { 'text-anchor': 'middle' }),
    line(EDGE.left, py(level.y), right, py(level.y), { stroke: INK, 'stroke-dasharray': '6 4' }),
    ...lines.flatMap(({ points }, at) => {
      const colour = COLOURS[at % COLOURS.length];
      const path = points.map(({ x, y }) => `${px(x)},${py(y)}`).join(' ');
      return [
        `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2.5"/>`,
        ...points.map(({ x, y }) => `<circle cx="${px(x)}" cy="${py(y)}" r="4" fill="${colour}"/>`),
      ];
    }),
    ...ends.map(({ text: words, colour, y }) => text(right + 12, y + 4, words, { fill: colour })),
    '</svg>',
    '',
  ].join('\n');
}

/** Labels, so far apart that they can be read. */
function apart(labels) {
  let above = -Infinity;
  return [...labels]
    .sort((a, b) => a.y - b.y)
    .map((label) => {
      above = Math.max(label.y, above + LINE);
      return { ...label, y: above };
    });
}

const escaped = (words) => words.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
const attributes = (more) =>
  Object.entries(more)
    .map(([name, value]) => ` ${name}="${value}"`)
    .join('');
const text = (x, y, words, more = {}) =>
  `<text x="${x}" y="${y}"${attributes(more)}>${escaped(words)}</text>`;
const line = (x1, y1, x2, y2, more) =>
  `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}"${attributes(more)}/>`;
