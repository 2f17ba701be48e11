#!/usr/bin/env node
// Runs main.js, which lies beside it, from the code that V8 made of it at the build: compiling it anew
// would be a third of a start. What another Node made is not taken by V8, and compiled as ever.
'use strict';
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const vm = require('node:vm');

const filename = join(__dirname, 'main.js');
// It holds ASCII alone.
const source = readFileSync(filename, 'latin1');
let cachedData;
try {
  // By the hash of that text: V8 itself looks at its length only.
  cachedData = readFileSync(join(__dirname, 'MAIN_HASH.cache'));
} catch {}
const importModuleDynamically = vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER;
new vm.Script(source, { filename, cachedData, importModuleDynamically }).runInThisContext()(
  require,
);
