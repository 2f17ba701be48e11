#!/usr/bin/env node
// Runs the chunks of main.js, and where a command needs others, of more.js, which lie beside it: main.js from
// the code that V8 made of it at the build, for compiling it anew would be a third of a start. Only this very
// Node takes it: V8 looks at its own version but not at Node's patches to it, and dies of what another made.
'use strict';
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const vm = require('node:vm');

const chunks = new Map();
const loaded = new Map();

function open(file, cachedData) {
  const filename = join(__dirname, file);
  // It holds ASCII alone.
  const script = new vm.Script(readFileSync(filename, 'latin1'), { filename, cachedData });
  for (const [name, chunk] of Object.entries(script.runInThisContext())) chunks.set(name, chunk);
}

/** What a chunk exports; any other name is a module of Node's. */
function load(name) {
  if (!name.startsWith('./')) return require(name);
  if (!loaded.has(name)) {
    if (!chunks.has(name)) open('more.js');
    const module = { exports: {} };
    loaded.set(name, module);
    chunks.get(name)(load, module, module.exports);
  }
  return loaded.get(name).exports;
}

let code;
try {
  // By the hash of that text too: V8 itself looks at its length only.
  const { version, platform, arch } = process;
  code = readFileSync(join(__dirname, `MAIN_HASH-${version}-${platform}-${arch}.cache`));
} catch {}
open('main.js', code);
load('./main.js');
