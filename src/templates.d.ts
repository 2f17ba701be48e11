/** A precompiled Handlebars template: a view in, text out. */
declare module '*.hbs' {
  export function render(view: unknown): string;
}
