/** An uplink's name as it stands in file names: each byte but letters, digits, `_`, `-` is `_`. */
export function fileNameOf(uplink: string): string {
  return uplink.replace(/[^A-Za-z0-9_-]/g, '_');
}
