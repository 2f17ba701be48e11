import { bug } from '../bug.ts';
import { printableJson } from '../text/printable.ts';
import type { PageData } from './page-data.ts';

/** Where the page that the build made wants its policy. */
const PLACE = '"POLICY"';

/** The page of a policy: a text of HTML, which runs nothing but what the build put into it. */
export function fillPage(page: string, data: PageData): string {
  const [before, after, ...more] = page.split(PLACE);
  if (before === undefined || after === undefined || more.length > 0) {
    return bug('the page has not one place for a policy');
  }
  return `${before}${scriptJson(data)}${after}`;
}

/**
 * JSON that ends no `<script>` and begins no comment: what means something to HTML is escaped, and what
 * can't be seen as well.
 *
 * @see https://html.spec.whatwg.org/multipage/scripting.html#restrictions-for-contents-of-script-elements
 */
function scriptJson(value: unknown): string {
  const json = printableJson(JSON.stringify(value));
  return json.replace(/[<>&]/g, (char) => `\\u00${char.charCodeAt(0).toString(16)}`);
}
