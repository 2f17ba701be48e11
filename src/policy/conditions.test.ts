import { describe, expect, it } from 'vitest';
import { bug } from '../bug.ts';
import { type Checked, check } from '../compile.ts';
import type { Box, Rule } from '../model/program.ts';
import type { AddressRange } from '../net/address.ts';
import { deviceInterval } from '../net/device-name.ts';
import { contains, type IntervalSet, type Point } from '../net/interval-set.ts';
import { formatMac } from '../net/mac.ts';
import { formatMark } from '../net/mark.ts';
import { formatRange } from '../net/prefix.ts';
import type { Series } from '../series.ts';
import { positionOf } from '../text/source.ts';
import type { Conditions } from './policy.ts';

type Files = Readonly<Record<string, string>>;

/** Checks a policy whose files stand in a map; `asked` gets each path that is read. */
function look(text: string, files: Files = {}, name = 'policy.route', asked?: string[]): Checked {
  const map = new Map(Object.entries(files));
  const encode = (each: string): Uint8Array => new TextEncoder().encode(each);
  return check(
    { name, base: 'policy', bytes: encode(text) },
    (path) => {
      asked?.push(path);
      const found = map.get(path);
      return found === undefined
        ? { refused: 'there is no such file' }
        : { bytes: encode(found), quotable: true };
    },
    undefined,
  );
}

/** Rules with all that they are made of. */
function plain(rules: Series<Rule> = []): Rule[] {
  return [...rules].map(({ id, text, place, boxes, target }) => {
    return { id, text, place, boxes, target };
  });
}

const UPLINK = 'uplink a dev wan0\n';

function number([low, high]: readonly [Point, Point]): string {
  return low === high ? String(low) : `${low}-${high}`;
}

/** A box as one line: its family, then each dimension that it looks at. */
function show(box: Box): string {
  const addresses = (set: IntervalSet<Point>): string =>
    set
      .map(([low, high]) => formatRange({ family: box.family, low, high } as AddressRange))
      .join(',');
  const numbers = (set: IntervalSet<Point>): string => set.map(number).join(',');
  const out = [String(box.family)];
  if (box.mac !== undefined) out.push(`mac ${box.mac.map(([low]) => formatMac(low)).join(',')}`);
  if (box.source !== undefined) out.push(`from ${addresses(box.source)}`);
  if (box.destination !== undefined) out.push(`to ${addresses(box.destination)}`);
  if (box.protocol !== undefined) out.push(`proto ${numbers(box.protocol)}`);
  if (box.icmpType !== undefined) out.push(`type ${numbers(box.icmpType)}`);
  if (box.sourcePort !== undefined) out.push(`sport ${numbers(box.sourcePort)}`);
  if (box.port !== undefined) out.push(`port ${numbers(box.port)}`);
  if (box.dscp !== undefined) out.push(`dscp ${numbers(box.dscp)}`);
  if (box.user !== undefined) out.push(`user ${numbers(box.user)}`);
  for (const { value, mask } of box.mark ?? []) {
    out.push(`mark ${formatMark(value)}/${formatMark(mask)}`);
  }
  return out.join(' ');
}

/** The boxes of `route MATCHES via a`, which must be sound. */
function boxes(matches: string, rest = '', files: Files = {}): readonly Box[] {
  const { program, diagnostics } = look(`${UPLINK}route ${matches} via a\n${rest}`, files);
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  return program === undefined ? [] : ([...program.forwarded, ...program.local][0]?.boxes ?? []);
}

function conditions(matches: string, rest = ''): Conditions {
  const { policy } = look(`${UPLINK}route ${matches} via a\n${rest}`);
  const [route] = policy.routes;
  if (route === undefined) throw new Error('the rule was not read');
  return route.conditions;
}

/** Each finding as `slug@line`, and all of their texts. */
function findings(text: string, files: Files = {}): { places: string[]; said: string } {
  const { diagnostics } = look(text, files);
  return {
    places: diagnostics.map(({ slug, labels: [{ span }] }) => {
      return `${slug}@${positionOf(span.source, span.start).line}`;
    }),
    said: diagnostics
      .flatMap(({ message, help, labels }) => [
        message,
        help ?? '',
        ...labels.map(({ text: label }) => label),
      ])
      .join('\n'),
  };
}

