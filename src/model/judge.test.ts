import { describe, expect, it } from 'vitest';
import { check } from '../compile.ts';
import { fieldWord } from '../policy/field-word.ts';
import { formatOutcomes } from '../policy/format-outcome.ts';
import { formatPacket } from '../policy/format-packet.ts';
import { judgeExpects } from '../policy/judge-expects.ts';

const UPLINKS = `
uplink cable dev eth2 gateway 198.51.100.1, 2001:db8:a::1 masquerade
uplink dsl   dev eth3 gateway 192.0.2.1 snat 192.0.2.2
uplink lte   dev eth4 gateway 203.0.113.1
`;

/** How the only expectation of a policy fares: what is found against it, and what decides. */
function judged(rules: string): string[] {
  const bytes = new TextEncoder().encode(`${UPLINKS}${rules}\n`);
  const entry = { name: 'p.route', base: 'p', bytes };
  const { policy, program, diagnostics } = check(
    entry,
    () => ({ bytes: new Uint8Array(), quotable: true }),
    undefined,
  );
  if (program === undefined) throw new Error(diagnostics.map(({ message }) => message).join());
  const [only] = judgeExpects(policy, program).expects;
  if (only === undefined) throw new Error('nothing is expected');
  const { judgement } = only;
  if (judgement.kind !== 'fails') return [judgement.kind];
  const { packet, evaluation, good } = judgement;
  return [
    formatOutcomes(evaluation.outcomes),
    formatPacket(packet),
    (good?.differs ?? []).map(fieldWord).join(),
  ];
}

const holds = (rules: string): boolean => judged(rules)[0] === 'holds';

