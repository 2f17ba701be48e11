import type { Command } from 'commander';
import { applyCommand } from './commands/apply.ts';
import { checkCommand } from './commands/check.ts';
import { compileCommand } from './commands/compile.ts';
import { confirmCommand } from './commands/confirm.ts';
import { diffCommand } from './commands/diff.ts';
import { doctorCommand } from './commands/doctor.ts';
import { downCommand } from './commands/down.ts';
import { explainCommand } from './commands/explain.ts';
import { fmtCommand } from './commands/fmt.ts';
import { graphCommand } from './commands/graph.ts';
import { installCommand } from './commands/install.ts';
import { labCommand } from './commands/lab.ts';
import { planCommand } from './commands/plan.ts';
import { revertCommand } from './commands/revert.ts';
import { rollbackCommand } from './commands/rollback.ts';
import { statusCommand } from './commands/status.ts';
import { testCommand } from './commands/test.ts';
import { uninstallCommand } from './commands/uninstall.ts';
import type { Exit } from './exit.ts';

/** The commands, in the order in which `--help` lists them. */
export const COMMANDS: readonly ((program: Command, done: (exit: Exit) => void) => void)[] = [
  compileCommand,
  checkCommand,
  fmtCommand,
  testCommand,
  labCommand,
  explainCommand,
  diffCommand,
  graphCommand,
  planCommand,
  applyCommand,
  confirmCommand,
  rollbackCommand,
  downCommand,
  statusCommand,
  doctorCommand,
  installCommand,
  uninstallCommand,
  revertCommand,
];
