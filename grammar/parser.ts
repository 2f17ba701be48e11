import { EOF, type IParserConfig, type IToken } from 'chevrotain';
import { join, type Source, type Span } from '../src/text/source.ts';
import { KeptParser } from './kept-parser.ts';
import { LOOKAHEADS } from './lookaheads.ts';
import {
  ALL_TOKENS,
  Close,
  Comma,
  Equals,
  keyword as k,
  Literal,
  MATCH_WORDS,
  Name,
  Open,
  Ref,
  Text,
} from './tokens.ts';
import type * as tree from './tree.ts';

/**
 * The grammar, a rule a production. It is fed one statement at a time, its newlines taken out (they
 * only stand inside `{ }`), and builds the tree as it goes: no concrete tree, no visitor.
 */
export class RouteParser extends KeptParser {
  private source: Source = { name: '', text: '', quotable: false };
  private line = '';

  /** `analyse`: not from what is kept, but with this config; for what looks at the grammar itself. */
  constructor(analyse?: IParserConfig) {
    super(ALL_TOKENS, LOOKAHEADS, analyse);
    this.performSelfAnalysis();
  }

  protected override analysed(): RouteParser {
    return new RouteParser({});
  }

  /** Parses the tokens of one statement. A syntax error is in `errors`; the result is then void. */
  parse(source: Source, tokens: IToken[]): tree.Statement | undefined {
    return this.read(source, tokens, this.statement);
  }

  /** Parses the tokens of a packet that is asked about, as `parse` does those of a statement. */
  parsePacket(source: Source, tokens: IToken[]): tree.Packet | undefined {
    return this.read(source, tokens, this.packet);
  }

  private read<T>(source: Source, tokens: IToken[], production: () => T): T | undefined {
    this.source = source;
    this.line = oneLine(tokens);
    this.input = tokens;
    const node = production.call(this);
    return this.errors.length === 0 ? node : undefined;
  }

  private span(token: IToken): Span {
    return {
      source: this.source,
      start: token.startOffset,
      end: token.startOffset + token.image.length,
    };
  }

  /** From a token to the one consumed last. */
  private since(first: IToken): Span {
    return this.ACTION(() => join(this.span(first), this.span(this.LA(0))));
  }

  private asWord(token: IToken, form: tree.Word['form']): tree.Word {
    return this.ACTION(() => {
      const { image } = token;
      const text =
        form === 'ref'
          ? image.slice(1)
          : form === 'text'
            ? image.slice(1, -1).replace(/\\(.)/g, '$1')
            : image;
      return { form, text, span: this.span(token) };
    });
  }

  private readonly statement = this.RULE('statement', (): tree.Statement => {
    const first = this.LA(1);
    const body = this.OR<object>([
      { ALT: () => this.SUBRULE(this.uplink) },
      { ALT: () => this.SUBRULE(this.set) },
      { ALT: () => this.SUBRULE(this.route) },
      { ALT: () => this.SUBRULE(this.forward) },
      { ALT: () => this.SUBRULE(this.expect) },
      { ALT: () => this.SUBRULE(this.optionStatement) },
      { ALT: () => this.SUBRULE(this.include) },
    ]);
    const span = this.since(first);
    this.CONSUME(EOF);
    return this.ACTION(
      () => ({ ...body, keyword: this.span(first), span, text: this.line }) as tree.Statement,
    );
  });

  /** What `routec explain` asks about. */
  private readonly packet = this.RULE('packet', (): tree.Packet => {
    const matches: tree.Match[] = [];
    this.MANY(() => {
      matches.push(this.SUBRULE(this.match));
    });
    this.CONSUME(EOF);
    return this.ACTION(() => {
      const span = { source: this.source, start: 0, end: this.source.text.length };
      return { kind: 'packet', matches, keyword: span, span, text: this.line };
    });
  });

