// node make-code-cache.cjs MAIN CACHE WORDS...: runs the bundle with these words, and writes the code that
// V8 made of it: what ran is in it, so the words should be a usual compile.
'use strict';
const { readFileSync, writeFileSync } = require('node:fs');
const vm = require('node:vm');

const [filename, cache] = process.argv.splice(2, 2);
const script = new vm.Script(readFileSync(filename, 'latin1'), {
  filename,
  importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
});
process.once('exit', () => writeFileSync(cache, script.createCachedData()));
script.runInThisContext()(require);
