import type { Command } from 'commander';
import type { Exit } from './exit.ts';

/** Adds a command to the program; `done` is told how it ended. */
export type AddCommand = (program: Command, done: (exit: Exit) => void) => void;

/** The commands by name, in the order in which `--help` lists them. Only the one that is asked for is loaded. */
export const COMMANDS: Readonly<Record<string, () => Promise<AddCommand>>> = {
  compile: async () => (await import('./commands/compile.ts')).compileCommand,
  check: async () => (await import('./commands/check.ts')).checkCommand,
  fmt: async () => (await import('./commands/fmt.ts')).fmtCommand,
  test: async () => (await import('./commands/test.ts')).testCommand,
  lab: async () => (await import('./commands/lab.ts')).labCommand,
  explain: async () => (await import('./commands/explain.ts')).explainCommand,
  diff: async () => (await import('./commands/diff.ts')).diffCommand,
  graph: async () => (await import('./commands/graph.ts')).graphCommand,
  plan: async () => (await import('./commands/plan.ts')).planCommand,
  apply: async () => (await import('./commands/apply.ts')).applyCommand,
  confirm: async () => (await import('./commands/confirm.ts')).confirmCommand,
  rollback: async () => (await import('./commands/rollback.ts')).rollbackCommand,
  down: async () => (await import('./commands/down.ts')).downCommand,
  status: async () => (await import('./commands/status.ts')).statusCommand,
  doctor: async () => (await import('./commands/doctor.ts')).doctorCommand,
  install: async () => (await import('./commands/install.ts')).installCommand,
  uninstall: async () => (await import('./commands/uninstall.ts')).uninstallCommand,
  revert: async () => (await import('./commands/revert.ts')).revertCommand,
};
