import { afterEach, describe, expect, it, vi } from 'vitest';
import { load } from './load.ts';
import { type Network, withNetwork } from './network.ts';
import type { NetworkPlan } from './network-plan.ts';
import { runPackets } from './packets.ts';
import { makePlace, ROUTEC } from './place.ts';
import { readPackets } from './read-packets.ts';
import { makeCgroup } from './start-program.ts';
import { RULESETS, withCompiled } from './with-compiled.ts';

const PLAN: NetworkPlan = {
  lans: [{ device: 'lan0', addresses: ['192.168.0.1/24'], hosts: ['192.168.0.10'] }],
  uplinks: {
    eth2: { addresses: ['198.51.100.2/24'], gateways: ['198.51.100.1'] },
    eth3: { addresses: ['192.0.2.2/24'], gateways: ['192.0.2.1'] },
  },
  main: 'eth2',
};
const UPLINKS = `
uplink cable dev eth2 gateway 198.51.100.1 address 198.51.100.2/24 masquerade
uplink dsl dev eth3 gateway 192.0.2.1 address 192.0.2.2/24 masquerade
`;

async function send(network: Network, steps: readonly unknown[]): Promise<void> {
  const packets = readPackets(JSON.stringify({ network: PLAN, steps: [{ together: steps }] }));
  const nothing = { folder: '', base: '', names: new Set<string>(), uplinks: [] };
  expect(await runPackets(network, { ...nothing, backend: 'nft' }, packets.steps)).toEqual([]);
}

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/** A time that begins and ends so many minutes from now, on the day that it begins on or days later. */
function time(from: number, to: number, later = 0): string {
  const [begin, end] = [from, to].map((minutes) => new Date(Date.now() + minutes * 60_000)) as [
    Date,
    Date,
  ];
  const clock = (date: Date): string => date.toISOString().slice(11, 16);
  return `time ${clock(begin)}-${clock(end)} ${DAYS[(begin.getUTCDay() + later) % 7]}`;
}

describe.each(RULESETS)('$by', ({ backend, iptables }) => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it.each(['Pacific/Auckland', 'America/Los_Angeles'])(
    'takes times for UTC where it is loaded in %s',
    async (zone) => {
      const rules = [
        [time(-30, 30), true],
        // Over midnight at some time of the day or another.
        [time(-690, 690), true],
        [time(-690, 690, 3), false],
        [time(30, 60), false],
        [time(-60, -30), false],
        [time(-30, 30).replace('time', 'time not'), false],
        [time(-30, 30, 3).replace('time', 'time not'), true],
        [`${time(-30, 30)},${DAYS[new Date().getUTCDay()]}-sat`, true],
      ] as const;
      const text = rules.map(([match], at) => `route ipv4 ${match} tcp ${1000 + at} via dsl`);
      vi.stubEnv('TZ', zone);
      await withNetwork(PLAN, async (network) => {
        await withCompiled(`${UPLINKS}${text.join('\n')}\n`, backend, (files) =>
          load(network.router, files, undefined, iptables),
        );
        await send(
          network,
          rules.map(([, fits], at) => ({
            tcp: `192.168.0.10 -> 203.0.113.80:${1000 + at}`,
            leaves: fits ? 'eth3' : 'eth2',
          })),
        );
      });
    },
  );

  it('knows a cgroup and what is below it, and one that is made anew when it is told', async () => {
    const cgroup = `routec-${process.pid}`;
    const text = [
      `route ipv4 local cgroup "${cgroup}" tcp 1000 via dsl`,
      `route ipv4 local cgroup not "${cgroup}" tcp 1001 via dsl`,
      `route ipv4 local cgroup "${cgroup}/below" tcp 1002 via dsl`,
      `route ipv4 local cgroup "${cgroup}" user www-data tcp 1003 via dsl`,
    ];
    const packets = (program: object, ways: readonly string[]): unknown[] =>
      ways.map((leaves, at) => ({
        'local tcp': `-> 203.0.113.80:${1000 + at}`,
        ...program,
        leaves,
      }));
    const [yes, no] = ['eth3', 'eth2'];
    const inside = packets({ cgroup }, [yes, no, no, no]);
    const below = packets({ cgroup: `${cgroup}/below` }, [yes, no, yes, no]);
    const outside = packets({}, [no, yes, no, no]);
    const both = packets({ cgroup, user: 'www-data' }, [yes, no, no, yes]);
    await withNetwork(PLAN, async (network) => {
      await withCompiled(`${UPLINKS}${text.join('\n')}\n`, backend, async (files) => {
        const made = [makeCgroup(cgroup), makeCgroup(`${cgroup}/below`)];
        const remove = (): void => {
          for (const take of made.splice(0).reverse()) take();
        };
        try {
          await load(network.router, files, undefined, iptables);
          await send(network, [...inside, ...below, ...outside, ...both]);
          remove();
          made.push(makeCgroup(cgroup), makeCgroup(`${cgroup}/below`));
          await load(network.router, files, files, iptables);
          await send(network, [...inside, ...below, ...outside]);
        } finally {
          remove();
        }
      });
    });
  });
});

// nft 1.0.6 lists hours of the router's zone that it does not read again, where that is behind UTC.
it.each(['apply', 'policy.load.sh'])(
  '%s reads back the times that it loaded, wherever the router is',
  { timeout: 60_000 },
  (loader) =>
    withNetwork(PLAN, async (network) => {
      const place = makePlace();
      try {
        const there = [
          ...['unshare', '--mount', 'sh', '-ec', 'mount --bind "$0" /etc/localtime; exec "$@"'],
          '/usr/share/zoneinfo/America/Los_Angeles',
        ];
        for (const hours of ['22:00-06:00', '21:00-06:00']) {
          const lines = [...UPLINKS.trim().split('\n'), `route ipv4 time ${hours} mon-fri via dsl`];
          const script = await place.compiled(lines);
          const command =
            loader === 'apply'
              ? [process.execPath, ROUTEC, 'apply', place.policy(lines), '--yes']
              : ['sh', script, 'reload'];
          expect(await place.run(network, [...there, ...command])).toMatchObject({ exitCode: 0 });
        }
        const { stdout } = await place.run(
          network,
          ['nft', 'list', 'chain', 'inet', 'routec', 'choose_ip'],
          { TZ: 'UTC0' },
        );
        expect(stdout).toMatch(/meta hour "21:00"-"23:59:59" .*\n.*meta hour "00:00"-"05:59:59" /);
      } finally {
        place.remove();
      }
    }),
);
