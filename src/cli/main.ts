import { Command, CommanderError } from 'commander';
import { printableLines } from '../text/printable.ts';
import { COMMANDS } from './commands.ts';
import { EXIT, type Exit } from './exit.ts';
import { explain } from './explain.ts';
import { say } from './io.ts';
import { VERSION } from './version.ts';

/** Runs one command line (without `node` and the script) and says how it ended. */
async function main(words: readonly string[]): Promise<Exit> {
  let exit: Exit = EXIT.yes;
  const program = new Command('routec')
    .description('Compiles routing policies for several uplinks to what nft, ip and sysctl load.')
    .version(VERSION)
    .option('--explain [code]', 'say what a finding means (without a code: list all), and exit')
    .on('option:explain', (code: string | null) => {
      throw new CommanderError(explain(code ?? undefined), 'routec.explain', '');
    })
    .showHelpAfterError('(`--help` says more)')
    .exitOverride()
    .configureOutput({ writeErr: (text) => say(printableLines(text)) })
    .addHelpText(
      'after',
      '\nExit codes: 0 yes, 1 the answer is no, 2 could not run, 3 failed and rolled back, 4 failed and ' +
        'not rolled back,\n5 not confirmed and taken back, 70 a bug in routec.',
    );
  for (const add of COMMANDS) {
    add(program, (result) => {
      exit = result;
    });
  }
  for (const command of program.commands) command.copyInheritedSettings(program);
  if (words.length === 0) {
    say(program.helpInformation());
    return EXIT.failed;
  }
  try {
    await program.parseAsync([...words], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? EXIT.yes : EXIT.failed;
  }
  return exit;
}

// A reader that went away (`| head`) is no failure.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(EXIT.yes);
  });
}

const ended = (exit: Exit): void => {
  process.exitCode = exit;
};
main(process.argv.slice(2)).then(ended, (error: unknown) => {
  const { message, stack } = error instanceof Error ? error : { message: String(error), stack: '' };
  say(`routec ${VERSION} has a bug: ${message}\n`);
  say(`Please report it with the policy and this (Node ${process.version}):\n${stack}\n`);
  ended(EXIT.bug);
});
