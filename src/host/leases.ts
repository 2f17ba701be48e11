import { join } from 'node:path';
import * as v from 'valibot';
import { FAMILIES, type Family, formatAddress, scanHostAddress } from '../net/address.ts';
import { isFault } from '../net/fault.ts';
import type { UplinkLines } from '../plan/read-artefacts.ts';
import { type Lease, type Leases, leaseKey } from '../plan/wanted.ts';
import { json, Routes } from './live-state.ts';
import { readFile } from './read-file.ts';
import { RUN_FOLDER } from './records.ts';
import { run } from './run.ts';

const Addresses = v.array(
  v.looseObject({
    addr_info: v.optional(v.array(v.looseObject({ local: v.optional(v.string()) }))),
  }),
);

/**
 * What devices have by a lease or a router advertisement, where their uplinks wait for that. The gateway is what
 * the link hooks kept, or else what main has for the device and no other uplink there: what a DHCP server says is an
 * address, or nothing.
 */
export function readLeases(uplinks: readonly UplinkLines[]): Leases {
  return new Map(
    uplinks.flatMap(({ device, leased, own }) =>
      FAMILIES.filter((family) => leased[family].length + own.rules[family].length > 0).map(
        (family): [string, Lease] => [
          leaseKey(device, family),
          leaseOf(device, family, gatewaysOn(uplinks, device, family)),
        ],
      ),
    ),
  );
}

/** Those that the policy names itself, for other uplinks of the device. */
function gatewaysOn(uplinks: readonly UplinkLines[], device: string, family: Family): Set<string> {
  const routes = uplinks
    .filter((each) => each.device === device)
    .flatMap((each) => each.routes[family]);
  return new Set(routes.flatMap((route) => /\bdefault via (\S+) /.exec(route)?.[1] ?? []));
}

function leaseOf(device: string, family: Family, taken: ReadonlySet<string>): Lease {
  const ip = <T extends v.GenericSchema>(words: readonly string[], schema: T) =>
    json(run({ argv: ['ip', `-${family}`, '-j', ...words, 'dev', device] }), schema);
  // An absent device has no routes and no addresses.
  const found = ip(['route', 'show', 'table', 'main'], Routes);
  const routes = 'value' in found ? found.value : [];
  const shown = ip(['addr', 'show', 'scope', 'global'], Addresses);
  const addresses = 'value' in shown ? shown.value : [];
  const file = readFile(join(RUN_FOLDER, `${device}.${family}`));
  const said =
    'refused' in file
      ? routes.find(({ dst, gateway: via = '' }) => dst === 'default' && !taken.has(via))?.gateway
      : new TextDecoder().decode(file.bytes).trim();
  const gateway = scanHostAddress(said ?? '');
  return {
    ...(isFault(gateway) || gateway.value.family !== family
      ? {}
      : { gateway: formatAddress(gateway.value) }),
    addresses: addresses.flatMap(({ addr_info: all = [] }) =>
      all.flatMap(({ local }) => local ?? []),
    ),
    networks: [
      ...new Set(
        routes
          .filter(({ dst, gateway: via }) => via === undefined && ON_WIRE.test(dst))
          .map(({ dst }) => dst),
      ),
    ],
  };
}

/** A network, and none of the addresses that each device has of its own. */
const ON_WIRE = /^(?!fe80:)[0-9a-f.:]+\/\d+$/;