  private readonly uplink = this.RULE('uplink', () => {
    this.CONSUME(k.uplink);
    const name = this.SUBRULE(this.iface);
    const clauses: tree.Clause[] = [];
    this.AT_LEAST_ONE(() => {
      clauses.push(this.SUBRULE(this.clause));
    });
    return { kind: 'uplink', name, clauses };
  });

  private readonly clause = this.RULE('clause', (): tree.Clause => {
    const first = this.LA(1);
    const body = this.OR<object>([
      {
        ALT: () => {
          this.CONSUME(k.dev);
          return { kind: 'dev', value: this.SUBRULE(this.iface) };
        },
      },
      {
        ALT: () => {
          this.CONSUME(k.gateway);
          return { kind: 'gateway', list: this.SUBRULE1(this.list) };
        },
      },
      {
        ALT: () => {
          this.CONSUME(k.address);
          return { kind: 'address', list: this.SUBRULE2(this.list) };
        },
      },
      {
        ALT: () => {
          this.CONSUME(k.mac);
          return { kind: 'mac', list: this.SUBRULE3(this.list) };
        },
      },
      {
        ALT: () => {
          const kind = this.OR1([
            { ALT: () => this.CONSUME(k.table) },
            { ALT: () => this.CONSUME(k.mark) },
            { ALT: () => this.CONSUME(k.weight) },
          ]).image;
          return { kind, value: this.SUBRULE(this.value) };
        },
      },
      {
        ALT: () => {
          this.CONSUME(k['mtu-clamp']);
          return { kind: 'mtu-clamp' };
        },
      },
      { ALT: () => ({ kind: 'nat', nat: this.SUBRULE(this.nat) }) },
      { ALT: () => this.SUBRULE(this.check) },
    ]);
    return { ...body, keyword: this.span(first), span: this.since(first) } as tree.Clause;
  });

  private readonly check = this.RULE('check', () => {
    this.CONSUME(k.check);
    const how = this.asWord(
      this.OR([
        { ALT: () => this.CONSUME(k.ping) },
        { ALT: () => this.CONSUME(k.tcp) },
        { ALT: () => this.CONSUME(k.http) },
      ]),
      'name',
    );
    const targets = this.SUBRULE(this.list);
    const settings: { name: tree.Word; value: tree.Word }[] = [];
    this.MANY(() => {
      const name = this.OR1([
        { ALT: () => this.CONSUME(k.every) },
        { ALT: () => this.CONSUME(k.timeout) },
        { ALT: () => this.CONSUME(k.down) },
        { ALT: () => this.CONSUME(k.up) },
      ]);
      const value = this.CONSUME(Literal);
      settings.push({ name: this.asWord(name, 'name'), value: this.asWord(value, 'literal') });
    });
    return { kind: 'check', how, targets, settings };
  });

  private readonly set = this.RULE('set', () => {
    this.CONSUME(k.set);
    const name = this.asWord(this.CONSUME(Name), 'name');
    const content = this.OR<object>([
      {
        ALT: () => {
          this.CONSUME(Equals);
          return { kind: 'list', list: this.SUBRULE1(this.list) };
        },
      },
      {
        ALT: () => {
          this.CONSUME(k.from);
          return { kind: 'file', path: this.asWord(this.CONSUME(Text), 'text') };
        },
      },
      {
        ALT: () => {
          this.CONSUME(k.domains);
          return { kind: 'domains', list: this.SUBRULE2(this.list) };
        },
      },
    ]);
    return { kind: 'set', name, content };
  });

  private readonly route = this.RULE('route', () => {
    this.CONSUME(k.route);
    const matches: tree.Match[] = [];
    this.MANY(() => {
      matches.push(this.SUBRULE(this.match));
    });
    this.CONSUME(k.via);
    const tiers = [this.SUBRULE1(this.tier)];
    this.MANY1(() => {
      this.CONSUME(k.else);
      tiers.push(this.SUBRULE2(this.tier));
    });
    return { kind: 'route', matches, tiers };
  });

