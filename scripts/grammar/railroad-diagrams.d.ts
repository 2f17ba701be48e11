/** What is used of it; the package brings no types. */
declare module 'railroad-diagrams' {
  export interface Shape {
    tagName: string;
    attrs: Record<string, string | number>;
    toString(): string;
  }
  export function Diagram(...items: Shape[]): Shape;
  export function Sequence(...items: Shape[]): Shape;
  export function Choice(normal: number, ...items: Shape[]): Shape;
  export function Optional(item: Shape): Shape;
  export function ZeroOrMore(item: Shape): Shape;
  export function OneOrMore(item: Shape, between?: Shape): Shape;
  export function Terminal(text: string): Shape;
  export function NonTerminal(text: string): Shape;
}
