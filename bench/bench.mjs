// npm run bench: what routec costs, as ratios in the same run. A topic a file.
import { compile } from './compile.mjs';
import { start } from './start.mjs';

await start();
await compile();
