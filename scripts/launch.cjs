#!/usr/bin/env node
// Runs the chunks of main.js, and where a command needs others, of more.js, which lie beside it: from the code
// that V8 made of them at the build, for compiling them anew would be a third of a start. Only this very Node
// takes it: V8 looks at its own version but not at Node's patches to it, and dies of what another made.
'use strict';
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const vm = require('node:vm');

const chunks = new Map();
const loaded = new Map();

const HASHES = { 'main.js': 'HASH_OF_main.js', 'more.js': 'HASH_OF_more.js' };

function open(file) {
  const filename = join(__dirname, file);
  // It holds ASCII alone.
  const text = readFileSync(filename, 'latin1');
  const script = new vm.Script(text, { filename, cachedData: codeOf(HASHES[file]) });
  for (const [name, chunk] of Object.entries(script.runInThisContext())) chunks.set(name, chunk);
}

/** What V8 made of a text, by its hash, too: V8 itself looks at its length only. */
function codeOf(hash) {
  const { version, platform, arch } = process;
  try {
    return readFileSync(join(__dirname, `${hash}-${version}-${platform}-${arch}.cache`));
  } catch {
    return undefined;
  }
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

open('main.js');
load('./main.js');
