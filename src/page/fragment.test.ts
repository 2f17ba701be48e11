import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatFragment, LONGEST, readFragment } from './fragment.ts';

it('gives back what was asked, whatever it holds', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 40 });
  fc.assert(
    fc.property(text, fc.uniqueArray(text, { maxLength: 3 }), (packet, down) => {
      const fragment = formatFragment({ packet, down });
      expect(fragment).toMatch(/^[A-Za-z0-9*._=&%+-]*$/);
      expect(readFragment(`#${fragment}`)).toEqual({ packet, down });
    }),
  );
});

it('takes what anybody wrote', () => {
  expect(readFragment('')).toEqual({ packet: '', down: [] });
  expect(readFragment('#%')).toEqual({ packet: '', down: [] });
  expect(readFragment('#down=a&down=a&packet=x&packet=y')).toEqual({ packet: 'x', down: ['a'] });
  expect(readFragment(`#packet=${'x'.repeat(2 * LONGEST)}`).packet).toHaveLength(LONGEST);
});