describe('judge', () => {
  it('holds where every packet gets the answer, by whichever rule', () => {
    const rules = 'route ipv4 tcp 80 via dsl\nroute ipv4 tcp 1-100 via dsl\n';
    expect(holds(`${rules}expect ipv4 tcp 1-100 via dsl`)).toBe(true);
    expect(holds(`${rules}expect ipv4 tcp 1-101 via dsl`)).toBe(false);
    expect(holds(`${rules}expect ipv4 udp main`)).toBe(true);
  });

  it.each([
    ['route to 203.0.113.0/24 via cable\nroute ipv4 tcp 80 via dsl', 'ipv4 tcp 80 via dsl', 'to'],
    ['route in lan1 via cable\nroute ipv4 tcp 80 via dsl', 'ipv4 tcp 80 via dsl', 'in'],
    ['route ipv4 tcp 80 via dsl', 'tcp 80 via dsl', 'family'],
    ['route ipv4 tcp 80 via dsl', 'ipv4 tcp via dsl', 'port'],
    ['route ipv4 tcp via dsl', 'from 192.168.0.10 via dsl', 'proto'],
    ['route dscp ef via cable\nroute ipv4 via dsl', 'ipv4 tcp 80 via dsl', 'dscp'],
    ['route mark 1/0xff via cable\nroute ipv4 via dsl', 'ipv4 tcp 80 via dsl', 'mark'],
    ['route udp 53 sport 53 via cable\nroute ipv4 via dsl', 'ipv4 udp 53 via dsl', 'sport'],
    ['route mac 00:00:5e:00:53:01 via cable\nroute ipv4 via dsl', 'ipv4 udp 53 via dsl', 'mac'],
    ['route local user 0 via cable\nroute ipv4 local via dsl', 'ipv4 local via dsl', 'user'],
    ['route icmp 8 via cable\nroute ipv4 via dsl', 'icmp via dsl', 'icmp'],
  ])('names the field that decides: %s, expect %s: %s', (rules, expects, field) => {
    expect(judged(`${rules}\nexpect ${expects}`)[2]).toBe(field);
  });

  it('shows a packet that one can ask about', () => {
    expect(judged('route ipv4 tcp 80 via dsl\nexpect from 192.168.0.10 in lan7 via dsl')).toEqual([
      'main',
      'from 192.168.0.10 to 203.0.113.80 udp 80 in lan7',
      'proto',
    ]);
  });

  it('is about what comes by no uplink, unless `in` names one', () => {
    const rules = 'route ipv4 tcp via dsl\nroute in dsl ipv4 tcp via cable\n';
    expect(holds(`${rules}expect ipv4 tcp via dsl`)).toBe(true);
    expect(holds(`${rules}expect in lan0 ipv4 tcp via dsl`)).toBe(true);
    expect(holds(`${rules}expect in dsl ipv4 tcp via cable`)).toBe(true);
    expect(holds(`${rules}expect in lan0, dsl ipv4 tcp via dsl`)).toBe(false);
    expect(holds(`${rules}expect in not lan0 ipv4 tcp via dsl`)).toBe(true);
    expect(holds(`${rules}expect in cable ipv4 tcp main`)).toBe(true);
  });

  it('is about what is sent to the router only where its address is named', () => {
    const rules = 'uplink own dev eth5 address 198.18.0.2/24\nroute in own via drop\n';
    expect(holds(`${rules}expect in own tcp 8443 drop`)).toBe(true);
    expect(holds(`${rules}expect in own to 198.18.0.0/24 tcp 8443 drop`)).toBe(true);
    expect(holds(`${rules}expect in own to 198.18.0.2 tcp 8443 main`)).toBe(true);
    expect(judged(`${rules}expect in own to 198.18.0.2, 198.18.0.9 tcp 8443 drop`)).toEqual([
      'main',
      'from 203.0.113.10 to 198.18.0.2 tcp 8443 in eth5',
      'to',
    ]);
    expect(holds('route in lan0 via lte\nexpect in lan0 to 192.0.2.2 main')).toBe(true);
    expect(holds('route local via lte\nexpect local to 192.0.2.2 main')).toBe(true);
    // Side by side they are addresses all the same; a net is about what else it holds.
    const two = 'uplink own dev eth5 address 198.18.0.2/24, 198.18.0.3/24\nroute via drop\n';
    expect(holds(`${two}expect to 198.18.0.2, 198.18.0.3 main`)).toBe(true);
    expect(holds(`${two}expect to 198.18.0.2-198.18.0.3, 198.18.0.9 main`)).toBe(false);
    expect(holds(`${two}expect to 198.18.0.2-198.18.0.4 drop`)).toBe(true);
  });

  it("is about the link's own business only where nothing else is named", () => {
    const rules = 'route via reject\nroute local via reject\nroute in cable via drop\n';
    const link = ['to 224.0.0.0/4', 'to ff02::1, fe80::1', 'to 255.255.255.255', 'to 127.0.0.1'];
    const own = ['udp 67 sport 68', 'udp 546 sport 547', 'icmpv6 nd-neighbor-solicit'];
    for (const match of [...link, ...own].flatMap((each) => [
      `local ${each}`,
      `in cable ${each}`,
    ])) {
      expect(holds(`${rules}expect ${match} main`), match).toBe(true);
    }
    for (const match of link) expect(holds(`${rules}expect ${match} main`), match).toBe(true);
    // A host's own is not the router's.
    for (const match of own) expect(holds(`${rules}expect ${match} reject`), match).toBe(true);
    expect(holds(`${rules}expect local udp 67 reject`)).toBe(true);
    expect(holds(`${rules}expect to not 10.0.0.0/8 reject`)).toBe(true);
    expect(holds(`${rules}expect to 224.0.0.0-255.255.255.255 reject`)).toBe(true);
  });

  it('asks the rules of the router itself, which leave other marks alone', () => {
    const rules = 'route ipv4 via cable\nroute ipv4 local tcp 80 via dsl\n';
    expect(holds(`${rules}expect ipv4 local tcp 80 via dsl`)).toBe(true);
    expect(holds(`${rules}expect ipv4 local tcp 80 mark 0x1 main`)).toBe(true);
    expect(holds(`${rules}expect ipv4 local mark 0 tcp 80 via dsl`)).toBe(true);
    expect(holds(`${rules}expect ipv4 local mark 0/0xff tcp 80 via dsl`)).toBe(false);
  });

  it('wants exactly the uplinks that are possible', () => {
    const rules = 'route ipv4 tcp via balance cable 3, dsl 1\n';
    expect(holds(`${rules}expect ipv4 tcp via dsl, cable`)).toBe(true);
    expect(holds(`${rules}expect ipv4 tcp via cable`)).toBe(false);
    expect(holds(`${rules}expect ipv4 tcp via cable, dsl, lte`)).toBe(false);
    expect(holds(`${rules}expect ipv4 tcp while dsl down via cable`)).toBe(true);
    expect(holds(`${rules}expect ipv4 tcp while dsl, cable unreachable`)).toBe(true);
  });

  it('compares the NAT where one is named', () => {
    const rules = 'route ipv4 tcp 80 via dsl\nroute ipv4 tcp 81 via dsl snat 192.0.2.8-192.0.2.9\n';
    expect(holds(`${rules}expect ipv4 tcp 80 via dsl snat 192.0.2.2`)).toBe(true);
    expect(holds(`${rules}expect ipv4 tcp 80 via dsl snat 192.0.2.3`)).toBe(false);
    expect(holds(`${rules}expect ipv4 tcp 80 via dsl masquerade`)).toBe(false);
    expect(holds(`${rules}expect ipv4 tcp 81 via dsl snat 192.0.2.9, 192.0.2.8`)).toBe(true);
    expect(holds('route ipv4 via lte\nexpect ipv4 via lte nonat')).toBe(true);
  });

  it.each(['main', 'drop', 'reject'])('knows what becomes of it when none is up: %s', (end) => {
    const rules = `route ipv4 via dsl else cable else ${end}\n`;
    expect(holds(`${rules}expect ipv4 while dsl, cable ${end}`)).toBe(true);
    expect(holds(`${rules}expect ipv4 while dsl via cable`)).toBe(true);
    expect(holds(`${rules}expect ipv4 ${end}`)).toBe(false);
  });

  it('says so where no packet is like that, or where there is too much to look at', () => {
    const rules = 'route ipv4 via dsl\n';
    expect(judged(`set none from "none"\n${rules}expect from @none via dsl`)).toEqual(['void']);
    // Each rule parts what the earlier ones left in two.
    const many = Array.from({ length: 2100 }, (_, index) => {
      return `route host 10.0.${index >> 8}.${index & 255} tcp ${index + 1} via dsl`;
    });
    expect(judged(`${many.join('\n')}\nroute ipv4 via dsl\nexpect ipv4 via dsl`)).toEqual(['open']);
  });
});
