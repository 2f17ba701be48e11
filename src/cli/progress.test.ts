import { expect, it, vi } from 'vitest';
import { startProgress } from './progress.ts';

const LINE = '\r\x1b[K';

/** What a compile shows whose phases take so many milliseconds. */
function shown(each: number, isTTY: boolean, env: { CI?: string; TERM?: string } = {}): string {
  vi.useFakeTimers();
  try {
    let text = '';
    const { ended, done } = startProgress({ isTTY }, env, (more) => {
      text += more;
    });
    for (const phase of ['parse', 'read', 'check', 'lower', 'emit', 'write']) {
      vi.advanceTimersByTime(each);
      ended(phase);
    }
    done();
    done();
    return text;
  } finally {
    vi.useRealTimers();
  }
}

it('says on a terminal what a long compile is at, and wipes it', () => {
  const phases = ['checking', 'lowering', 'writing the artefacts out'];
  const lines = phases.map((phase) => `${LINE}${phase} …`);
  expect(shown(200, true)).toBe(lines.join('') + LINE);
});

it('says nothing of a short one, nor where nobody sits', () => {
  expect(shown(10, true)).toBe('');
  expect(shown(1000, false)).toBe('');
  expect(shown(1000, true, { CI: '1' })).toBe('');
  expect(shown(1000, true, { TERM: 'dumb' })).toBe('');
});
