import type { Scanned } from './fault.ts';

/** The path of a cgroup below the root of the hierarchy. */
export function scanCgroup(text: string): Scanned<string> {
  const parts = text.split('/');
  const sound =
    text.length <= 255 && parts.every((part) => /^[!-~]+$/.test(part) && !/^\.{1,2}$/.test(part));
  if (sound && !/["\\]/.test(text)) return { value: text };
  return {
    fault: `\`${text}\` is not the path of a cgroup, as in "system.slice/transmission.service"`,
    ...(text.startsWith('/') ? { write: text.replace(/^\/+/, '') } : {}),
  };
}
