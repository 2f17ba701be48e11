import { render } from '../../../templates/batch.hbs';
import { fileNameOf } from '../../model/file-name.ts';
import { LAYOUT } from '../../model/layout.ts';
import { slotMark } from '../../model/marking.ts';
import type { Program, Slot, Uplink } from '../../model/program.ts';
import { isShared, realmOf } from '../../model/sharers.ts';
import { FAMILIES, type Family } from '../../net/address.ts';
import { formatMark } from '../../net/mark.ts';
import type { Artefact } from '../artefact.ts';
import { comment } from '../comment.ts';

/** The highest metric; `ip -6 route flush` takes an unreachable route of it for the kernel's own. */
const LAST_METRIC = 4294967295;

/** A `goto` is one rule more to be asked, and dearer than others: as many as these are dearer still. */
const WORTH_A_GOTO = 12;

/** The `ip -batch` files of a program: guard, rules, each uplink's routes, and the way back down. */
export function emitIproute(program: Program, base: string): Artefact[] {
  return FAMILIES.flatMap((family) => {
    const end = family === 4 ? '' : '6';
    const load = `ip ${family === 4 ? '' : '-6 '}-batch`;
    const file = (
      suffix: string,
      about: string,
      lines: readonly string[],
      command = (name: string): string => `${load} ${name}`,
    ): Artefact => {
      const title = [`routec, ${base}.route: ${about}`, command(`${base}.${suffix}${end}`)];
      return {
        suffix: `${suffix}${end}`,
        text: lines.length === 0 ? '' : render({ title, lines }),
      };
    };
    return [
      file(
        'guard.ip',
        'the guard; once, before all else, and never taken away by a reload',
        guard(program),
      ),
      file('guard.down.ip', 'takes the guard away; last', guardDown(program)),
      file(
        'ip',
        'the rules; after `down`, where an older policy is loaded',
        rules(program, family),
      ),
      file('down.ip', "takes the rules away; after the uplinks'", rulesDown(program, family)),
      ...program.uplinks.flatMap((uplink) => {
        const name = `uplink.${fileNameOf(uplink.name)}`;
        return [
          file(
            `${name}.ip`,
            'its routes; when its device is up, and again after a flap',
            routes(program, uplink, family),
          ),
          file(
            `${name}.dhcp`,
            'the routes that wait for the address of a gateway',
            leasedRoutes(program, uplink, family),
            (path) => `sed s/@GATEWAY@/ADDRESS/ ${path} | ${load} -`,
          ),
          file(
            `${name}.own`,
            'what waits for the addresses and networks of its device; each line once for each of these',
            leasedOwn(program, uplink, family),
            (path) => `sed 's/@ADDRESS@/ADDRESS/; s/@NETWORK@/NETWORK/' ${path} | ${load} -`,
          ),
          file(`${name}.down.ip`, 'takes its routes away', routesDown(program, uplink, family)),
        ];
      }),
    ];
  });
}

const source = ({ text }: Uplink): string[] => (text === '' ? [] : [`# ${comment(text)}`]);

function guard({ priority, protocol, marking }: Program): string[] {
  const own = protocol + 1;
  const refusal = priority + LAYOUT.refusalTable;
  // `not` turns a whole rule round, so `iif lo` can't stand in one with it.
  const marked = `not fwmark 0/${formatMark(marking.mask)}`;
  return [
    '# what is marked and finds no route goes nowhere, in the middle of a reload too',
    `rule add pref ${priority + LAYOUT.guard} ${marked} unreachable protocol ${own}`,
    '# but what the router itself sends comes back by lo, where the ruleset answers it',
    `route replace local default dev lo table ${refusal} metric ${LAST_METRIC} proto ${own}`,
    `rule add pref ${priority + LAYOUT.guardLocal} ${marked} lookup ${refusal} protocol ${own}`,
    `rule add pref ${priority + LAYOUT.guardSkip} not iif lo goto ${priority + LAYOUT.guard} protocol ${own}`,
    "# without main's default, packets would be refused before a mark could send them elsewhere",
    `rule add pref ${LAYOUT.lastResort} lookup ${priority} protocol ${own}`,
    `route replace default dev lo table ${priority} metric ${LAST_METRIC} proto ${own}`,
  ];
}

function guardDown({ priority, protocol }: Program): string[] {
  const own = protocol + 1;
  const tables = [priority, priority + LAYOUT.refusalTable];
  return [
    `rule flush protocol ${own}`,
    ...tables.map((table) => `route flush table ${table} proto ${own}`),
  ];
}