describe('what a match means', () => {
  it.each([
    ['', ['4', '6']],
    ['ipv4', ['4']],
    ['ipv6', ['6']],
    ['not ipv4', ['6']],
    ['not ipv6', ['4']],
    ['from 192.168.0.0/24', ['4 from 192.168.0.0/24']],
    ['from 192.168.0.1-192.168.0.9', ['4 from 192.168.0.1-192.168.0.9']],
    ['from 192.168.0.0/25, 192.168.0.128/25', ['4 from 192.168.0.0/24']],
    ['from 192.168.0.1, 2001:db8::1', ['4 from 192.168.0.1', '6 from 2001:db8::1']],
    ['to 203.0.113.80', ['4 to 203.0.113.80']],
    ['host 192.168.0.228 tcp 80', ['4 from 192.168.0.228 proto 6 port 80']],
    ['host 192.168.0.228, 192.168.0.229', ['4 from 192.168.0.228/31']],
    // Everything of a family asks for the family only.
    ['from 0.0.0.0/0', ['4']],
    ['from ::/0', ['6']],
    ['from 0.0.0.0/0, ::/0', ['4', '6']],
    ['from 0.0.0.0/0 to 192.0.2.1', ['4 to 192.0.2.1']],
    // The families of a rule are those that all of its matches can have.
    ['from 192.0.2.1, 2001:db8::1 to 2001:db8::2', ['6 from 2001:db8::1 to 2001:db8::2']],
    ['from 192.0.2.1, 2001:db8::1 ipv4', ['4 from 192.0.2.1']],
    ['from 192.0.2.1, 2001:db8::1 icmp', ['4 from 192.0.2.1 proto 1']],
  ])('%s', (matches, expected) => {
    expect(boxes(matches).map(show)).toEqual(expected);
  });

  it.each([
    ['from not 10.0.0.0/8', ['4 from 0.0.0.0-9.255.255.255,11.0.0.0-255.255.255.255']],
    ['not from 10.0.0.0/8', ['4 from 0.0.0.0-9.255.255.255,11.0.0.0-255.255.255.255']],
    ['to not 0.0.0.0/1, 192.0.0.0/2', ['4 to 128.0.0.0/2']],
    ['to not 8000::/1', ['6 to ::/1']],
    ['to not 0.0.0.0/1, 8000::/1', ['4 to 128.0.0.0/1', '6 to ::/1']],
    ['host not 0.0.0.0', ['4 from 0.0.0.1-255.255.255.255']],
  ])('the complement within the families that it names: %s', (matches, expected) => {
    expect(boxes(matches).map(show)).toEqual(expected);
  });

  it.each([
    ['tcp', 'proto 6'],
    ['udp', 'proto 17'],
    ['sctp', 'proto 132'],
    ['tcp 80', 'proto 6 port 80'],
    ['tcp http', 'proto 6 port 80'],
    ['tcp 80, 443, 8000-8080', 'proto 6 port 80,443,8000-8080'],
    ['tcp { 80, 81, 82 }', 'proto 6 port 80-82'],
    ['tcp,udp 53', 'proto 6,17 port 53'],
    ['tcp,udp', 'proto 6,17'],
    ['tcp 0-65535', 'proto 6'],
    ['tcp not 80', 'proto 6 port 0-79,81-65535'],
    ['tcp,udp not 80, https', 'proto 6,17 port 0-79,81-442,444-65535'],
    ['not tcp', 'proto 0-5,7-255'],
    ['not tcp,udp', 'proto 0-5,7-16,18-255'],
    ['udp sport 5060', 'proto 17 sport 5060'],
    ['udp sport not 0-1023', 'proto 17 sport 1024-65535'],
    ['not sport 0-1023 udp', 'proto 17 sport 1024-65535'],
    ['tcp 80 sport 1024-65535', 'proto 6 sport 1024-65535 port 80'],
    ['proto gre', 'proto 47'],
    ['proto 0, 255', 'proto 0,255'],
    ['proto not gre', 'proto 0-46,48-255'],
    ['not proto gre, esp', 'proto 0-46,48-49,51-255'],
    ['proto tcp sport 80', 'proto 6 sport 80'],
    ['not icmp', 'proto 0,2-255'],
    ['not icmpv6', 'proto 0-57,59-255'],
    ['dscp ef', 'dscp 46'],
    ['dscp ef, af11, cs0', 'dscp 0,10,46'],
    ['dscp not 0', 'dscp 1-63'],
    ['local user 1000, root, nobody', 'user 0,1000,65534'],
    ['local user not 1000', 'user 0-999,1001-4294967294'],
    ['local not user 0', 'user 1-4294967294'],
    ['mac 00:00:5E:00:53:01', 'mac 00:00:5e:00:53:01'],
    // All bits but ours, whose mask is 0x7f000000.
    ['mark 0x10', 'mark 0x00000010/0x80ffffff'],
    ['mark 16', 'mark 0x00000010/0x80ffffff'],
    ['mark 0x10/0xff', 'mark 0x00000010/0x000000ff'],
    ['mark not 0x1/0x1', 'mark 0x00000000/0x00000001'],
    ['mark not 0x3/0x3', 'mark 0x00000000/0x00000001 mark 0x00000001/0x00000003'],
    ['mark 0/0', ''],
  ])('%s, in both families', (matches, expected) => {
    const shown = boxes(matches).map(show);
    expect(shown).toEqual([`4 ${expected}`.trim(), `6 ${expected}`.trim()]);
  });

  it.each([
    ['icmp', '4 proto 1'],
    ['icmp echo-request', '4 proto 1 type 8'],
    ['icmp 8, echo-reply', '4 proto 1 type 0,8'],
    ['icmp not echo-request', '4 proto 1 type 0-7,9-255'],
    ['icmpv6', '6 proto 58'],
    ['icmpv6 echo-request', '6 proto 58 type 128'],
    ['icmpv6 nd-neighbor-solicit', '6 proto 58 type 135'],
  ])('one family: %s', (matches, expected) => {
    expect(boxes(matches).map(show)).toEqual([expected]);
  });

  it('is the same in any order', () => {
    const matches = ['from 192.168.0.0/24', 'tcp 80', 'dscp ef', 'to 192.0.2.1', 'in lan0'];
    const expected = boxes(matches.join(' '));
    expect(boxes([...matches].reverse().join(' '))).toEqual(expected);
    expect(expected).toHaveLength(1);
  });

  describe('in', () => {
    const within = (matches: string): ((name: string) => boolean) => {
      const [box] = boxes(matches);
      const set = box?.device;
      if (set === undefined) throw new Error('no device is asked for');
      return (name) => contains(set, deviceInterval(name, false)[0]);
    };

    it.each([
      ['in lan0', ['lan0'], ['lan1', 'lan', 'lan00', 'LAN0']],
      ['in "lan0"', ['lan0'], ['lan1']],
      ['in lan0, wlan*', ['lan0', 'wlan0', 'wlan', 'wlan0.100'], ['lan1', 'wla']],
      ['in lan1*, lan2', ['lan1', 'lan10', 'lan2'], ['lan20', 'lan', 'lan3']],
      ['in not lan0', ['lan1', 'lan', 'eth0'], ['lan0']],
      ['not in lan*', ['eth0', 'la'], ['lan', 'lan0']],
      ['in not lan0, wlan*', ['eth0', 'lan1'], ['lan0', 'wlan0']],
      ['in 2lan.100', ['2lan.100'], ['2lan.101']],
    ])('%s', (matches, yes, no) => {
      const holds = within(matches);
      expect([...yes, ...no].filter(holds)).toEqual(yes);
    });

    it("an uplink's name stands for its device", () => {
      const { devices, arrivals } = conditions('in a');
      expect(devices).toEqual([deviceInterval('wan0', false)]);
      expect(arrivals.map(({ value }) => value)).toEqual(['wan0']);
    });

    it("an uplink's device by its own name is an arrival just as well", () => {
      expect(conditions('in wan0').arrivals.map(({ value }) => value)).toEqual(['wan0']);
    });

    it('an uplink without a declaration too, above and below the rule that names it', () => {
      const implicit = ['route via ppp0', 'route in ppp0 via main'];
      for (const lines of [implicit, [...implicit].reverse()]) {
        const { policy } = look(lines.join('\n'));
        const [asked] = [...policy.routes].filter(({ statement }) =>
          statement.text.includes(' in '),
        );
        expect(asked?.conditions.arrivals.map(({ value }) => value)).toEqual(['ppp0']);
      }
    });

    it('by wildcard or `not` it is none', () => {
      expect(conditions('in wan*').arrivals).toEqual([]);
      expect(conditions('in not a').arrivals).toEqual([]);
      expect(conditions('not in wan0').arrivals).toEqual([]);
    });

    it.each(['in *', 'in eth/0', 'in "eth 0"', 'in 1234567890123456', 'in @lan'])(
      'no: %s',
      (no) => {
        expect(findings(`${UPLINK}route ${no} via a`).places).toEqual(['bad-device-name@2']);
      },
    );
  });

  it('local, user, cgroup and time are kept', () => {
    expect(conditions('local').local).toBe(true);
    expect(conditions('tcp 80').local).toBe(false);
    const asked = conditions('local user www-data cgroup "x.slice" time 09:00-17:00 mon-fri');
    expect(asked.atoms.map(({ match }) => match)).toEqual(['user', 'cgroup', 'time']);
  });
});

