declare const ROUTEC_VERSION: string;

/** The version of the bundle. */
export const VERSION = ROUTEC_VERSION;