/** Main's own routes but for its defaults (a static 2000::/3 is one) and what leaves by an uplink. */
function mainFirst({ group }: Program, family: Family): string {
  return `lookup main suppress_prefixlength ${family === 4 ? 1 : 3} suppress_ifgroup ${group}`;
}

function rules(program: Program, family: Family): string[] {
  const { priority, protocol, marking, slots } = program;
  const mask = formatMark(marking.mask);
  const main = mainFirst(program, family);
  const out: string[] = [];
  const add = (offset: number, text: string): void => {
    out.push(`rule add pref ${priority + offset} ${text} protocol ${protocol}`);
  };
  add(0, `not fwmark 0/${mask} ${main}`);
  const slotRules = slots.map((slot) => ({
    about: `# ${comment(slot.key)}`,
    lines: slotActions(slot, family, priority).map(
      ({ pref, action }) =>
        `rule add pref ${pref} fwmark ${formatMark(slotMark(marking.mask, slot.number))}/${mask} ${action} protocol ${protocol}`,
    ),
  }));
  // What is unmarked fits no slot: answers, and sources when the way back is looked up.
  if (slotRules.flatMap(({ lines }) => lines).length >= WORTH_A_GOTO) {
    add(0, `fwmark 0/${mask} goto ${priority + LAYOUT.localReject}`);
  }
  for (const { about, lines } of slotRules) if (lines.length > 0) out.push(about, ...lines);
  // The router's own packets go the guard's way, or their TCP would hang.
  const [reject, drop] = [marking.reject, marking.drop].map((mark) => formatMark(mark));
  const refused = `iif lo lookup ${priority + LAYOUT.refusalTable}`;
  add(LAYOUT.localReject, `fwmark ${reject}/${mask} ${refused}`);
  add(LAYOUT.localDrop, `fwmark ${drop}/${mask} ${refused}`);
  add(LAYOUT.reject, `fwmark ${reject}/${mask} prohibit`);
  add(LAYOUT.drop, `fwmark ${drop}/${mask} blackhole`);
  out.push(...ownRules(program, family).flatMap(({ open, lines }) => (open ? [] : lines)));
  // Main is remembered by the connection alone; but others restore whole marks.
  add(LAYOUT.main, `fwmark ${formatMark(marking.main)}/${mask} lookup main`);
  for (const uplink of withOwn(program, family)) {
    out.push(
      `route replace unreachable default metric ${LAST_METRIC - 1} table ${uplink.ownTable} proto ${protocol}`,
    );
  }
  return out;
}

/**
 * Sockets bound to an uplink's address: only what the router itself sends (`iif lo`), and only what no rule
 * has chosen for, or it would slip past a dead uplink to the one of its source address. Two rules each, in
 * the order of the uplinks; what only a lease says is open.
 */
function ownRules(
  program: Program,
  family: Family,
): { readonly uplink: Uplink; readonly open: boolean; readonly lines: readonly string[] }[] {
  const { priority, protocol, marking, uplinks } = program;
  let pref = priority + LAYOUT.ownRules;
  return uplinks.flatMap((uplink) => {
    const open = isOwnOpen(program, uplink, family);
    const own = uplink.own.filter((each) => each.family === family).map(({ prefix }) => prefix);
    return (open ? ['@ADDRESS@'] : own).map((prefix) => {
      const from = `from ${prefix} iif lo fwmark 0/${formatMark(marking.mask)}`;
      const lines = [
        `rule add pref ${pref} ${from} ${mainFirst(program, family)} protocol ${protocol}`,
        `rule add pref ${pref + 1} ${from} lookup ${uplink.ownTable} protocol ${protocol}`,
      ];
      pref += 2;
      return { uplink, open, lines };
    });
  });
}

/** Whether only a lease says what its own addresses are; on a device of several they may be another's. */
function isOwnOpen({ uplinks }: Program, uplink: Uplink, family: Family): boolean {
  return (
    uplink.ways[family]?.kind === 'lease' &&
    uplink.own.every((each) => each.family !== family) &&
    !isShared(uplinks, uplink, family)
  );
}

/** Uplinks whose own table must end somewhere: their bound sockets must not go on to main. */
function withOwn(program: Program, family: Family): readonly Uplink[] {
  return [...new Set(ownRules(program, family).map(({ uplink }) => uplink))];
}