describe('sets', () => {
  const from = (rest: string, files: Files = {}): string[] =>
    boxes('from @lan', rest, files).map(show);

  it('are what stands in them, wherever they are declared', () => {
    expect(from('set lan = 192.168.0.0/24, 2001:db8::/64')).toEqual([
      '4 from 192.168.0.0/24',
      '6 from 2001:db8::/64',
    ]);
    const before = look('set lan = 192.0.2.1\nuplink a dev wan0\nroute from @lan via a');
    const after = look('route from @lan via a\nuplink a dev wan0\nset lan = 192.0.2.1');
    expect(plain(before.program?.forwarded)).toEqual(plain(after.program?.forwarded));
  });

  it('stand in one another', () => {
    expect(
      from('set b = 192.168.2.1, @c\nset lan = 192.168.1.1, @b\nset c = { 192.168.3.1, }'),
    ).toEqual(['4 from 192.168.1.1,192.168.2.1,192.168.3.1']);
    // Twice by two ways is no cycle.
    expect(from('set lan = @b, @c\nset b = @d\nset c = @d\nset d = 192.0.2.1')).toEqual([
      '4 from 192.0.2.1',
    ]);
  });

  it('mix with values, and have a complement', () => {
    const set = 'set lan = 0.0.0.0/1';
    expect(boxes('from @lan, 192.0.2.1', set).map(show)).toEqual(['4 from 0.0.0.0/1,192.0.2.1']);
    expect(boxes('from not @lan', set).map(show)).toEqual(['4 from 128.0.0.0/1']);
    expect(boxes('from not @lan, 192.0.0.0/2', set).map(show)).toEqual(['4 from 128.0.0.0/2']);
  });

  it('of ports and of MACs', () => {
    expect(boxes('tcp @web', 'set web = 80, https, 8000-8001').map(show)).toEqual([
      '4 proto 6 port 80,443,8000-8001',
      '6 proto 6 port 80,443,8000-8001',
    ]);
    expect(boxes('tcp not @web, 81 sport @web', 'set web = 80').map(show)[0]).toBe(
      '4 proto 6 sport 80 port 0-79,82-65535',
    );
    expect(
      boxes('mac @own', 'set own = 00:00:5e:00:53:02, 00:00:5e:00:53:01').map(show)[0],
    ).toMatch(/^4 mac 00:00:5e:00:53:01/);
  });

  it('`host` takes sets of single addresses', () => {
    expect(boxes('host @lan', 'set lan = 192.0.2.1, @b\nset b = 192.0.2.9').map(show)).toEqual([
      '4 from 192.0.2.1,192.0.2.9',
    ]);
    const { places, said } = findings(`${UPLINK}route host @lan via a\nset lan = 192.0.2.0/24`);
    expect(places).toEqual(['bad-address@2']);
    expect(said).toContain('write `from`');
  });

  it('that fill at run time are kept apart', () => {
    const asked = conditions('to @video', 'set video domains example.com');
    const video = { kind: 'set', side: 'destination', name: 'video', negated: false };
    expect(asked.atoms).toEqual([{ match: 'to', atoms: [video] }]);
    expect(asked.families).toEqual([4, 6]);
  });

  it.each([
    ['set lan = 192.0.2.1, 80', 'mixed-set@3', 'address'],
    ['set lan = 80, 192.0.2.1', 'mixed-set@3', 'port'],
    ['set lan = 00:00:5e:00:53:01, 80', 'mixed-set@3', 'MAC'],
    ['set lan = 192.0.2.1, @web\nset web = 80', 'mixed-set@3', 'ports'],
    ['set lan = 192.0.2.1, @video\nset video domains example.com', 'mixed-set@3', 'run time'],
    ['set lan = {}', 'empty-list@3', 'empty'],
    ['set lan = 192.0.2.1\nset lan = 192.0.2.2', 'duplicate-set@4', 'twice'],
    ['set lan = @lan', 'set-cycle@3', 'itself'],
    ['set lan = @b\nset b = @c\nset c = @lan', 'set-cycle@5', 'itself'],
    ['set lan = @lna', 'unknown-set@3', '`@lan`'],
    ['set lan = 192.0.2.300', 'bad-address@3', '300'],
    ['set lan = 10.0.0.5/8', 'bad-address@3', '10.0.0.0/8'],
    [`set lan = 192.0.2.1\nset ${'x'.repeat(64)} = 192.0.2.1`, 'long-name@4', '63'],
  ])('%s', (rest, place, word) => {
    const { places, said } = findings(`${UPLINK}route from @lan via a\n${rest}`);
    // What is not compiled yet is another finding.
    expect(places.filter((each) => !each.startsWith('not-lowered'))).toEqual([place]);
    expect(said).toContain(word);
  });

  it.each([
    ['tcp @lan', 'ports'],
    ['mac @lan', 'macs'],
    ['to @web', 'addresses'],
  ])('of another kind: %s', (matches, word) => {
    const text = `${UPLINK}route ${matches} via a\nset lan = 192.0.2.1\nset web = 80`;
    const { places, said } = findings(text);
    expect(places).toEqual(['wrong-set@2']);
    expect(said).toContain(word);
  });

  it.each(['dscp @lan', 'icmp @lan', 'mark @lan', 'proto "tcp"'])('none here: %s', (matches) => {
    expect(findings(`${UPLINK}route ${matches} via a\nset lan = 192.0.2.1`).places).toHaveLength(1);
  });
});

