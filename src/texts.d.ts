/** The shell scripts that run on a router, by their paths below deploy/. */
declare module 'routec:deploy' {
  export const DEPLOY: Readonly<Record<string, string>>;
}

/** What runs in the namespaces of the lab, by file name. */
declare module 'routec:lab' {
  export const SCRIPTS: Readonly<Record<string, string>>;
}
