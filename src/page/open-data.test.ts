import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { bug } from '../bug.ts';
import { understand } from '../compile.ts';
import { load, type ReadResult } from '../policy/load.ts';
import { examplesOf } from './examples-of.ts';
import { fillPage } from './fill-page.ts';
import { openData } from './open-data.ts';
import { type PageData, pageData } from './page-data.ts';
import { hash } from './sha256.ts';

const POLICY = `uplink cable dev eth2 gateway 198.51.100.1 masquerade
uplink dsl dev eth3 gateway 192.0.2.1 address 192.0.2.2/24 snat 192.0.2.2
set partners from "partners.list"
include "more.route"
route ipv4 to @partners via dsl else cable
`;
const FILES = new Map([
  ['partners.list', '203.0.113.0/25\n'],
  ['more.route', '# \u00e9\nroute ipv4 tcp 25 via reject\n'],
]);
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

function dataOf(text: string, quotable = true): ReturnType<typeof pageData> {
  const entry = { name: 'policy.route', base: 'policy', bytes: bytesOf(text) };
  const read = (name: string): ReadResult => {
    const its = FILES.get(name);
    return its === undefined ? { refused: 'gone' } : { bytes: bytesOf(its), quotable };
  };
  // Numbers that a fresh numbering would not give.
  const first = understand(entry, read, undefined).program?.lock ?? bug('a wrong policy');
  const slots = first.slots.map((slot) => ({ ...slot, slot: slot.slot + 10 }));
  const { program } = understand(entry, read, { ...first, slots });
  const lock = program?.lock ?? bug('a wrong policy');
  return pageData(
    load(entry, read, () => {}),
    { version: '1', entry: entry.name, lock },
  );
}

const sound = (data: ReturnType<typeof pageData>): PageData =>
  'hidden' in data ? bug('hidden') : data;

it('is the same program again, with its files and its numbers', () => {
  const data = sound(dataOf(POLICY));
  expect(data.files.map(([name]) => name)).toEqual(['policy.route', 'more.route', 'partners.list']);
  const { policy, program, ask } = openData(JSON.parse(JSON.stringify(data)));
  expect(program.lock).toEqual(data.lock);
  expect(program.uplinks.map(({ slot }) => slot)).toEqual([11, 12]);
  const { id, statement } = policy.routes.at(0) ?? bug('no route');
  expect(id).toBe(createHash('sha256').update(statement.text).digest('hex').slice(0, 12));
  expect(ask('from 192.168.0.9 to 203.0.113.80 tcp 80', ['dsl'])).toMatchObject({
    kind: 'explained',
    explanation: { kind: 'answer', ways: [{ verdict: 'uplink', uplink: 'cable' }] },
  });
});

it('says what is wrong with a question, and forgets it for the next', () => {
  const { ask } = openData(sound(dataOf(POLICY)));
  expect(ask('tcp 80 vai', [])).toMatchObject({ kind: 'wrong', findings: [{ code: 'RC005' }] });
  expect(ask('udp', ['dls'])).toMatchObject({
    kind: 'wrong',
    findings: [{ help: 'did you mean `dsl`?' }],
  });
  expect(ask('ipv4 tcp 25', [])).toMatchObject({ kind: 'explained' });
});

it('does not hold what lies outside of the folder', () => {
  const data = dataOf(POLICY, false);
  expect('hidden' in data && data.hidden.map(({ name }) => name)).toEqual([
    'more.route',
    'partners.list',
  ]);
});

it('offers packets of the expectations, else such as its rules take', () => {
  const offered = (text: string): unknown[] => {
    const { policy, program } = openData(sound(dataOf(text)));
    return examplesOf(policy, program);
  };
  expect(offered(`${POLICY}expect ipv4 tcp 25 while dsl down reject\n`)).toEqual([
    { packet: 'from 192.168.0.10 to 203.0.113.80 tcp 25 in lan0', down: ['dsl'] },
  ]);
  expect(offered(POLICY).length).toBe(2);
  expect(offered('')).toEqual([]);
});

it('is text that ends no script and begins no comment', () => {
  const text = `# </script><script>x</script> <!-- ]]> &amp; \u2028 "POLICY" $& $1\n${POLICY}`;
  const data = sound(dataOf(text));
  const page = fillPage('<a>"POLICY"</a>', data);
  const json = page.slice('<a>'.length, -'</a>'.length);
  expect(json).not.toMatch(/[<>&\u2028]/);
  expect(JSON.parse(json)).toEqual(data);
  expect(() => fillPage('"POLICY" "POLICY"', data)).toThrow();
});

it.each(['', 'route tcp 80 via dsl', '\u00e9\u{1f600}\ud800'])(
  'hashes as Node does: %j',
  (text) => {
    expect(hash('sha256', text)).toBe(createHash('sha256').update(text).digest('hex'));
  },
);
