import { Command } from 'commander';
import { expect, it, vi } from 'vitest';
import { COMMANDS } from './commands.ts';

// What the bundle defines.
vi.stubGlobal('ROUTEC_VERSION', '0');

it.each(Object.entries(COMMANDS))('%s is loaded by its own name', async (name, load) => {
  const program = new Command();
  const add = await load();
  add(program, () => {});
  expect(program.commands.map((command) => command.name())).toEqual([name]);
});
