import { describe, expect, it } from 'vitest';
import { fileNameOf } from '../model/file-name.ts';
import { load, unload } from './load.ts';
import { type Network, withNetwork } from './network.ts';
import { state } from './state.ts';
import { RULESETS, withCompiled } from './with-compiled.ts';

/** What a policy may be called by; each tame name stands where the hostile one does. */
const DEVICES = {
  eth0: 'd;{}$(x)|&<>,',
  eth1: '-rf@a.b_c-d',
  eth2: '{{{x}}}',
  eth3: '`id`!~^+.$',
  eth4: 'flush',
  eth5: 'x;y{}',
};
const UPLINKS = {
  up0: '"};flush_ruleset;{"',
  up1: "a'b#\\",
  up2: '{{#each x}}'.replace(' ', '_'),
  up3: '--flush',
};
const SETS = { set0: 'delete', set1: 'delete-table', set2: 'COMMIT', set3: 'add_-' };
/** In comments, behind statements and inside of one, of which nothing may come through. */
const COMMENTS = {
  one: '"; flush ruleset; " } } table ip x { chain y { # \\',
  two: '{{x}} {{{y}}} {{#each z}} {{/each}} %n%s $(id) `id` \\n \\',
  three: 'COMMIT -A INPUT -j ACCEPT \u00fc \u2744 \u5b57 \' " \\"',
};

type Names = Readonly<Record<string, string>>;
const TAME: Names = Object.fromEntries(
  Object.keys({ ...DEVICES, ...UPLINKS, ...SETS, ...COMMENTS }).map((name) => [name, name]),
);
const HOSTILE: Names = { ...DEVICES, ...UPLINKS, ...SETS, ...COMMENTS };

/** Every place where an artefact has such a name, and a comment behind each line. */
function policy(names: Names): string {
  const text = (name: string): string =>
    `"${(names[name] as string).replace(/["\\]/g, (each) => `\\${each}`)}"`;
  const gateways = 'gateway 192.0.2.1, 2001:db8:b::1 address 192.0.2.2/24, 2001:db8:b::2/64';
  const lines = [
    `uplink ${text('up0')} dev ${text('eth0')} ${gateways} masquerade mtu-clamp`,
    `uplink ${text('up1')} dev ${text('eth1')} gateway 198.51.100.1 snat 198.51.100.2`,
    `uplink ${text('up2')} dev ${text('eth2')} gateway 203.0.113.1 masquerade`,
    `uplink ${text('up3')} dev ${text('eth3')}`,
    `set ${names.set0} = 10.0.0.1, 10.1.0.0/16, fd00::/64`,
    `set ${names.set1} = 80, 443`,
    `set ${names.set2} = 00:00:5e:00:53:01`,
    `set ${names.set3} domains www.example.com`,
    `route in ${text('eth4')}, ${text('eth5')} from @${names.set0} tcp @${names.set1} via ${text('up0')}`,
    `route in ${text('eth5')} mac @${names.set2} via ${text('up1')} else ${text('up2')} else drop`,
    `route in ${text('eth0')} udp 53 via ${text('up3')}`,
    `route ipv4 to @${names.set3} via balance ${text('up2')} 2, ${text('up1')} 1`,
    `route tcp { 22, # ${names.two}\n  23 # ${names.one}\n\n} via ${text('up2')}`,
    `route ipv4 local user 1000 via ${text('eth1')}`,
    `forward tcp 8443 on ${text('up0')}, ${text('up1')} to 192.168.0.10:443`,
    `route via ${text('up3')} else ${text('up0')} else reject`,
  ];
  const comments = ['one', 'two', 'three'];
  // A backslash that ends a comment joins no line to it where a blank one follows.
  return lines.map((line, at) => `${line} # ${names[comments[at % 3] as string]}\n\n`).join('');
}

/** The names of those that the kernel shows; sets of a policy are called by what is in them. */
const SHOWN = ['set3', ...Object.keys(DEVICES), ...Object.keys(UPLINKS)];

/** What is loaded, in no order, by its tame names. */
function pieces(shown: Readonly<Record<string, string>>, names: Names): string[] {
  const back = SHOWN.map((tame) => {
    const name = names[tame] as string;
    return [tame in UPLINKS ? fileNameOf(name) : name, tame] as const;
  }).sort(([a], [b]) => b.length - a.length);
  return Object.entries(shown)
    .flatMap(([command, text]) =>
      back
        .reduce((all, [name, tame]) => all.replaceAll(name, tame), text)
        // What a set of ipset draws for itself, and what a rule is called by: its text.
        .replace(/ initval \S+| -m comment --comment \S+/g, '')
        .split(/,?\n|, |\{ | \}/)
        .map((piece) => `${command}: ${piece.trim()}`),
    )
    .sort();
}

async function addDevices({ router }: Network, names: Names): Promise<void> {
  for (const [at, device] of Object.keys(DEVICES).entries()) {
    const dev = names[device] as string;
    const peer = ['type', 'veth', 'peer', 'name', `peer${at}`];
    await router.run('ip', ['link', 'add', 'name', dev, ...peer]);
    for (const each of [dev, `peer${at}`]) {
      await router.run('ip', ['link', 'set', 'dev', each, 'up', 'addrgenmode', 'none']);
    }
  }
}

describe('names and comments that mean something to a tool', () => {
  it.each(RULESETS)('are loaded as any others: $by', async ({ backend, iptables }) => {
    const seen: string[][][] = [];
    for (const names of [TAME, HOSTILE]) {
      await withCompiled(policy(names), backend, (files) =>
        withNetwork({ lans: [], uplinks: {} }, async (network) => {
          const { router } = network;
          await addDevices(network, names);
          await load(router, files, undefined, iptables);
          const once = await state(router);
          await load(router, files, files, iptables);
          expect(await state(router)).toEqual(once);
          await unload(router, files, iptables);
          const gone = await state(router);
          seen.push([once, gone].map((shown) => pieces(shown, names)));
        }),
      );
    }
    const [tame, hostile] = seen;
    expect(tame?.[0]?.length).toBeGreaterThan(100 + (tame?.[1]?.length ?? 0));
    expect(hostile).toEqual(tame);
  });
});
