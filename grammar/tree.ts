import type { Span } from '../src/text/source.ts';
import type { Shape } from './shape.ts';

/** A value as it was written: a name, another literal, `@set` (without the `@`), or quoted text. */
export interface Word {
  readonly form: 'name' | 'literal' | 'ref' | 'text';
  readonly text: string;
  readonly span: Span;
}

export interface List {
  readonly words: readonly Word[];
  readonly span: Span;
}

interface Node {
  /** The word that begins it. */
  readonly keyword: Span;
  readonly span: Span;
}

export interface Snat extends Node {
  readonly kind: 'snat';
  readonly addresses: List;
  /** `snat PREFIX6 to PREFIX6`: what the prefix is translated to. */
  readonly translated?: List;
}
export interface OtherNat extends Node {
  readonly kind: 'masquerade' | 'nonat';
}
export type NatNode = Snat | OtherNat;

export interface Check extends Node {
  readonly kind: 'check';
  readonly how: Word;
  readonly targets: List;
  readonly settings: readonly { readonly name: Word; readonly value: Word }[];
}
export type Clause =
  | (Node & { readonly kind: 'dev' | 'table' | 'mark' | 'weight'; readonly value: Word })
  | (Node & { readonly kind: 'gateway' | 'address' | 'mac'; readonly list: List })
  | (Node & { readonly kind: 'mtu-clamp' })
  | (Node & { readonly kind: 'nat'; readonly nat: NatNode })
  | Check;

interface MatchNode extends Node {
  /** `not` in front of the match. */
  readonly outerNot?: Span;
  /** `not` in front of its list. */
  readonly innerNot?: Span;
}
export type ListMatchKind =
  | 'host'
  | 'from'
  | 'to'
  | 'in'
  | 'sport'
  | 'mac'
  | 'dscp'
  | 'mark'
  | 'user'
  | 'cgroup'
  | 'proto';
export type Match =
  | (MatchNode & { readonly kind: ListMatchKind; readonly list: List })
  | (MatchNode & { readonly kind: 'transport'; readonly protocols: List; readonly list?: List })
  | (MatchNode & { readonly kind: 'icmp' | 'icmpv6'; readonly list?: List })
  | (MatchNode & { readonly kind: 'time'; readonly range: Word; readonly days?: List })
  | (MatchNode & { readonly kind: 'local' | 'ipv4' | 'ipv6' });

export interface Share {
  readonly uplink: Word;
  readonly weight?: Word;
  readonly nat?: NatNode;
}
export type Tier =
  | (Node & { readonly kind: 'main' | 'drop' | 'reject' })
  | (Node & { readonly kind: 'uplink'; readonly uplink: Word; readonly nat?: NatNode })
  | (Node & { readonly kind: 'balance'; readonly shares: readonly Share[]; readonly by?: Word });

interface StatementNode extends Node {
  /** Its words with single blanks between them, without comments: one line of printable text. */
  readonly text: string;
}
export interface UplinkStatement extends StatementNode {
  readonly kind: 'uplink';
  readonly name: Word;
  readonly clauses: readonly Clause[];
}
export interface SetStatement extends StatementNode {
  readonly kind: 'set';
  readonly name: Word;
  readonly content:
    | { readonly kind: 'list'; readonly list: List }
    | { readonly kind: 'file'; readonly path: Word }
    | { readonly kind: 'domains'; readonly list: List };
}
export interface RouteStatement extends StatementNode {
  readonly kind: 'route';
  readonly matches: readonly Match[];
  readonly tiers: readonly Tier[];
  /** What it has in common with other lines of its file, if it stands on one plain line. */
  readonly shape?: Shape;
  /** What it has in the places where those differ; the first of a shape has its tree instead. */
  readonly literals?: readonly string[];
}
export interface ForwardStatement extends StatementNode {
  readonly kind: 'forward';
  readonly protocols: List;
  readonly ports: List;
  readonly on: List;
  readonly to: Word;
}
export interface ExpectStatement extends StatementNode {
  readonly kind: 'expect';
  readonly matches: readonly Match[];
  readonly downs: readonly Word[];
  readonly answer:
    | { readonly kind: 'main' | 'drop' | 'reject' | 'unreachable'; readonly span: Span }
    | {
        readonly kind: 'via';
        readonly span: Span;
        readonly uplinks: readonly { readonly uplink: Word; readonly nat?: NatNode }[];
      };
}
/** A packet that is asked about, as a list of matches; no statement of a policy. */
export interface Packet extends StatementNode {
  readonly kind: 'packet';
  readonly matches: readonly Match[];
}
export interface OptionStatement extends StatementNode {
  readonly kind: 'option';
  readonly name: Word;
  readonly value: Word;
}
export interface IncludeStatement extends StatementNode {
  readonly kind: 'include';
  readonly path: Word;
}
export type Statement =
  | UplinkStatement
  | SetStatement
  | RouteStatement
  | ForwardStatement
  | ExpectStatement
  | OptionStatement
  | IncludeStatement;