describe('files', () => {
  it('one value a line, with comments, empty lines, any ends of lines and a byte order mark', () => {
    const list = '\ufeff# all\n192.168.0.0/24 # first\r\n\r\n\t 10.0.0.1-10.0.0.9\n#\n2001:db8::1';
    expect(boxes('from @lan', 'set lan from "lan.list"', { 'lan.list': list }).map(show)).toEqual([
      '4 from 10.0.0.1-10.0.0.9,192.168.0.0/24',
      '6 from 2001:db8::1',
    ]);
  });

  it('of ports and MACs too', () => {
    const files = { 'web.list': '80\nhttps\n', 'own.list': '00:00:5e:00:53:01\n' };
    const rest = 'set web from "web.list"\nset own from "own.list"';
    expect(boxes('tcp @web mac @own', rest, files).map(show)[0]).toBe(
      '4 mac 00:00:5e:00:53:01 proto 6 port 80,443',
    );
  });

  it.each(['', '\n\n', '# nothing\n', '\ufeff'])(
    'an empty one is a warning and matches nothing: %j',
    (list) => {
      const text = `${UPLINK}set lan from "lan.list"\nroute from @lan via a\nroute tcp @lan via a`;
      const { diagnostics, program } = look(text, { 'lan.list': list });
      expect(diagnostics.map(({ slug, severity }) => `${severity} ${slug}`)).toEqual([
        'warning empty-file',
      ]);
      expect([...(program?.forwarded ?? [])].map(({ boxes: all }) => all)).toEqual([[], []]);
      expect(boxes('from not @lan', 'set lan from "l"', { l: list }).map(show)).toEqual(['4', '6']);
      expect(boxes('from @lan, 192.0.2.1', 'set lan from "l"', { l: list }).map(show)).toEqual([
        '4 from 192.0.2.1',
      ]);
    },
  );

  it('what is wrong in them is shown there', () => {
    const text = `${UPLINK}set lan from "lan.list"\nroute from @lan via a`;
    const list = '192.0.2.1\n192.0.2.300\n10.0.0.5/8\n192.0.2.1 192.0.2.2\n192.0.2.3\n';
    const { diagnostics } = look(text, { 'lan.list': list });
    expect(
      diagnostics.map(({ slug, labels: [{ span }] }) => {
        return `${slug} ${span.source.name}:${positionOf(span.source, span.start).line}`;
      }),
    ).toEqual(['bad-address lan.list:2', 'bad-address lan.list:3', 'bad-address lan.list:4']);
  });

  it('a thousand wrong lines are not a thousand findings', () => {
    const text = `${UPLINK}set lan from "lan.list"\nroute from @lan via a`;
    const { diagnostics } = look(text, { 'lan.list': 'no.address\n'.repeat(1000) });
    expect(diagnostics).toHaveLength(11);
    expect(diagnostics.at(-1)?.message).toContain('990');
  });

  it('one that can not be read is an error, and is not read as empty', () => {
    const text = `${UPLINK}set lan from "lan.list"\nroute from @lan via a\ninclude "more.route"`;
    const { places, said } = findings(text);
    expect(places).toEqual(['unreadable-file@2', 'unreadable-file@4']);
    expect(said).toContain('there is no such file');
  });

  it('that are no UTF-8 are reported, comments and all', () => {
    const bytes = new Uint8Array([...new TextEncoder().encode('route via main # '), 0xff, 0x0a]);
    const { diagnostics, program } = check(
      { name: 'policy.route', base: 'policy', bytes },
      () => ({ refused: '' }),
      undefined,
    );
    expect(diagnostics.map(({ slug }) => slug)).toEqual(['invalid-utf-8']);
    expect(program).toBeUndefined();
  });

  it('with a byte order mark, CRLF and no last newline are policies like any other', () => {
    const usual = look('uplink a dev wan0\nroute from 192.0.2.1 via a\n');
    const odd = look('\ufeffuplink a dev wan0\r\nroute from 192.0.2.1 via a');
    expect(odd.diagnostics).toEqual([]);
    const { forwarded, local, marked, ...rest } = odd.program ?? bug('an odd file is no policy');
    expect({ ...usual.program, forwarded: plain(usual.program?.forwarded) }).toMatchObject({
      ...rest,
      forwarded: plain(forwarded),
    });
    expect([...local, ...marked]).toEqual([]);
  });
});