/** What only the addresses and networks can complete that a lease gave the device. */
function leasedOwn(program: Program, uplink: Uplink, family: Family): string[] {
  const its = ownRules(program, family).filter((each) => each.open && each.uplink === uplink);
  if (its.length === 0) return [];
  const { device, choiceTable, ownTable } = uplink;
  return [
    ...source(uplink),
    ...its.flatMap(({ lines }) => lines),
    ...[choiceTable, ownTable].map(
      (table) => `route replace @NETWORK@ dev ${device} table ${table} proto ${program.protocol}`,
    ),
  ];
}

function rulesDown(program: Program, family: Family): string[] {
  return [
    `rule flush protocol ${program.protocol}`,
    ...withOwn(program, family).map(
      ({ ownTable }) => `route flush table ${ownTable} proto ${program.protocol}`,
    ),
  ];
}

/** What is done with a slot's packets, in order; an uplink without a way in this family is left out. */
function slotActions(
  slot: Slot,
  family: Family,
  priority: number,
): { pref: number; action: string }[] {
  // Its packets carry the slot of where they go.
  if (slot.kind === 'transit') return [];
  const tiers = slot.kind === 'ordering' ? slot.tiers : [slot];
  const actions = tiers.map(({ kind, uplink }) => {
    const table = kind === 'chosen' ? uplink.choiceTable : uplink.ownTable;
    return uplink.ways[family] === undefined ? undefined : `lookup ${table}`;
  });
  if (slot.kind === 'ordering') {
    if (slot.end === 'main') actions.push('lookup main');
    if (slot.end === 'drop' || slot.end === 'reject') {
      actions.push(
        `iif lo lookup ${priority + LAYOUT.refusalTable}`,
        slot.end === 'drop' ? 'blackhole' : 'prohibit',
      );
    }
  }
  return actions.flatMap((action, index) => {
    const pref = slot.priorities[index];
    return action === undefined || pref === undefined ? [] : [{ pref, action }];
  });
}

function routes(program: Program, uplink: Uplink, family: Family): string[] {
  const { protocol, group } = program;
  const { device, ways, networks, choiceTable, ownTable } = uplink;
  const way = ways[family];
  if (family === 6 && way === undefined) return [];
  const out = source(uplink);
  // The group is the device's, not a family's: it is set with the IPv4 routes.
  if (family === 4) out.push(`link set dev ${device} group ${group}`);
  if (way === undefined) return out;
  for (const table of [choiceTable, ownTable]) {
    for (const network of networks.filter((each) => each.family === family)) {
      out.push(
        `route replace ${network.prefix} dev ${device}${realm(program, uplink, family)} table ${table} proto ${protocol}`,
      );
    }
    if (way.kind === 'lease') continue;
    const via = way.kind === 'gateway' ? through(way.gateway, device) : `dev ${device}`;
    out.push(
      `route replace default ${via}${realm(program, uplink, family)} table ${table} proto ${protocol}`,
    );
  }
  if (way.kind === 'lease') {
    out.push(`# its default routes wait for a gateway's address, in a file of their own: .dhcp`);
  }
  return out;
}

/** What tells iptables the routes of uplinks on one device apart; IPv6 has no such thing. */
function realm({ uplinks, priority }: Program, uplink: Uplink, family: Family): string {
  if (family === 6 || !isShared(uplinks, uplink, family)) return '';
  return ` realm ${realmOf(priority, uplink)}`;
}

/** `onlink`: otherwise a line fails, and the batch stops, while the device has no address yet. */
const through = (gateway: string, device: string): string => `via ${gateway} dev ${device} onlink`;

/** What only a lease can complete. */
function leasedRoutes(program: Program, uplink: Uplink, family: Family): string[] {
  const { device, ways, choiceTable, ownTable } = uplink;
  if (ways[family]?.kind !== 'lease') return [];
  return [
    ...source(uplink),
    ...[choiceTable, ownTable].map(
      (table) =>
        `route replace default ${through('@GATEWAY@', device)}${realm(program, uplink, family)} table ${table} proto ${program.protocol}`,
    ),
  ];
}

function routesDown({ protocol, uplinks }: Program, uplink: Uplink, family: Family): string[] {
  const { device, ways, choiceTable, ownTable } = uplink;
  // The group goes with the last of the uplinks that share the device.
  const last = uplinks.findLast((each) => each.device === device) === uplink;
  const out = family === 4 && last ? [`link set dev ${device} group 0`] : [];
  if (ways[family] === undefined) return out;
  return [
    ...out,
    ...[choiceTable, ownTable].map(
      (table) => `route flush table ${table} dev ${device} proto ${protocol}`,
    ),
  ];
}