  private readonly forward = this.RULE('forward', () => {
    this.CONSUME(k.forward);
    const protocols = this.SUBRULE(this.transports);
    const ports = this.SUBRULE1(this.list);
    this.CONSUME(k.on);
    const on = this.SUBRULE2(this.list);
    this.CONSUME(k.to);
    const to = this.asWord(this.CONSUME(Literal), 'literal');
    return { kind: 'forward', protocols, ports, on, to };
  });

  private readonly expect = this.RULE('expect', () => {
    this.CONSUME(k.expect);
    const matches: tree.Match[] = [];
    this.MANY(() => {
      matches.push(this.SUBRULE(this.match));
    });
    const before = this.OPTION1(() => this.SUBRULE1(this.downs));
    const answer = this.SUBRULE(this.answer);
    const after = this.OPTION2(() => this.SUBRULE2(this.downs));
    return this.ACTION(() => ({
      kind: 'expect',
      matches,
      downs: [...(before ?? []), ...(after ?? [])],
      answer,
    }));
  });

  private readonly answer = this.RULE('answer', () => {
    const first = this.LA(1);
    const body = this.OR<object>([
      {
        ALT: () => {
          this.CONSUME(k.via);
          const uplinks = [this.SUBRULE1(this.share)];
          this.MANY(() => {
            this.CONSUME(Comma);
            uplinks.push(this.SUBRULE2(this.share));
          });
          return { kind: 'via', uplinks };
        },
      },
      {
        ALT: () => ({
          kind: this.OR1([
            { ALT: () => this.CONSUME(k.main) },
            { ALT: () => this.CONSUME(k.drop) },
            { ALT: () => this.CONSUME(k.reject) },
            { ALT: () => this.CONSUME(k.unreachable) },
          ]).image,
        }),
      },
    ]);
    return { ...body, span: this.since(first) };
  });

  /** An uplink of an answer: no weight there. */
  private readonly share = this.RULE('share', () => {
    const uplink = this.SUBRULE(this.iface);
    const nat = this.OPTION(() => this.SUBRULE(this.nat));
    return { uplink, ...(nat === undefined ? {} : { nat }) };
  });

  private readonly downs = this.RULE('downs', () => {
    this.CONSUME(k.while);
    const names = [this.SUBRULE1(this.iface)];
    this.OPTION1(() => this.CONSUME1(k.down));
    this.MANY(() => {
      this.CONSUME(Comma);
      names.push(this.SUBRULE2(this.iface));
      this.OPTION2(() => this.CONSUME2(k.down));
    });
    return names;
  });

  private readonly optionStatement = this.RULE('optionStatement', () => {
    this.CONSUME(k.option);
    const name = this.asWord(this.CONSUME(Name), 'name');
    const value = this.OR([
      { ALT: () => this.SUBRULE(this.value) },
      // A word of `forward`, and the opposite of `off`.
      { ALT: () => this.asWord(this.CONSUME(k.on), 'name') },
    ]);
    return { kind: 'option', name, value };
  });

  private readonly include = this.RULE('include', () => {
    this.CONSUME(k.include);
    return { kind: 'include', path: this.asWord(this.CONSUME(Text), 'text') };
  });

  private readonly match = this.RULE('match', (): tree.Match => {
    const outer = this.OPTION(() => this.CONSUME(k.not));
    const first = this.LA(1);
    const body = this.OR<object>([
      { ALT: () => this.SUBRULE(this.listMatch) },
      { ALT: () => this.SUBRULE(this.protoMatch) },
      { ALT: () => this.SUBRULE(this.cgroupMatch) },
      { ALT: () => this.SUBRULE(this.timeMatch) },
      { ALT: () => this.SUBRULE(this.transportMatch) },
      { ALT: () => this.SUBRULE(this.icmpMatch) },
      {
        ALT: () => ({
          kind: this.OR1([
            { ALT: () => this.CONSUME(k.local) },
            { ALT: () => this.CONSUME(k.ipv4) },
            { ALT: () => this.CONSUME(k.ipv6) },
          ]).image,
        }),
      },
    ]);
    return this.ACTION(
      () =>
        ({
          ...body,
          keyword: this.span(first),
          span: this.since(outer ?? first),
          ...(outer === undefined ? {} : { outerNot: this.span(outer) }),
        }) as tree.Match,
    );
  });

