import type { Command } from 'commander';
import { forgetGood } from '../../host/last-good.ts';
import { claimPending, readRecord, removeRecord, writeRecord } from '../../host/records.ts';
import { changeKernel } from '../change-kernel.ts';
import type { Exit } from '../exit.ts';

interface Options {
  readonly yes: boolean;
}

/** `routec down`: takes all of it away. */
export function downCommand(program: Command, done: (exit: Exit) => void): void {
  program
    .command('down')
    .summary('take everything of routec away from this router')
    .description(
      'Takes the ruleset, the rules, the routes and the guard away; devices are in the groups and settings ' +
        'have the values that they had before the first apply. All goes by main then. Nothing is loaded at the next boot.',
    )
    .option('--yes', 'do not ask (needed where standard input is no terminal)', false)
    .action(({ yes }: Options) => {
      done(
        changeKernel({
          goal: { kind: 'nothing' },
          yes,
          question: 'Take all that away? What was confined to an uplink goes by main then.',
          after: (_, { kind }) => {
            if (kind !== 'done') return;
            const token = readRecord('pending')?.token;
            if (token !== undefined && claimPending('claimed')) {
              writeRecord('outcome', { token, outcome: 'reverted' });
            }
            removeRecord('original');
            removeRecord('counters');
            removeRecord('baseline');
            forgetGood();
          },
        }),
      );
    });
}