describe('includes', () => {
  const rules = ({ policy }: Checked): string[] =>
    [...policy.routes].map(({ statement }) => statement.text.replace(/^route from | via a$/g, ''));

  it('stand in place: the order of the rules is that of the lines', () => {
    const files = {
      'one.route': 'route from 192.0.2.2 via a\ninclude "two.route"\nroute from 192.0.2.4 via a\n',
      'two.route': 'route from 192.0.2.3 via a\nuplink a dev wan0',
    };
    const text = 'route from 192.0.2.1 via a\ninclude "one.route"\nroute from 192.0.2.5 via a\n';
    const out = look(text, files);
    expect(out.diagnostics).toEqual([]);
    expect(rules(out)).toEqual([1, 2, 3, 4, 5].map((last) => `192.0.2.${last}`));
  });

  it('and lists are relative to the file that names them', () => {
    const asked: string[] = [];
    look(
      'include "sub/one.route"\ninclude "./two.route"\ninclude "/srv/abs.route"\n',
      {
        'etc/sub/one.route': 'include "deep/three.route"\nset x from "../lists/x.list"\n',
        'etc/sub/deep/three.route': 'set y from "y.list"\ninclude "../../../up.route"\n',
        'etc/two.route': '',
        'up.route': 'include "../above.route"',
        '/srv/abs.route': 'set z from "z.list"\ninclude "../q.route"',
      },
      'etc/policy.route',
      asked,
    );
    expect(asked).toEqual([
      'etc/sub/one.route',
      'etc/sub/deep/three.route',
      'etc/sub/deep/y.list',
      'up.route',
      '../above.route',
      'etc/lists/x.list',
      'etc/two.route',
      '/srv/abs.route',
      '/srv/z.list',
      '/q.route',
    ]);
  });

  it('of itself, by any way, is an error at the line that closes the circle', () => {
    expect(findings('include "policy.route"').places).toEqual(['include-cycle@1']);
    const files = { 'one.route': '# x\ninclude "sub/../policy.route"' };
    const { diagnostics } = look('include "one.route"', files);
    expect(diagnostics).toMatchObject([
      { slug: 'include-cycle', labels: [{ span: { source: { name: 'one.route' } } }] },
    ]);
  });

  it('twice, one beside the other, is none', () => {
    const files = { 'one.route': '# nothing\n' };
    expect(look('include "one.route"\ninclude "one.route"', files).diagnostics).toEqual([]);
  });

  it('are 16 deep at most', () => {
    const chain = (depth: number): Files =>
      Object.fromEntries(
        Array.from({ length: depth }, (_, index) => [
          `${index + 1}.route`,
          index + 1 < depth ? `include "${index + 2}.route"\n` : 'route from 192.0.2.1 via a\n',
        ]),
      );
    const text = `${UPLINK}include "1.route"\n`;
    expect(look(text, chain(16)).diagnostics).toEqual([]);
    expect(rules(look(text, chain(16)))).toEqual(['192.0.2.1']);
    expect(look(text, chain(17)).diagnostics.map(({ slug }) => slug)).toEqual(['too-many-files']);
  });

  it('that each include two others end', () => {
    const files = Object.fromEntries(
      Array.from({ length: 15 }, (_, index) => [
        `${index}.route`,
        index < 14 ? `include "${index + 1}.route"\n`.repeat(2) : 'route via main\n',
      ]),
    );
    const slugs = look('include "0.route"', files).diagnostics.map(({ slug }) => slug);
    expect(slugs.filter((slug) => slug === 'too-many-files')).toHaveLength(1);
  });

  it('what is wrong in them is shown there', () => {
    const { diagnostics } = look(`${UPLINK}include "one.route"\nroute via b c\n`, {
      'one.route': 'route via a\n\nroute from 192.168.010.1 via a\n',
    });
    expect(
      diagnostics.map(({ labels: [{ span }] }) => {
        return `${span.source.name}:${positionOf(span.source, span.start).line}`;
      }),
    ).toEqual(expect.arrayContaining(['one.route:3', 'policy.route:3']));
    expect(diagnostics).toHaveLength(2);
  });
});

