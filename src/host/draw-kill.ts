import type { Program } from '../model/program.ts';
import { formatAddress } from '../net/address.ts';
import { partOf } from '../plan/canonical-line.ts';
import { type Connection, parseConnection } from '../plan/connection.ts';
import { elsewhere } from '../plan/elsewhere.ts';
import { killSteps } from '../plan/kill-step.ts';
import { mainRoutes } from '../plan/main-routes.ts';
import type { State } from '../plan/state.ts';
import type { Step } from '../plan/step.ts';
import { readDevices } from './devices.ts';
import { kernelFamilies } from './live-state.ts';
import { thisMachine } from './machine.ts';
import { run } from './run.ts';

/**
 * What deletes the open connections that a policy would send elsewhere if they began now; or those that a saved plan
 * names.
 *
 * @param state what is to be live: an uplink is up if its choice has a route, and its link a carrier
 */
export function drawKill(
  kill: Program | Step | undefined,
  state: State,
):
  | { readonly steps: readonly Step[]; readonly leftOut: readonly string[] }
  | { readonly refused: string } {
  if (kill === undefined) return { steps: [], leftOut: [] };
  if ('run' in kill) return { steps: [kill], leftOut: [] };
  const connections = readConnections();
  if ('refused' in connections) return connections;
  const devices = readDevices();
  if ('refused' in devices) return devices;
  const lost = new Set(
    devices.value.filter(({ flags }) => flags.includes('NO-CARRIER')).map(({ name }) => name),
  );
  const choices = new Map(kill.uplinks.map(({ name, choiceTable }) => [name, choiceTable]));
  const machine = thisMachine();
  const tables = [...machine.routes('local'), ...machine.routes('main')];
  const own = new Set(machine.addresses().map(({ address }) => address));
  const [unread] = machine.unread();
  if (unread !== undefined) return { refused: unread };
  const ofFamily = (family: 4 | 6) => tables.filter((route) => route.family === family);
  const { moved, untold } = elsewhere(kill, connections.value, {
    up: {
      has: (name, family) =>
        state.routes[family].some(
          (line) =>
            line.startsWith('default ') &&
            partOf(line, 'table') === String(choices.get(name)) &&
            !lost.has(partOf(line, 'dev') ?? ''),
        ),
    },
    main: mainRoutes(
      { 4: ofFamily(4), 6: ofFamily(6) },
      new Set(kill.uplinks.map(({ device }) => device)),
    ),
    isOwn: (address) => own.has(formatAddress(address)),
    minute: minuteOf(new Date()),
  });
  const leftAlone = `open connections of which nobody knows any more by what device they came, or who sent them: ${untold}`;
  return {
    steps: killSteps(moved, connections.value, kill.marking.mask),
    leftOut: untold === 0 ? [] : [leftAlone],
  };
}

function readConnections():
  | { readonly value: readonly Connection[] }
  | { readonly refused: string } {
  const value: Connection[] = [];
  for (const family of kernelFamilies()) {
    const ran = run({ argv: ['conntrack', '-L', '-f', `ipv${family}`] });
    if ('refused' in ran) return ran;
    value.push(...ran.stdout.split('\n').flatMap((line) => parseConnection(line) ?? []));
  }
  return { value };
}

/** In UTC, since Monday 00:00. */
const minuteOf = (time: Date): number =>
  (((time.getUTCDay() + 6) % 7) * 24 + time.getUTCHours()) * 60 + time.getUTCMinutes();