  private readonly listMatch = this.RULE('listMatch', () => {
    const kind = this.OR([
      { ALT: () => this.CONSUME(k.host) },
      { ALT: () => this.CONSUME(k.from) },
      { ALT: () => this.CONSUME(k.to) },
      { ALT: () => this.CONSUME(k.in) },
      { ALT: () => this.CONSUME(k.sport) },
      { ALT: () => this.CONSUME(k.mac) },
      { ALT: () => this.CONSUME(k.dscp) },
      { ALT: () => this.CONSUME(k.mark) },
      { ALT: () => this.CONSUME(k.user) },
    ]).image;
    return { kind, ...this.SUBRULE(this.negatable) };
  });

  private readonly negatable = this.RULE('negatable', () => {
    const not = this.OPTION(() => this.CONSUME(k.not));
    const list = this.SUBRULE(this.list);
    return this.ACTION(() => ({
      list,
      ...(not === undefined ? {} : { innerNot: this.span(not) }),
    }));
  });

  private readonly protoMatch = this.RULE('protoMatch', () => {
    this.CONSUME(k.proto);
    const not = this.OPTION(() => this.CONSUME(k.not));
    const first = this.LA(1);
    const words = [this.SUBRULE1(this.protocolName)];
    this.MANY(() => {
      this.CONSUME(Comma);
      words.push(this.SUBRULE2(this.protocolName));
    });
    const list = { words, span: this.since(first) };
    return this.ACTION(() => ({
      kind: 'proto',
      list,
      ...(not === undefined ? {} : { innerNot: this.span(not) }),
    }));
  });

  private readonly protocolName = this.RULE(
    'protocolName',
    (): tree.Word =>
      this.asWord(
        this.OR([
          { ALT: () => this.CONSUME(Name) },
          { ALT: () => this.CONSUME(Literal) },
          { ALT: () => this.CONSUME(k.tcp) },
          { ALT: () => this.CONSUME(k.udp) },
          { ALT: () => this.CONSUME(k.sctp) },
          { ALT: () => this.CONSUME(k.icmp) },
          { ALT: () => this.CONSUME(k.icmpv6) },
        ]),
        'name',
      ),
  );

  private readonly cgroupMatch = this.RULE('cgroupMatch', () => {
    this.CONSUME(k.cgroup);
    const not = this.OPTION(() => this.CONSUME(k.not));
    const word = this.asWord(this.CONSUME(Text), 'text');
    return this.ACTION(() => ({
      kind: 'cgroup',
      list: { words: [word], span: word.span },
      ...(not === undefined ? {} : { innerNot: this.span(not) }),
    }));
  });

  private readonly timeMatch = this.RULE('timeMatch', () => {
    this.CONSUME(k.time);
    const not = this.OPTION1(() => this.CONSUME(k.not));
    const range = this.asWord(this.CONSUME(Literal), 'literal');
    const days = this.OPTION2({
      GATE: () => !this.answerFollows(),
      DEF: () => this.SUBRULE(this.list),
    });
    return this.ACTION(() => ({
      kind: 'time',
      range,
      ...(days === undefined ? {} : { days }),
      ...(not === undefined ? {} : { innerNot: this.span(not) }),
    }));
  });

  private readonly transportMatch = this.RULE('transportMatch', () => {
    const protocols = this.SUBRULE(this.transports);
    const ports = this.OPTION({
      GATE: () => this.listFollows(),
      DEF: () => this.SUBRULE(this.negatable),
    });
    return { kind: 'transport', protocols, ...ports };
  });

  private readonly transports = this.RULE('transports', (): tree.List => {
    const first = this.LA(1);
    const words = [this.SUBRULE1(this.transport)];
    this.MANY(() => {
      this.CONSUME(Comma);
      words.push(this.SUBRULE2(this.transport));
    });
    return { words, span: this.since(first) };
  });

