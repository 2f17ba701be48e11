import { Option } from 'commander';
import { BACKEND_NAMES } from '../emit/backends.ts';
import { FORMATS } from './show-diagnostics.ts';

/** `--strict`, wherever a policy is read. */
export function strictOption(): Option {
  return new Option('--strict', 'a warning counts as an error').default(false, 'off');
}

/** `--format`, wherever diagnostics are shown. */
export function formatOption(): Option {
  return new Option('--format <format>', 'how diagnostics are shown')
    .choices(FORMATS)
    .default('pretty')
    .env('ROUTEC_FORMAT');
}

/** `--backend`, wherever it matters what a policy is compiled for. */
export function backendOption(): Option {
  return new Option(
    '--backend <name>',
    'what loads the ruleset (default: that of the last compile, else nft)',
  ).choices(BACKEND_NAMES);
}

/** `--kill`, wherever an apply is planned. */
export function killOption(): Option {
  return new Option(
    '--kill',
    'open connections that the policy would send elsewhere begin anew; else they stay where they are',
  ).default(false, 'off');
}
