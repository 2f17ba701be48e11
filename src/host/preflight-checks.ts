import { jumpsOfOthers } from './preflight/jumps-of-others.ts';
import { machine } from './preflight/machine.ts';
import { numbers } from './preflight/numbers.ts';
import { oneBackend } from './preflight/one-backend.ts';
import type { PreflightCheck } from './preflight/preflight.ts';
import { rulesetLoads } from './preflight/ruleset-loads.ts';
import { tools } from './preflight/tools.ts';

/** What is looked at before an apply, cheapest first: a file and a line here each. */
export const PREFLIGHT: readonly PreflightCheck[] = [
  tools,
  oneBackend,
  numbers,
  machine,
  jumpsOfOthers,
  rulesetLoads,
];