  private readonly transport = this.RULE(
    'transport',
    (): tree.Word =>
      this.asWord(
        this.OR([
          { ALT: () => this.CONSUME(k.tcp) },
          { ALT: () => this.CONSUME(k.udp) },
          { ALT: () => this.CONSUME(k.sctp) },
        ]),
        'name',
      ),
  );

  private readonly icmpMatch = this.RULE('icmpMatch', () => {
    const kind = this.OR([
      { ALT: () => this.CONSUME(k.icmp) },
      { ALT: () => this.CONSUME(k.icmpv6) },
    ]).image;
    const types = this.OPTION({
      GATE: () => this.listFollows(),
      DEF: () => this.SUBRULE(this.negatable),
    });
    return { kind, ...types };
  });

  private readonly tier = this.RULE('tier', (): tree.Tier => {
    const first = this.LA(1);
    const body = this.OR<object>([
      {
        ALT: () => ({
          kind: this.OR1([
            { ALT: () => this.CONSUME(k.main) },
            { ALT: () => this.CONSUME(k.drop) },
            { ALT: () => this.CONSUME(k.reject) },
          ]).image,
        }),
      },
      { ALT: () => this.SUBRULE(this.balance) },
      {
        ALT: () => {
          const uplink = this.SUBRULE(this.iface);
          const nat = this.OPTION(() => this.SUBRULE(this.nat));
          return { kind: 'uplink', uplink, ...(nat === undefined ? {} : { nat }) };
        },
      },
    ]);
    return { ...body, keyword: this.span(first), span: this.since(first) } as tree.Tier;
  });

  private readonly balance = this.RULE('balance', () => {
    this.CONSUME(k.balance);
    const shares = [this.SUBRULE1(this.weightedShare)];
    this.MANY(() => {
      this.CONSUME(Comma);
      shares.push(this.SUBRULE2(this.weightedShare));
    });
    const by = this.OPTION(() => {
      this.CONSUME(k.by);
      return this.OR([
        { ALT: () => this.CONSUME(k.flow) },
        { ALT: () => this.CONSUME(k.source) },
        { ALT: () => this.CONSUME(k['source-destination']) },
      ]);
    });
    return this.ACTION(() => ({
      kind: 'balance',
      shares,
      ...(by === undefined ? {} : { by: this.asWord(by, 'name') }),
    }));
  });

  private readonly weightedShare = this.RULE('weightedShare', (): tree.Share => {
    const uplink = this.SUBRULE(this.iface);
    const weight = this.OPTION1(() => this.CONSUME(Literal));
    const nat = this.OPTION2(() => this.SUBRULE(this.nat));
    return this.ACTION(() => ({
      uplink,
      ...(weight === undefined ? {} : { weight: this.asWord(weight, 'literal') }),
      ...(nat === undefined ? {} : { nat }),
    }));
  });

  private readonly nat = this.RULE('nat', (): tree.NatNode => {
    const first = this.LA(1);
    const body = this.OR<object>([
      {
        ALT: () => {
          this.CONSUME(k.snat);
          const addresses = this.SUBRULE1(this.addresses);
          const translated = this.OPTION(() => {
            this.CONSUME(k.to);
            return this.SUBRULE2(this.addresses);
          });
          return {
            kind: 'snat',
            addresses,
            ...(translated === undefined ? {} : { translated }),
          };
        },
      },
      {
        ALT: () => ({
          kind: this.OR1([
            { ALT: () => this.CONSUME(k.masquerade) },
            { ALT: () => this.CONSUME(k.nonat) },
          ]).image,
        }),
      },
    ]);
    return { ...body, keyword: this.span(first), span: this.since(first) } as tree.NatNode;
  });

