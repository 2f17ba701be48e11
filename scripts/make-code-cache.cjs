// node make-code-cache.cjs LAUNCHER CACHE WORDS...: runs the bundle with these words, and writes the code that
// V8 made of the first script: what ran is in it, so the words should be a usual compile.
'use strict';
const { writeFileSync } = require('node:fs');
const { resolve } = require('node:path');
const vm = require('node:vm');

const [launcher, cache] = process.argv.splice(1, 3).slice(1);
process.argv.splice(1, 0, launcher);
const { Script } = vm;
let first;
vm.Script = class extends Script {
  constructor(...words) {
    super(...words);
    first ??= this;
  }
};
process.once('exit', () => writeFileSync(cache, first.createCachedData()));
require(resolve(launcher));
