import type { Command } from 'commander';
import { type Compiled, compile, type OnPhase } from '../../compile.ts';
import type { Artefact } from '../../emit/artefact.ts';
import { type BackendName, backendOf } from '../../emit/backends.ts';
import type { Manifest } from '../../emit/manifest/read-manifest.ts';
import {
  findManifest,
  readArtefacts,
  readText,
  staleNames,
  writeArtefacts,
} from '../../host/artefact-folder.ts';
import { reader } from '../../host/read-file.ts';
import { countSeverities } from '../../text/count-severities.ts';
import { printable } from '../../text/printable.ts';
import { EXIT, type Exit } from '../exit.ts';
import { complain, out, say } from '../io.ts';
import { backendOption, formatOption, strictOption } from '../options.ts';
import { patch } from '../patch.ts';
import { startProgress } from '../progress.ts';
import { readEntry } from '../read-entry.ts';
import { type Format, showDiagnostics } from '../show-diagnostics.ts';
import { startWatch, statsText } from '../stats.ts';

interface Options {
  readonly output?: string;
  readonly backend?: BackendName;
  readonly emit?: string;
  readonly check: boolean;
  readonly strict: boolean;
  readonly stats: boolean;
  readonly format: Format;
}

/** `routec compile POLICY`: from a policy to the files that `nft`, `ip` and `sysctl` load. */
export function compileCommand(program: Command, done: (exit: Exit) => void): void {
  program
    .command('compile')
    .summary('write the files that nft (or iptables), ip and sysctl load')
    .description(
      'Compiles a policy to a ruleset, ip -batch files and sysctl settings, beside ' +
        'the policy or into another folder. The manifest among them keeps the numbers: commit it too.',
    )
    .argument('<policy>', 'the policy; `-` for standard input')
    .option('-o, --output <dir>', 'write into this folder (default: beside the policy)')
    .addOption(backendOption())
    .option('--emit <kind>', 'print one artefact, by what follows `policy.` in its name')
    .option('--check', 'write nothing; exit 1 with a diff if what is there differs', false)
    .option('--stats', 'say what became of the policy, and what each phase took', false)
    .addOption(strictOption())
    .addOption(formatOption())
    .addHelpText(
      'after',
      [
        '',
        'Examples:',
        '  routec compile policy.route',
        '  routec compile policy.route --check        in CI: is what is committed what it says?',
        "  echo 'route host 192.168.0.228 tcp 80 via eth3 snat 192.0.2.3' | routec compile - --emit nft",
      ].join('\n'),
    )
    .action((policy: string, options: Options) => {
      done(run(policy, options));
    });
}

function run(path: string, options: Options): Exit {
  if (options.emit !== undefined && options.check) {
    complain('`--emit` and `--check` do not go together');
    return EXIT.failed;
  }
  if (path === '-' && options.output === undefined && options.emit === undefined) {
    complain('a policy from standard input has no folder', 'add `-o DIR` or `--emit KIND`');
    return EXIT.failed;
  }
  if (options.output === '') {
    complain('`-o` names no folder', 'write `-o .` for this one');
    return EXIT.failed;
  }
  const watch = options.stats ? startWatch() : undefined;
  const entry = readEntry(path);
  if (entry === undefined) return EXIT.failed;
  const folder = options.output ?? entry.folder;
  const found =
    path === '-' && options.output === undefined ? {} : findManifest(folder, entry.base);
  if ('refused' in found) {
    complain(found.refused, found.help);
    return EXIT.failed;
  }
  const { manifest } = found;
  const backend = options.backend ?? backendOf(Object.keys(manifest?.artefacts ?? {}), entry.base);
  const progress = startProgress();
  const ended: OnPhase = (phase) => {
    watch?.ended(phase);
    progress.ended(phase);
  };
  let compiled: Compiled;
  try {
    compiled = compile(entry, reader(path), manifest?.lock, backend, ended);
  } finally {
    progress.done();
  }
  showDiagnostics(compiled.diagnostics, options.format, options.emit !== undefined);
  if (compiled.artefacts.length === 0) return EXIT.no;
  const { warning } = countSeverities(compiled.diagnostics);
  if (options.strict && warning > 0) {
    say('nothing is written: with `--strict` a warning counts as an error\n');
    return EXIT.no;
  }
  const exit = deliver(folder, entry.base, compiled, manifest, options);
  watch?.ended('write');
  if (watch !== undefined) say(statsText(compiled, watch.phases));
  return exit;
}

function deliver(
  folder: string,
  base: string,
  compiled: Compiled,
  manifest: Manifest | undefined,
  options: Options,
): Exit {
  if (options.emit !== undefined) return emit(options.emit, compiled);
  if (options.check) return compare(folder, base, compiled.artefacts, manifest);
  return write(folder, base, compiled.artefacts, manifest);
}

function emit(kind: string, { artefacts }: Compiled): Exit {
  const artefact = artefacts.find(({ suffix }) => suffix === kind || suffix === `${kind}.json`);
  if (artefact === undefined) {
    const kinds = artefacts.map(({ suffix }) => suffix).join(', ');
    complain(`this policy has no artefact \`${kind}\``, `it has ${kinds}`);
    return EXIT.failed;
  }
  out(artefact.text);
  return EXIT.yes;
}

function compare(
  folder: string,
  base: string,
  artefacts: readonly Artefact[],
  manifest: Manifest | undefined,
): Exit {
  let same = true;
  // The map has line numbers: it changes with every comment, and nothing is loaded from it.
  const wanted = artefacts
    .filter(({ suffix }) => suffix !== 'map.json')
    .map(({ suffix, text }) => ({ name: `${base}.${suffix}`, text: text as string | undefined }));
  const stale = staleNames(base, artefacts, manifest).map((name) => ({ name, text: undefined }));
  for (const { name, text } of [...wanted, ...stale]) {
    const there = readText(folder, name);
    if (there === text) continue;
    same = false;
    out(patch(name, there, text));
  }
  if (manifest !== undefined) {
    const set = readArtefacts(folder, base, manifest);
    if ('refused' in set) {
      complain(set.refused);
      same = false;
    }
  }
  if (!same) say(`${printable(folder)}: the artefacts are not what the policy says\n`);
  return same ? EXIT.yes : EXIT.no;
}

function write(
  folder: string,
  base: string,
  artefacts: readonly Artefact[],
  manifest: Manifest | undefined,
): Exit {
  const result = writeArtefacts(folder, base, artefacts, manifest);
  if ('refused' in result) {
    complain(
      result.refused,
      'nothing that was there is lost; compile again when it can be written',
    );
    return EXIT.failed;
  }
  const { written, removed } = result;
  const gone = removed > 0 ? `, ${removed} removed` : '';
  say(`${printable(folder)}: ${artefacts.length} files, ${written} written${gone}\n`);
  return EXIT.yes;
}
