import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { goodSign, readInstalled, removeInstalled } from '../../host/install.ts';
import { run as runTool } from '../../host/run.ts';
import { printable } from '../../text/printable.ts';
import { EXIT, type Exit } from '../exit.ts';
import { complain, say } from '../io.ts';

interface Options {
  readonly root: string;
  readonly dryRun: boolean;
}

/** `routec uninstall`: removes what install wrote, and nothing else. */
export function uninstallCommand(program: Command, done: (exit: Exit) => void): void {
  program
    .command('uninstall')
    .summary('remove what install wrote')
    .description(
      'Removes the files that `routec install` wrote. One that was changed since is named, and stays. What runs goes on ' +
        'running: `routec down` takes that away.',
    )
    .option('--dry-run', 'say what would be removed; remove nothing', false)
    .option('--root <dir>', 'below this folder', '/')
    .action((options: Options) => {
      done(run(options));
    });
}

function run({ root: given, dryRun }: Options): Exit {
  const root = resolve(given);
  const read = readInstalled(root);
  if ('refused' in read) {
    complain(read.refused, 'what it named has to be removed by hand');
    return EXIT.failed;
  }
  const { installed } = read;
  if (installed === undefined) {
    say('nothing is installed\n');
    return EXIT.yes;
  }
  if (root === '/' && !dryRun && process.getuid?.() !== 0) {
    complain('only root may do that', 'sudo routec …');
    return EXIT.failed;
  }
  const removed = removeInstalled(root, installed, dryRun);
  if ('refused' in removed) {
    complain(removed.refused);
    return EXIT.failed;
  }
  const verb = dryRun ? 'would remove' : 'removed';
  for (const path of removed.gone) say(`${verb} ${printable(join(root, path))}\n`);
  for (const path of removed.changed) {
    say(`warning: ${printable(join(root, path))} was changed since: it stays\n`);
  }
  if (dryRun) return EXIT.yes;
  if (root === '/' && existsSync('/run/systemd/system')) {
    const ran = runTool({ argv: ['systemctl', 'daemon-reload'] });
    if ('refused' in ran) say(`warning: ${printable(ran.refused)}\n`);
  }
  if (goodSign(root) !== undefined) {
    say('note: what was applied last is kept in /var/lib/routec/good; `routec down` forgets it\n');
  }
  return EXIT.yes;
}
