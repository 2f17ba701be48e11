// What reloads do to traffic: 60,000 packets a second, one in seven of them the first of a connection, pass a
// router while policies follow one another on it. Rules come, move and go, and so do an uplink and the shapes
// of look-ups. Frames go out by sendmmsg from packet sockets in network namespaces, and are counted by kind
// where they arrive: a packet is misrouted that left as neither the policy before nor the one after says.
import { openSource } from '../scripts/open-source.mjs';

const RATE = 60_000;

/** What reloads, and how often for one `routec apply`. */
const WAYS = [
  { way: 'nothing', says: 'no reload at all', share: 0.2 },
  { way: 'apply', says: '`routec apply`', share: 1 },
  { way: 'script', says: '`policy.load.sh reload`', share: 0.1 },
  { way: 'refill', says: 'the same ruleset anew, by `nft -f` or by `iptables-restore`', share: 1 },
  {
    way: 'hand',
    says: 'by hand: old rules and routes away, new ones, then the ruleset',
    share: 0.2,
  },
];

/** Prints a table. */
export async function reload({ reloads, by, seconds, backend }) {
  const source = await openSource();
  const { withStormRouter } = await source.load('src/lab/storm-reloads.ts');
  const { storm } = await source.load('src/lab/storm.ts');
  console.log(
    '| reloaded by | reloads | s | packets/s | packets | connections begun | lost | misrouted |',
  );
  console.log('|---|---:|---:|---:|---:|---:|---:|---:|');
  const findings = [];
  try {
    await withStormRouter(backend, async ({ network, ways }) => {
      const those = WAYS.filter(({ way }) => way === (by ?? way));
      for (const { way, says, share } of those) {
        const often = by === undefined ? Math.ceil((reloads * share) / 4) * 4 : reloads;
        await ways.apply.reload(0, 0);
        const its = await storm(network, RATE, { reloads: often, seconds }, ways[way]);
        console.log(row(says, its));
        findings.push(...its.findings.map((each) => `- ${says}: ${each}`));
        if (its.overflowed > 0) {
          findings.push(`- ${says}: ${its.overflowed} of the lost found a processor's queue full`);
        }
      }
    });
  } finally {
    await source.close();
  }
  console.log(['', ...findings].join('\n'));
}

function row(says, { reloads, seconds, sent, begun, lost, misrouted }) {
  const numbers = [
    reloads,
    seconds.toFixed(0),
    Math.round(sent / seconds),
    sent,
    begun,
    lost,
    misrouted,
  ];
  return `| ${says} | ${numbers.map((each) => each.toLocaleString('en')).join(' | ')} |`;
}
