import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tryRoutec } from './try-routec.ts';

const POLICY = `uplink cable dev eth2 gateway 198.51.100.1 masquerade
uplink dsl   dev eth3 gateway 192.0.2.1    address 192.0.2.2/24, 192.0.2.8, 192.0.2.9 snat 192.0.2.2
set servers = 203.0.113.81, 203.0.113.96/28

route host 192.168.0.228 to @servers via main
route ipv4 dscp ef via cable
route host 192.168.0.228 tcp 80 via dsl
route ipv4 tcp 443 via balance cable 3, dsl 1
route ipv4 tcp 25 via dsl snat 192.0.2.8-192.0.2.9 else reject
route ipv4 tcp 80 via cable
`;

let cwd: string;
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'routec-explain-'));
  writeFileSync(join(cwd, 'policy.route'), POLICY);
  writeFileSync(join(cwd, 'wrong.route'), `${POLICY}route tcp 80 via dls\n`);
});
afterAll(() => {
  rmSync(cwd, { recursive: true, force: true });
});

const explain = (...words: string[]) => tryRoutec(cwd, ['explain', ...words]);

const asJson = async (...words: string[]) => {
  const { stdout, exitCode } = await explain('policy.route', '--json', ...words);
  return { exitCode, ...JSON.parse(stdout) };
};

const WEB = 'host 192.168.0.228 tcp 80 to 203.0.113.80 in lan0';

