import { describe, expect, it } from 'vitest';
import { serviceNames, servicePort } from './services.ts';

describe('servicePort', () => {
  it.each([
    ['ftp', 21],
    ['ssh', 22],
    ['telnet', 23],
    ['smtp', 25],
    ['domain', 53],
    ['bootps', 67],
    ['bootpc', 68],
    ['tftp', 69],
    ['http', 80],
    ['kerberos', 88],
    ['pop3', 110],
    ['nntp', 119],
    ['ntp', 123],
    ['imap', 143],
    ['snmp', 161],
    ['bgp', 179],
    ['ldap', 389],
    ['https', 443],
    ['isakmp', 500],
    ['syslog', 514],
    ['rtsp', 554],
    ['submission', 587],
    ['ipp', 631],
    ['ldaps', 636],
    ['rsync', 873],
    ['imaps', 993],
    ['pop3s', 995],
    ['openvpn', 1194],
    ['mqtt', 1883],
    ['nfs', 2049],
    ['mysql', 3306],
    ['ms-wbt-server', 3389],
    ['stun', 3478],
    ['ipsec-nat-t', 4500],
    ['sip', 5060],
    ['sips', 5061],
    ['xmpp-client', 5222],
    ['postgresql', 5432],
    ['redis', 6379],
    ['git', 9418],
  ])('knows %s as %i', (name, port) => {
    expect(servicePort(name)).toBe(port);
  });

  it('knows every name of a port that has several', () => {
    for (const name of ['http', 'www', 'www-http']) expect(servicePort(name)).toBe(80);
  });

  it('takes the tcp port where the protocols differ', () => {
    // raid-am: 2007/udp, 2013/tcp
    expect(servicePort('raid-am')).toBe(2013);
  });

  it('takes the port that the name is known for where there are several', () => {
    expect(servicePort('http-alt')).toBe(8080);
    expect(servicePort('x11')).toBe(6000);
  });

  it('knows no other spelling, and nothing that IANA has not', () => {
    for (const name of ['HTTPS', ' https', 'htps', '', '443', 'rdp', 'wireguard', 'constructor']) {
      expect(servicePort(name)).toBeUndefined();
    }
  });
});

describe('serviceNames', () => {
  it('lists each name once, the lowest port first, each with a port', () => {
    const names = serviceNames();
    expect(names.length).toBeGreaterThan(6000);
    expect(new Set(names).size).toBe(names.length);
    const ports = names.map((name) => servicePort(name) ?? 0);
    expect(ports.every((port, index) => index === 0 || port >= (ports[index - 1] ?? 0))).toBe(true);
    const wrong = names.filter((name) => {
      const port = servicePort(name);
      return port === undefined || !Number.isInteger(port) || port < 1 || port > 65535;
    });
    expect(wrong).toEqual([]);
  });

  it('lists well-formed names only', () => {
    expect(serviceNames().filter((name) => !/^[a-z0-9](?:-?[a-z0-9])*$/.test(name))).toEqual([]);
    expect(serviceNames().filter((name) => !/[a-z]/.test(name))).toEqual([]);
  });
});
