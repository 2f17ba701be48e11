// `npm run fuzz -- [--minutes N] [--seed S] [--networks N]`: random policies and packets, the model
// against nft and iptables, in network namespaces, as root. What disagrees is made as small as it can
// be and written to fixtures/found-SEED-RULESET; `npm run accept` makes a fixture of it.
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { openSource } from './open-source.mjs';

const root = resolve(import.meta.dirname, '..');
const text = { type: 'string' };
const { values } = parseArgs({ options: { minutes: text, seed: text, networks: text } });
const number = (name, otherwise) => {
  const value = Number(values[name] ?? otherwise);
  if (Number.isFinite(value) && value > 0) return value;
  console.error(`--${name} is a number above 0`);
  process.exit(2);
};
const minutes = number('minutes', 5);
const seed = Math.floor(number('seed', (Date.now() % 2 ** 30) + 1));
const networks = Math.floor(number('networks', 4));

const source = await openSource();
const { fuzz } = await source.load('src/lab/fuzz.ts');
console.log(`--seed ${seed} --minutes ${minutes}`);
const { policies, packets, found } = await fuzz(
  { seed, minutes, networks, fixtures: join(root, 'fixtures') },
  (line) => console.log(line),
);
await source.close();
console.log(`${policies} policies, ${packets} packets: ${found.length} disagreements`);
process.exit(found.length === 0 ? 0 : 1);