describe('what can not be', () => {
  it.each([
    ['from 10.0.0.0/8 to 2001:db8::1', 'impossible-match', 'a rule for each family'],
    ['icmp to 2001:db8::1', 'impossible-match', 'family'],
    ['icmpv6 from 192.0.2.1', 'impossible-match', 'family'],
    ['ipv6 from 192.0.2.1', 'impossible-match', 'family'],
    ['from not 192.0.2.1 to 2001:db8::1', 'impossible-match', 'family'],
    ['ipv4 icmpv6', 'impossible-match', 'family'],
    ['user root', 'impossible-match', 'add `local`'],
    ['cgroup "x.slice"', 'impossible-match', 'add `local`'],
    ['local in lan0', 'impossible-match', 'leave `in` out'],
    ['local mac 00:00:5e:00:53:01', 'impossible-match', 'leave `mac` out'],
    ['not local', 'impossible-match', '`local`'],
    ['host 192.0.2.1 from 192.0.2.0/24', 'written-twice', 'one list'],
    ['from 192.0.2.1 from 192.0.2.2', 'written-twice', 'one list'],
    ['to 192.0.2.1 not to 192.0.2.2', 'written-twice', 'one list'],
    ['tcp 80 udp 53', 'written-twice', '`tcp,udp 53`'],
    ['tcp icmp', 'written-twice', 'rule for each protocol'],
    ['tcp,tcp 80', 'written-twice', 'twice'],
    ['proto gre tcp 80', 'written-twice', 'protocol'],
    ['ipv4 not ipv6', 'written-twice', 'leave both out'],
    ['dscp 1 dscp 2', 'written-twice', 'list'],
    ['not from not 192.0.2.1', 'double-negation', 'leave both out'],
    ['not tcp 80', 'negated-ports', '`tcp not 80`'],
    ['not tcp 80', 'negated-ports', '`not tcp`'],
    ['not tcp,udp 53, 54', 'negated-ports', '`tcp,udp not 53,54`'],
    ['not icmp echo-request', 'negated-ports', '`icmp not echo-request`'],
    ['sport 80', 'ports-without-protocol', '`tcp`, `udp` or `sctp`'],
    ['icmp sport 80', 'ports-without-protocol', 'udp'],
    ['proto gre sport 80', 'ports-without-protocol', 'udp'],
    ['not tcp sport 80', 'ports-without-protocol', 'udp'],
    ['from {}', 'empty-list', 'at least one value'],
    ['tcp {}', 'empty-list', 'at least one value'],
    ['host 10.0.0.0/8', 'bad-address', '`from 10.0.0.0/8`'],
    ['from 192.168.010.1', 'bad-address', '`192.168.10.1`'],
    ['from 1.2.3', 'bad-address', 'four numbers'],
    ['from 10.0.0.5/8', 'bad-address', '`10.0.0.0/8`, or `10.0.0.5`'],
    ['from 192.0.2.9-192.0.2.1', 'bad-address', '`192.0.2.1-192.0.2.9`'],
    ['tcp 443-80', 'bad-port', '`80-443`'],
    ['tcp 65536', 'bad-port', '65535'],
    ['tcp 080', 'bad-port', 'leading zero'],
    ['dscp 64', 'bad-value', '63'],
    ['icmp 256', 'bad-value', 'type'],
    ['proto 256', 'bad-value', '255'],
    ['mac 00-00-5e-00-53-01', 'bad-value', '`00:00:5e:00:53:01`'],
    ['mac 5e:00:53:01', 'bad-value', 'six pairs'],
    ['mark 0x01000000', 'bad-value', "routec's own"],
    ['mark 0x1/0x7fffffff', 'bad-value', '`0x00000001/0x00ffffff`'],
    ['mark 0x3/0x1', 'bad-value', '`0x00000001/0x00000001`'],
  ])('%s: %s', (matches, slug, help) => {
    const { places, said } = findings(`${UPLINK}route ${matches} via a\n`);
    expect(places).toEqual([`${slug}@2`]);
    expect(said).toContain(help);
  });

  it.each([
    'from not 0.0.0.0/0',
    'to not 0.0.0.0/0, ::/0',
    'tcp not 0-65535',
    'tcp sport not 0-65535',
    'mark not 0/0',
    'from not 0.0.0.0/1, 128.0.0.0/1',
  ])('a list that leaves nothing over is no silent rule: %s', (matches) => {
    expect(findings(`${UPLINK}route ${matches} via a\n`).places).toEqual(['impossible-match@2']);
  });

  it('all that is wrong is reported, in the order of the lines', () => {
    const { places } = findings(
      [
        'route from 1.2.3 tcp 65536 via a',
        'uplink a dev wan0',
        'route from 192.0.2.1 via a',
        'rout via a',
        'route to @nowhere via a',
        'option prioriti 5',
      ].join('\n'),
    );
    expect(places).toEqual([
      'bad-address@1',
      'bad-port@1',
      'unexpected-word@4',
      'unknown-set@5',
      'unknown-option@6',
    ]);
  });
});

