// `node run-part.mjs NAME OPTIONS`: one part of the bench, as bench.mjs starts it.
import { PARTS } from './parts.mjs';

const [name, options] = process.argv.slice(2);
await PARTS.find((part) => part.name === name).run(JSON.parse(options));
