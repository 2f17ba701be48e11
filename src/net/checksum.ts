/** The internet checksum of 16-bit words (RFC 1071). */
export function checksum(words: readonly number[]): number {
  let sum = words.reduce((a, b) => a + b, 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return ~sum & 0xffff;
}
