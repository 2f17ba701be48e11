import { Command, CommanderError } from 'commander';
import { printableLines } from '../text/printable.ts';
import { COMMANDS } from './commands.ts';
import { EXIT, type Exit } from './exit.ts';
import { out, say } from './io.ts';
import { VERSION } from './version.ts';

/** Runs one command line (without `node` and the script) and says how it ended. */
async function main(words: readonly string[]): Promise<Exit> {
  let exit: Exit = EXIT.yes;
  const program = new Command('routec')
    .description('Compiles routing policies for several uplinks to what nft, ip and sysctl load.')
    .version(VERSION)
    .option('--explain [code]', 'say what a finding means (without a code: list all), and exit')
    .showHelpAfterError('(`--help` says more)')
    .exitOverride()
    .configureOutput({ writeOut: out, writeErr: (text) => say(printableLines(text)) })
    .addHelpText(
      'after',
      '\nExit codes: 0 yes, 1 the answer is no, 2 could not run, 3 failed and rolled back, 4 failed and ' +
        'not rolled back,\n5 not confirmed and taken back, 70 a bug in routec.',
    );
  await fill(program, words, (result) => {
    exit = result;
  });
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

/** Loads what these words ask for, and no more: it is most of a start. */
async function fill(
  program: Command,
  words: readonly string[],
  done: (exit: Exit) => void,
): Promise<void> {
  const [first = ''] = words;
  if (first === '--version') return;
  if (words.some((word) => word.startsWith('--explain'))) {
    const { explain } = await import('./explain.ts');
    program.on('option:explain', (code: string | null) => {
      throw new CommanderError(explain(code ?? undefined), 'routec.explain', '');
    });
  }
  const named = Object.hasOwn(COMMANDS, first) ? COMMANDS[first] : undefined;
  for (const load of named === undefined ? Object.values(COMMANDS) : [named]) {
    const add = await load();
    add(program, done);
  }
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
