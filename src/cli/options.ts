import { Option } from 'commander';
import { FORMATS } from './io.ts';

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
