/** The shell scripts that run on a router, by their paths below deploy/. */
declare module 'routec:deploy' {
  export const DEPLOY: Readonly<Record<string, string>>;
}
