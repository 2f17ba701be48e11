import type { Program } from '../model/program.ts';
import { formatMark } from '../net/mark.ts';

/** Options that differ, a sentence each: they change the numbers that are loaded, and no packet's way. */
export function diffSettings(was: Program, now: Program): string[] {
  const names = Object.keys(now.lock.options);
  return names.flatMap((name) => {
    const [before, after] = [was, now].map((each) => valueText(name, each.lock.options[name]));
    return before === after ? [] : [`\`option ${name}\` is ${after}; before, ${before}`];
  });
}

function valueText(name: string, value: number | boolean | string | undefined): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return typeof value === 'number' && name === 'mark-mask' ? formatMark(value) : `${value}`;
}
