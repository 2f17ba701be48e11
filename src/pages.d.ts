/** What `--explain` says of each kind of finding, as Markdown, by its slug; it stands beside the check. */
declare module 'routec:pages' {
  export const pages: () => Readonly<Record<string, string>>;
}
