import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import type { BackendName } from '../../emit/backends.ts';
import { findManifest, readArtefacts, readText } from '../../host/artefact-folder.ts';
import type { Running } from '../../host/draw-plan.ts';
import {
  carryOutInstall,
  goodFolder,
  goodSign,
  type InstallPlan,
  planInstall,
  readInstalled,
} from '../../host/install.ts';
import { type InstallFile, installFiles } from '../../host/install-files.ts';
import { distrust } from '../../host/may-be-trusted.ts';
import { run as runTool } from '../../host/run.ts';
import { printable } from '../../text/printable.ts';
import { compileGoal } from '../compile-goal.ts';
import { EXIT, type Exit } from '../exit.ts';
import { complain, out, say } from '../io.ts';
import { backendOption, formatOption, strictOption } from '../options.ts';
import { patch } from '../patch.ts';
import type { Format } from '../show-diagnostics.ts';

interface Options {
  readonly root: string;
  readonly all: boolean;
  readonly dryRun: boolean;
  readonly backend?: BackendName;
  readonly strict: boolean;
  readonly format: Format;
}

/** `routec install [POLICY|DIR]`: what loads a policy at boot, and when links come. */
export function installCommand(program: Command, done: (exit: Exit) => void): void {
  program
    .command('install')
    .summary('load the policy at boot, and when links come')
    .description(
      'Installs a unit of systemd that loads what was applied last before the network is up, by policy.load.sh and so ' +
        'without Node; and, for what this router has of them, hooks that load the files of an uplink when its device ' +
        'comes. With a policy, or a folder of artefacts, that is what is loaded at the next boot. Nothing that runs changes.',
    )
    .argument('[policy|dir]', 'the policy, or a folder that `routec compile` wrote into')
    .option('--dry-run', 'print what would be written; write nothing', false)
    .option('--root <dir>', 'below this folder, as for a package or another machine', '/')
    .option('--all', 'also hooks for programs that are not there', false)
    .addOption(backendOption())
    .addOption(strictOption())
    .addOption(formatOption())
    .addHelpText(
      'after',
      [
        '',
        'Examples:',
        '  routec install                             after `routec apply`: what was applied is loaded at boot',
        '  routec install policy.route --dry-run',
        '  routec install policy.route --root tree --all    and copy that to a router without Node',
      ].join('\n'),
    )
    .action((path: string | undefined, options: Options) => {
      done(run(path, options));
    });
}

function run(path: string | undefined, options: Options): Exit {
  const root = resolve(options.root);
  if (root === '/' && !options.dryRun && process.getuid?.() !== 0) {
    complain('only root may install', 'sudo routec …, or --root DIR');
    return EXIT.failed;
  }
  const read = readInstalled(root);
  if ('refused' in read) {
    complain(read.refused, 'move it away; what it named then has to be removed by hand');
    return EXIT.failed;
  }
  const artefacts = path === undefined ? undefined : artefactsOf(path, options);
  if (artefacts !== undefined && 'exit' in artefacts) return artefacts.exit;
  const { files, remarks } = installFiles(root, options.all);
  const plan = planInstall(root, files, read.installed);
  if (plan.inTheWay.length > 0) {
    for (const each of plan.inTheWay) {
      complain(`${join(root, each)}: routec did not write it so`, 'move it away, or take it back');
    }
    return EXIT.failed;
  }
  if (options.dryRun) {
    show(root, plan, artefacts);
    for (const remark of remarks) say(`note: ${remark}\n`);
    return EXIT.yes;
  }
  const written = carryOutInstall(root, files, plan, read.installed, artefacts);
  if (written.refused !== undefined) {
    complain(
      written.refused,
      'install again, or `routec uninstall`: all that was written is known',
    );
    return EXIT.failed;
  }
  for (const { path: each } of plan.write) say(`wrote ${printable(join(root, each))}\n`);
  for (const each of plan.remove) say(`removed ${printable(join(root, each))}\n`);
  if (plan.write.length + plan.remove.length === 0) say('all of it is there already\n');
  for (const remark of [...remarks, ...tellSystemd(root, files), ...whatLoads(root)]) {
    say(`note: ${printable(remark)}\n`);
  }
  return EXIT.yes;
}

/** What is to be loaded at boot, with the file that loads it. */
function artefactsOf(path: string, options: Options): Running | { readonly exit: Exit } {
  if (!(existsSync(path) && statSync(path).isDirectory())) {
    const compiled = compileGoal(path, options);
    return 'exit' in compiled ? compiled : compiled.goal.artefacts;
  }
  const failed = (message: string, help?: string): { readonly exit: Exit } => {
    complain(message, help);
    return { exit: EXIT.failed };
  };
  const END = '.manifest.json';
  const [name, ...others] = readdirSync(path).filter((each) => each.endsWith(END));
  if (name === undefined) return failed(`${path}: no artefacts are there`, 'routec compile -o DIR');
  if (others.length > 0) return failed(`${path}: artefacts of more than one policy are there`);
  const base = name.slice(0, -END.length);
  const found = findManifest(path, base);
  if ('refused' in found) return failed(found.refused, found.help);
  const { manifest } = found;
  const read = manifest === undefined ? { refused: name } : readArtefacts(path, base, manifest);
  if ('refused' in read) return failed(read.refused);
  const names = [...read.files.keys(), `${base}.map.json`, `${base}.load.sh`, name];
  const files: Record<string, string> = {};
  for (const each of names) {
    const text = readText(path, each);
    if (text === undefined) return failed(`${join(path, each)}: it is not there`, 'compile again');
    const doubt = distrust(join(path, each));
    if (doubt !== undefined) return failed(doubt.message, doubt.help);
    files[each.slice(base.length + 1)] = text;
  }
  return { base, files };
}

function show(
  root: string,
  { write, same, remove }: InstallPlan,
  artefacts: Running | undefined,
): void {
  for (const file of write) {
    const path = join(root, file.path);
    out(
      file.kind === 'link' ? `${path} -> ${file.to}\n` : patch(path.slice(1), undefined, file.text),
    );
  }
  for (const path of same) out(`${printable(join(root, path))}: as it should be\n`);
  for (const path of remove) out(`${printable(join(root, path))}: would be removed\n`);
  for (const suffix of Object.keys(artefacts?.files ?? {})) {
    out(`${printable(join(goodFolder(root), `${artefacts?.base}.${suffix}`))}\n`);
  }
}

/** It has to read its units anew; where it does not run, it will. */
function tellSystemd(root: string, files: readonly InstallFile[]): string[] {
  if (root !== '/' || !files.some(({ path }) => path.endsWith('.service'))) return [];
  if (!existsSync('/run/systemd/system')) {
    return ['systemd does not run here: the unit is enabled, and is found when it does'];
  }
  const ran = runTool({ argv: ['systemctl', 'daemon-reload'] });
  return 'refused' in ran ? [`${ran.refused}: the unit is known after the next boot`] : [];
}

function whatLoads(root: string): string[] {
  return goodSign(root) === undefined
    ? [
        'nothing was applied yet: what is applied (and confirmed) next is loaded at the boot after that',
      ]
    : [];
}