describe('names that are nowhere', () => {
  const DECLARED = 'uplink cable dev eth2\nuplink dsl dev eth3\nset lan = 192.0.2.1\n';

  it.each([
    ['route via cabel', 'unknown-uplink', '`cable`'],
    ['route via dls', 'unknown-uplink', '`dsl`'],
    ['expect via cabel', 'unknown-uplink', '`cable`'],
    ['expect via lte', 'unknown-uplink', 'declare it'],
    ['expect while cabel via dsl', 'unknown-uplink', '`cable`'],
    ['expect via eth5', 'unknown-uplink', 'eth5'],
    ['forward tcp 80 on cabel to 192.0.2.1:80', 'unknown-uplink', '`cable`'],
    ['route from @lna via dsl', 'unknown-set', '`@lan`'],
    ['route from @nowhere via dsl', 'unknown-set', '`set nowhere = ...`'],
    ['option mark-maks 0xff', 'unknown-option', '`mark-mask`'],
    ['option colour red', 'unknown-option', '`counters`'],
    ['route tcp htps via dsl', 'bad-port', '`https`'],
    ['route icmp echo-reqest via dsl', 'bad-value', '`echo-request`'],
    ['route dscp af1 via dsl', 'bad-value', '`af1'],
    ['route proto ospff via dsl', 'bad-value', '`ospf`'],
  ])('%s', (line, slug, help) => {
    const { places, said } = findings(DECLARED + line);
    // What is not compiled yet is another finding.
    expect(places.filter((place) => !place.startsWith('not-lowered'))).toEqual([`${slug}@4`]);
    expect(said).toContain(help);
  });

  it('`via` finds a name, then the device of the one uplink that has it', () => {
    const { program, diagnostics } = look(`${DECLARED}route from @lan via eth3\nroute via dsl`);
    // One target twice: the first rule changes nothing, and that is said.
    expect(diagnostics.map(({ slug }) => slug)).toEqual(['redundant-rule']);
    expect(
      new Set([...(program?.forwarded ?? [])].map(({ target }) => JSON.stringify(target))).size,
    ).toBe(1);
  });

  it('two uplinks on one device must be told apart', () => {
    const { places, said } = findings(`${DECLARED}uplink other dev eth3\nroute via eth3`);
    expect(places).toContain('ambiguous-device@5');
    expect(said).toContain('`dsl` or `other`');
  });

  it('a device in `route ... via` comes to life, with a warning unless it has no gateway', () => {
    const used = `${DECLARED}route from @lan via cable else dsl\n`;
    for (const device of ['eth4', 'lan7', 'lte-modem']) {
      const { diagnostics, program } = look(`${used}route via ${device}`);
      expect(diagnostics.map(({ slug, severity }) => [slug, severity])).toEqual([
        ['implicit-uplink', 'warning'],
      ]);
      expect(program?.uplinks.map(({ device: its }) => its)).toEqual(['eth2', 'eth3', device]);
    }
    for (const device of ['ppp0', 'tun0', 'wg0']) {
      expect(look(`${used}route via ${device}`).diagnostics).toEqual([]);
    }
  });

  it('one that comes to life is known to `expect` wherever that stands', () => {
    for (const lines of [
      ['expect via ppp0', 'route via ppp0'],
      ['route via ppp0', 'expect via ppp0'],
    ]) {
      const { places } = findings(lines.join('\n'));
      expect(places.filter((place) => place.startsWith('unknown'))).toEqual([]);
    }
  });
});
