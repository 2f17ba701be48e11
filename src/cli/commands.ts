import type { Command } from 'commander';
import { checkCommand } from './commands/check.ts';
import { compileCommand } from './commands/compile.ts';
import { explainCommand } from './commands/explain.ts';
import { fmtCommand } from './commands/fmt.ts';
import { testCommand } from './commands/test.ts';
import type { Exit } from './exit.ts';

/** The commands, in the order in which `--help` lists them. */
export const COMMANDS: readonly ((program: Command, done: (exit: Exit) => void) => void)[] = [
  compileCommand,
  checkCommand,
  fmtCommand,
  testCommand,
  explainCommand,
];
