import type { Scanned } from './fault.ts';

/** A domain name (RFC 1035 with RFC 1123's digits), without a trailing dot. */
export function scanDomainName(text: string): Scanned<string> {
  const label = /^[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/;
  const labels = text.split('.');
  if (text.length <= 253 && labels.every((each) => label.test(each))) return { value: text };
  const bare = text.replace(/^\*?\./, '').replace(/\.$/, '');
  const fault = `\`${text}\` is not a domain name`;
  const fits = bare !== text && bare.split('.').every((each) => label.test(each));
  // A name stands for all below it, as it does for the resolver.
  return fits ? { fault, write: bare } : { fault };
}