  private readonly addresses = this.RULE('addresses', (): tree.List => {
    const first = this.LA(1);
    const words: tree.Word[] = [];
    this.OR([
      {
        ALT: () => {
          words.push(this.SUBRULE1(this.addr));
          this.MANY1({
            // In `snat A, B` the comma may also lead to the next uplink of a balance.
            GATE: () => addressLike(this.LA(2)),
            DEF: () => {
              this.CONSUME1(Comma);
              words.push(this.SUBRULE2(this.addr));
            },
          });
        },
      },
      {
        ALT: () => {
          this.CONSUME(Open);
          this.OPTION(() => {
            words.push(this.SUBRULE3(this.addr));
            this.MANY2({
              GATE: () => this.LA(2).tokenType !== Close,
              DEF: () => {
                this.CONSUME2(Comma);
                words.push(this.SUBRULE4(this.addr));
              },
            });
            this.OPTION2(() => this.CONSUME3(Comma));
          });
          this.CONSUME(Close);
        },
      },
    ]);
    return { words, span: this.since(first) };
  });

  private readonly addr = this.RULE(
    'addr',
    (): tree.Word =>
      this.OR([
        { ALT: () => this.asWord(this.CONSUME(Literal), 'literal') },
        { ALT: () => this.asWord(this.CONSUME(Ref), 'ref') },
      ]),
  );

  private readonly list = this.RULE('list', (): tree.List => {
    const first = this.LA(1);
    const words: tree.Word[] = [];
    this.OR([
      {
        ALT: () => {
          words.push(this.SUBRULE1(this.value));
          this.MANY1(() => {
            this.CONSUME1(Comma);
            words.push(this.SUBRULE2(this.value));
          });
        },
      },
      {
        ALT: () => {
          this.CONSUME(Open);
          this.OPTION(() => {
            words.push(this.SUBRULE3(this.value));
            this.MANY2({
              GATE: () => this.LA(2).tokenType !== Close,
              DEF: () => {
                this.CONSUME2(Comma);
                words.push(this.SUBRULE4(this.value));
              },
            });
            this.OPTION2(() => this.CONSUME3(Comma));
          });
          this.CONSUME(Close);
        },
      },
    ]);
    return { words, span: this.since(first) };
  });

  private readonly value = this.RULE(
    'value',
    (): tree.Word =>
      this.OR([
        { ALT: () => this.asWord(this.CONSUME(Name), 'name') },
        { ALT: () => this.asWord(this.CONSUME(Literal), 'literal') },
        { ALT: () => this.asWord(this.CONSUME(Ref), 'ref') },
        { ALT: () => this.asWord(this.CONSUME(Text), 'text') },
      ]),
  );

  private readonly iface = this.RULE(
    'iface',
    (): tree.Word =>
      this.OR([
        { ALT: () => this.asWord(this.CONSUME(Name), 'name') },
        { ALT: () => this.asWord(this.CONSUME(Literal), 'literal') },
        { ALT: () => this.asWord(this.CONSUME(Text), 'text') },
      ]),
  );

  /** In `expect tcp unreachable` the last word is the answer, not a port. */
  private answerFollows(): boolean {
    return this.LA(1).tokenType === k.unreachable;
  }

  /** After `tcp`: a list, or what comes next? `tcp not 80` has one, `tcp not from A` has none. */
  private listFollows(): boolean {
    if (this.LA(1).tokenType !== k.not) return !this.answerFollows();
    return !MATCH_WORDS.has(this.LA(2).tokenType);
  }
}

function addressLike({ tokenType, image }: IToken): boolean {
  return tokenType === Ref || (tokenType === Literal && /^[0-9]+\.|:/.test(image));
}

/**
 * The tokens of a statement as one line: what artefacts carry as comments, and rules are known by. The
 * last comma of a list in braces says nothing, and is left out.
 */
function oneLine(tokens: readonly IToken[]): string {
  let line = '';
  tokens.forEach(({ image, tokenType }, index) => {
    if (tokenType === Comma && tokens[index + 1]?.tokenType === Close) return;
    line += line === '' || tokenType === Comma ? image : ` ${image}`;
  });
  return line;
}
