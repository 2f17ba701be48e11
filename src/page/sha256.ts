import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';

/** What the page has in place of `hash` of node:crypto: a browser's own hashes are not at hand at once. */
export function hash(_algorithm: 'sha256', text: string): string {
  return bytesToHex(sha256(utf8ToBytes(text)));
}
