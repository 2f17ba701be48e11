// `npm run bench [-- PART… --reloads N --seconds N --by WAY --backend B --svg DIR]`: what routec costs, as ratios in the same run, and what a
// reload does to traffic. Each part is a process of its own, with its children; this one ends them when their
// time is up, at Ctrl-C and when it is asked to end, and takes their files away. Their networks are on
// grounds of their own, which end with them.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { machine } from './machine.mjs';
import { PARTS } from './parts.mjs';

const HELP = `npm run bench [-- PART… --reloads N --seconds N --by WAY --backend B --svg DIR]

Measures, and prints tables in Markdown; as root, for network namespaces. It installs by apt-get what a
part needs, where it may. All parts, unless some are named:

${PARTS.map(({ name, about, minutes }) => `  ${name.padEnd(9)}${about}; ${minutes} minutes at most`).join('\n')}

  --reloads N   how often \`reload\` reloads by \`routec apply\`, rounded up to a multiple of four
  --seconds N   after how long each way to reload ends all the same; 480
  --by WAY      only this way to reload, N times: nothing, apply, script, refill or hand
  --backend B   what \`reload\` compiles for: nft, or iptables
  --svg DIR     where \`packets\` writes its plot, packets.svg
`;

const { values, positionals } = readArguments();
if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}
const unknown = positionals.find((name) => !PARTS.some((part) => part.name === name));
if (unknown !== undefined) refuse(`there is no part \`${unknown}\``);
const [reloads, seconds] = [numberOf('reloads', 600), numberOf('seconds', 480)];
const ways = ['nothing', 'apply', 'script', 'refill', 'hand'];
if (!ways.includes(values.by ?? 'apply')) refuse(`there is no way to reload \`${values.by}\``);
const backend = values.backend ?? 'nft';
if (!['nft', 'iptables'].includes(backend)) refuse(`there is no backend \`${backend}\``);
const options = {
  reloads: Math.ceil(reloads / 4) * 4,
  seconds,
  backend,
  ...(values.by === undefined ? {} : { by: values.by }),
  ...(values.svg === undefined ? {} : { svg: resolve(values.svg) }),
};

const place = mkdtempSync(join(tmpdir(), 'routec-bench-'));
let running;
let signal;
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(name, () => {
    signal ??= name;
    running?.end();
  });
}

let failed = false;
try {
  const parts = PARTS.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  install(parts);
  console.log(machine());
  for (const part of parts) {
    if (signal !== undefined) break;
    console.log(`\n## ${part.name}: ${part.about}\n`);
    if (!(await measure(part)) && signal === undefined) failed = true;
  }
} finally {
  rmSync(place, { recursive: true, force: true });
}
if (signal !== undefined) process.exit(128 + constants.signals[signal]);
process.exit(failed ? 1 : 0);

function readArguments() {
  const text = { type: 'string' };
  const help = { type: 'boolean', short: 'h' };
  try {
    return parseArgs({
      allowPositionals: true,
      options: { reloads: text, seconds: text, by: text, backend: text, svg: text, help },
    });
  } catch (error) {
    return refuse(error.message);
  }
}

function numberOf(name, otherwise) {
  const value = Number(values[name] ?? otherwise);
  if (!(Number.isInteger(value) && value > 0)) refuse(`--${name} is a whole number above 0`);
  return value;
}

function refuse(why) {
  console.error(`${why}\n\n${HELP}`);
  process.exit(2);
}

/** What is missing, where it may; else what a part does without is said there. */
function install(parts) {
  const path = `${process.env.PATH}:/usr/sbin:/sbin`;
  process.env.PATH = path;
  const wanted = parts.flatMap(({ packages = {} }) => Object.entries(packages));
  const missing = wanted.filter(([tool]) => spawnSync('which', [tool]).status !== 0);
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map(([, name]) => name))];
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (...words) => spawnSync('apt-get', ['-qq', ...words], { env, stdio: 'ignore' });
  if (process.getuid() === 0) {
    apt('update');
    apt('install', '-y', '--no-install-recommends', ...packages);
  }
  for (const [tool, name] of missing) {
    if (spawnSync('which', [tool]).status === 0) continue;
    console.log(`${tool} is not installed; run: sudo apt-get install ${name}`);
  }
}

/** Whether it came to its end, and that within its time. */
async function measure({ name, minutes }) {
  const words = [join(import.meta.dirname, 'run-part.mjs'), name, JSON.stringify(options)];
  const child = spawn(process.execPath, words, {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, TMPDIR: place },
    // A group of its own, which can be ended as a whole.
    detached: true,
  });
  const end = () => {
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It ended by itself.
    }
  };
  running = { end };
  const clock = setTimeout(() => {
    console.log(`ended: it took more than ${minutes} minutes`);
    end();
  }, minutes * 60_000);
  const code = await new Promise((done) => child.on('close', done).on('error', done));
  clearTimeout(clock);
  running = undefined;
  end();
  return code === 0;
}
