/** What can't happen: ends the run as an internal error (exit 70), never as a diagnostic. */
export function bug(message: string): never {
  throw new Error(`internal error: ${message}`);
}