describe('routec explain', () => {
  it('says which line decides, and the whole way from there', async () => {
    const { exitCode, stdout } = await explain('policy.route', WEB);
    expect(exitCode).toBe(0);
    expect(stdout.split('\n')).toEqual([
      'from 192.168.0.228 to 203.0.113.80 tcp 80 in lan0',
      'leaves by `dsl` (eth3), its source becomes 192.0.2.2',
      '',
      ' --> policy.route:7:1',
      '  |',
      '7 | route host 192.168.0.228 tcp 80 via dsl',
      '  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ the first line that fits',
      '  |',
      '',
      '  slot     2, `dsl`: the packet carries 0x02000000 of 0x7f000000',
      '           so does its connection, for its whole life',
      '  rule     6000: first main, where that knows better than a default route',
      '           6002: lookup 6002',
      '  table    6002: default via 192.0.2.1 dev eth3',
      '  NAT      snat 192.0.2.2',
      "  answers  come in by eth3, get the old address back, and go on by main's routes",
      '',
      'these lines fit, too:',
      '  policy.route:10: route ipv4 tcp 80 via cable',
      '     but it stands below the first one',
      '',
      'unless it is one that has something unusual:',
      '  - from 192.168.0.228 to 203.0.113.80 tcp 80 dscp 46 in lan0',
      '     leaves by `cable` (eth2), its source becomes the address of that device (policy.route:6)',
    ]);
  });

  it('names each of the lines with one text that fit', async () => {
    const rule = 'route ipv4 tcp 80 via cable\n';
    writeFileSync(join(cwd, 'twice.route'), `${POLICY}${rule}`);
    const { stdout } = await explain(
      'twice.route',
      'host 192.168.0.9 tcp 80 to 203.0.113.80 in lan0',
    );
    expect(stdout).toContain(' --> twice.route:10:1');
    expect(stdout).toContain('  twice.route:11: route ipv4 tcp 80 via cable');
  });

  it('tells programs', async () => {
    expect(await asJson(WEB)).toMatchObject({
      exitCode: 0,
      verdict: 'uplink',
      uplink: 'dsl',
      dev: 'eth3',
      gateway: '192.0.2.1',
      nat: { kind: 'snat', to: '192.0.2.2' },
      rule: { file: 'policy.route', line: 7 },
      possible: [{ uplink: 'dsl', dev: 'eth3', share: 1 }],
      slot: { number: 2, mark: '0x02000000' },
      priority: 6002,
      table: 6002,
      others: [{ line: 10, why: 'later' }],
      unless: [{ differs: ['dscp'], uplink: 'cable', rule: { line: 6 } }],
    });
    expect(await asJson('from 192.168.0.9 udp 53 to 9.9.9.9 in lan0')).toMatchObject({
      exitCode: 0,
      verdict: 'main',
      uplink: null,
      dev: null,
      nat: null,
      rule: null,
      possible: null,
      answers: { by: 'main' },
    });
  });

  it('divides what is balanced, and gives all to the one that is left', async () => {
    const mail = 'from 192.168.0.9 tcp 443 to 203.0.113.80 in lan0';
    expect(await asJson(mail)).toMatchObject({
      verdict: 'uplink',
      uplink: null,
      dev: null,
      nat: null,
      possible: [
        { uplink: 'cable', dev: 'eth2', share: 0.75, nat: { kind: 'masquerade', to: null } },
        { uplink: 'dsl', dev: 'eth3', share: 0.25, nat: { kind: 'snat', to: '192.0.2.2' } },
      ],
    });
    expect(await asJson(mail, '--down', 'cable')).toMatchObject({
      uplink: 'dsl',
      possible: [{ uplink: 'dsl', share: 1, passed: [{ uplink: 'cable', why: 'down' }] }],
      down: ['cable'],
    });
    expect(await asJson(mail, '--down', 'cable', '--down', 'dsl')).toMatchObject({
      verdict: 'unreachable',
      priority: 6999,
      possible: null,
      answers: null,
    });
  });

  it('follows the order of uplinks to its end', async () => {
    const mail = 'from 192.168.0.9 tcp 25 to 203.0.113.80 in lan0';
    expect(await asJson(mail)).toMatchObject({
      uplink: 'dsl',
      nat: { kind: 'snat', to: '192.0.2.8-192.0.2.9' },
      slot: { key: 'dsl snat 192.0.2.8/31 or reject' },
      connection: { key: 'dsl snat 192.0.2.8/31' },
    });
    expect(await asJson(mail, '--down', 'dsl')).toMatchObject({
      verdict: 'reject',
      uplink: null,
      passed: [{ uplink: 'dsl', why: 'down' }],
    });
  });

  it('says how what came in by an uplink is answered, and why other lines are not asked', async () => {
    const web = 'from 203.0.113.80 tcp 80 to 192.168.0.10 in dsl';
    expect(await asJson(web)).toMatchObject({
      verdict: 'main',
      arrival: 'dsl',
      answers: { by: 'uplink', uplink: 'dsl', dev: 'eth3', table: 6502 },
      others: [{ line: 10, why: 'no-arrival' }],
    });
  });

  it("knows the link's own business, about which no rule is asked", async () => {
    writeFileSync(join(cwd, 'link.route'), `${POLICY}route in dsl via drop\nroute via cable\n`);
    const { exitCode, stdout } = await explain('link.route', 'to 224.0.0.251 udp 5353 in dsl');
    expect(exitCode).toBe(0);
    expect(stdout).toContain("goes by main's own routes\n");
    expect(stdout).toContain("but it is the link's own business, about which no rule is asked");
    expect(stdout).not.toContain('no rule takes it');
    const json = await explain('link.route', '--json', 'to 224.0.0.251 udp 5353 in dsl');
    expect(JSON.parse(json.stdout)).toMatchObject({
      ...{ verdict: 'main', rule: null, here: false, answers: { by: 'main' } },
      others: [
        { line: 11, why: 'link' },
        { line: 12, why: 'link' },
      ],
    });
    const some = await explain('link.route', 'to 224.0.0.251, 203.0.113.9 udp 5353');
    expect(some.stdout).toContain('(no rule is asked about it)');
  });

  it('knows what is sent to the router itself, and what leads that on, whatever rules say', async () => {
    const rules = [
      'route in dsl via drop',
      'route in lan0 via cable',
      'forward tcp 8443 on dsl to 192.168.0.10:443',
      'forward tcp 9000-9009 on dsl to 192.168.0.11:7000-7009',
    ];
    writeFileSync(join(cwd, 'forward.route'), `${POLICY}${rules.join('\n')}\n`);
    const ask = async (...words: string[]) => {
      const { exitCode, stdout } = await explain('forward.route', '--json', ...words);
      return { exitCode, ...JSON.parse(stdout) };
    };
    const served = await ask('from 203.0.113.9 to 192.0.2.2 tcp 8443 in dsl');
    expect(served).toMatchObject({
      ...{ exitCode: 0, verdict: 'main', here: true, rule: null, arrival: 'dsl' },
      forward: { line: 13, to: '192.168.0.10:443' },
      answers: { by: 'uplink', uplink: 'dsl' },
      others: [{ line: 11, why: 'here' }],
    });
    expect(await ask('from 203.0.113.9 to 192.0.2.8 tcp 9004 in dsl')).toMatchObject({
      forward: { line: 14, to: '192.168.0.11:7004' },
    });
    const beside = await ask('from 203.0.113.9 to 192.0.2.2 tcp 22 in dsl');
    expect(beside).toMatchObject({ verdict: 'main', here: true, forward: null });
    const inside = await ask('host 192.168.0.9 to 192.0.2.9 tcp 8443 in lan0');
    expect(inside).toMatchObject({
      ...{ verdict: 'main', here: true, forward: { line: 13 }, answers: { by: 'main' } },
      others: [{ line: 12, why: 'here' }],
    });
    const own = await ask('local to 192.0.2.2 tcp 8443');
    expect(own).toMatchObject({ verdict: 'main', here: true, forward: null });
    // An address that nobody says is the router's: it may be, and the forward is named.
    expect(await ask('from 203.0.113.9 to 192.0.2.77 tcp 8443 in dsl')).toMatchObject({
      ...{ verdict: 'drop', here: false, rule: { line: 11 }, forward: null },
      others: [{ line: 13, why: 'elsewhere' }],
    });
    // Which port is left open: the one that is led on, and all the others.
    const open = await ask('to 192.0.2.2 tcp 8000-8999 in dsl');
    expect(open).toMatchObject({ exitCode: 2, decides: ['port'] });

    const { stdout } = await explain('forward.route', 'to 192.0.2.2 tcp 8443 in dsl');
    expect(stdout).toContain('is led on to 192.168.0.10:443, and is answered by `dsl`\n');
    expect(stdout).toContain('13 | forward tcp 8443 on dsl');
    expect(stdout).toContain('but it is sent to the router itself, which no rule moves');
    const dropped = await explain('forward.route', 'tcp 22 in dsl');
    expect(dropped.stdout).toContain('unless   it is sent to the router itself');
  });

  it('names what decides where it is left out, with a packet for each way', async () => {
    const { exitCode, verdict, decides, alternatives } = await asJson('host 192.168.0.228 tcp 80');
    expect({ exitCode, verdict, decides }).toEqual({ exitCode: 2, verdict: null, decides: ['to'] });
    expect(alternatives).toMatchObject([
      { verdict: 'main', rule: { line: 5 }, differs: [] },
      { verdict: 'uplink', uplink: 'dsl', rule: { line: 7 }, differs: ['to'] },
    ]);
    const plain = await explain('policy.route', 'host 192.168.0.228 tcp 80');
    expect(plain.exitCode).toBe(2);
    expect(plain.stdout).toContain('it depends on `to`');
    // What it offers is what it takes.
    for (const { packet, uplink } of alternatives) {
      expect(await asJson(packet)).toMatchObject({ exitCode: 0, uplink, packet });
    }
  });

  it.each([
    ['tcp 80 vai', ' --> <packet>:1:8', 'unexpected `vai`'],
    ['from @server', ' --> <packet>:1:6', 'did you mean `@servers`?'],
    ['host 10.0.0.0/8', ' --> <packet>:1:6', 'write `from 10.0.0.0/8`'],
    ['icmp from fd00::1', ' --> <packet>:1:11', 'no packet fits'],
    ['tcp "80', ' --> <packet>:1:5', 'this quoted text does not end'],
  ])('underlines what is wrong with a packet: %s', async (packet, place, said) => {
    const { exitCode, stdout, stderr } = await explain('policy.route', packet);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain(place);
    expect(stderr).toContain(said);
  });

  it('tells what is wrong with the policy from what is wrong with the question', async () => {
    expect(await explain('wrong.route', WEB)).toMatchObject({ exitCode: 1, stdout: '' });
    expect(await explain('gone.route', WEB)).toMatchObject({ exitCode: 2 });
    const down = await explain('policy.route', WEB, '--down', 'dls');
    expect(down).toMatchObject({ exitCode: 2 });
    expect(down.stderr).toContain('did you mean `dsl`?');
  });
});
