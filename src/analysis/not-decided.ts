import type { Kind } from '../text/diagnostic.ts';

/** What was too much to look at is said to be so. */
export const notDecided: Kind = {
  code: 'RC309',
  slug: 'not-decided',
  severity: 'note',
  title: 'too many rules meet here to say what they come to',
};
