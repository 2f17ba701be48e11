// node make-code-cache.cjs LAUNCHER PACK CACHE WORDS...: runs the bundle with these words, and writes the code that
// V8 made of that pack: what ran is in it, so the words should be usual ones.
'use strict';
const { writeFileSync } = require('node:fs');
const { basename, resolve } = require('node:path');
const vm = require('node:vm');

const [launcher, pack, cache] = process.argv.splice(1, 4).slice(1);
process.argv.splice(1, 0, launcher);
const { Script } = vm;
let opened;
vm.Script = class extends Script {
  constructor(text, options) {
    super(text, options);
    if (basename(options.filename) === pack) opened = this;
  }
};
process.once('exit', () => writeFileSync(cache, opened.createCachedData()));
require(resolve(launcher));
