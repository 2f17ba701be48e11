/** What is asked of a page, as the fragment of its address keeps it. */
export interface Asked {
  readonly packet: string;
  /** The names of the uplinks that are down. */
  readonly down: readonly string[];
}

/** More characters of a packet are not looked at. */
export const LONGEST = 4000;

/** `#packet=tcp+80&down=dsl`, without the `#`. */
export function formatFragment({ packet, down }: Asked): string {
  const parts = new URLSearchParams({ packet });
  for (const name of down) parts.append('down', name);
  return parts.toString();
}

/** What a fragment asks, with its `#` or without; anybody may have written it. */
export function readFragment(fragment: string): Asked {
  const parts = new URLSearchParams(fragment.replace(/^#/, ''));
  const packet = (parts.get('packet') ?? '').slice(0, LONGEST);
  return { packet, down: [...new Set(parts.getAll('down'))] };
}
