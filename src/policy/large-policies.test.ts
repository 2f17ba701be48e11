import { describe, expect, it } from 'vitest';
import { compile } from '../compile.ts';
import { renderConcise } from '../text/render-concise.ts';

const lines = (count: number, line: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => `${line(index)}\n`).join('');
const address = (index: number): string => `10.${(index >> 8) & 255}.${index & 255}.1`;
const list = (count: number, value: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => value(index)).join(',');

/** Each took minutes when each line looked at all others, which the timeout would end. */
describe('the time for a large policy does not grow by its square', () => {
  it.each([
    ['devices without a declaration', lines(60_000, (i) => `route via ppp${i}`)],
    [
      'uplinks that are named by their devices',
      lines(30_000, (i) => `uplink u${i} dev eth${i}`) + lines(30_000, (i) => `route via eth${i}`),
    ],
    [
      'sets of sets',
      `${lines(50_000, (i) => `set s${i} = ${address(i)}`)}set all = ${list(50_000, (i) => `@s${i}`)}`,
    ],
    [
      'sets of ports',
      `${lines(30_000, (i) => `set s${i} = ${2 * i}`)}route tcp ${list(30_000, (i) => `@s${i}`)} via drop`,
    ],
    [
      'own addresses',
      `uplink a dev eth0 address ${list(20_000, (i) => `${address(i)}/24`)} snat ${list(20_000, address)}`,
    ],
    [
      'sets that are nowhere',
      lines(5000, (i) => `set s${i}x${i * 7919} = 1`) +
        lines(50_000, (i) => `route tcp @q${i} via drop`),
    ],
    ['one rule, again and again', 'route via drop\n'.repeat(100_000)],
    [
      'balances',
      'uplink a dev eth0\nuplink b dev eth1\n' +
        lines(40_000, (i) => `route via balance a ${1 + (i % 997)}, b ${1 + (i % 991)}`),
    ],
    ['marks', `route mark ${list(20_000, String)} via drop`],
    ['all other marks', `route mark not ${list(11, (i) => `0/${7 << (2 * i)}`)} via drop`],
  ])('%s', { timeout: 30_000 }, (_, text) => {
    const entry = { name: 'p.route', base: 'p', bytes: new TextEncoder().encode(text) };
    const { artefacts, diagnostics } = compile(entry, () => ({ refused: '' }), undefined);
    expect(artefacts.length > 0 || renderConcise(diagnostics) !== '').toBe(true);
  });
});
