import { FAMILIES, type Family } from '../net/address.ts';
import { canonicalRoute, canonicalRule } from './canonical-line.ts';

/** The artefacts of a policy by what follows its base name, as in `uplink.dsl.ip6`. */
export type Files = ReadonlyMap<string, string>;

/** What the artefacts of a policy load, line by line. */
export interface Loads {
  /** Rules and routes that need no uplink's device. */
  readonly common: Lines;
  readonly uplinks: readonly UplinkLines[];
  readonly settings: Readonly<Record<string, string>>;
  /** The ruleset for `nft -f`. */
  readonly nft: string | undefined;
  /** The same for iptables. */
  readonly iptables: IptablesFiles | undefined;
  /** What fills the set of a user or a cgroup that it names: refused where there is none of that name. */
  readonly names: readonly { readonly name: string; readonly text: string }[];
}

export interface IptablesFiles {
  /** For `ipset restore`, if there are sets. */
  readonly sets: string | undefined;
  readonly tools: readonly {
    readonly tool: 'iptables' | 'ip6tables';
    /** What `iptables-restore` loads: the chains, and what leads into them. */
    readonly chains: string;
    readonly hook: string;
    /** The chain of a user or a cgroup, and what stands for it where there is none of that name. */
    readonly names: readonly {
      readonly name: string;
      readonly text: string;
      readonly absent: string;
    }[];
  }[];
}

interface Lines {
  readonly rules: { readonly [F in Family]: readonly string[] };
  readonly routes: { readonly [F in Family]: readonly string[] };
}

export interface UplinkLines extends Lines {
  /** As in its files' names. */
  readonly name: string;
  readonly device: string;
  readonly group: string;
  readonly settings: Readonly<Record<string, string>>;
  /** Routes that wait for a gateway, which stands in them as `@GATEWAY@`. */
  readonly leased: { readonly [F in Family]: readonly string[] };
  /** Rules and routes that wait for the device's own addresses and networks. */
  readonly own: Lines;
}

/** What stands in a route for the gateway that a lease names. */
export const GATEWAY = '@GATEWAY@';
/** What stands in a rule for each of a device's addresses, and in a route for each network on its wire. */
export const ADDRESS = '@ADDRESS@';
export const NETWORK = '@NETWORK@';

const NAMED = /^((?:user|cgroup)\.[^.]+)\.nft$/;
const NAMED_IN_IPTABLES = /^((?:user|cgroup)\.[^.]+)\.(ip6?tables)$/;
const UPLINK = /^uplink\.([^.]+)\.ip$/;

/** Reads the artefacts that routec wrote; what takes things away is left out. */
export function readArtefactLines(files: Files): Loads {
  const names = [...files.keys()].flatMap((suffix) => UPLINK.exec(suffix)?.[1] ?? []);
  return {
    common: linesOf(files, ['guard.ip', 'ip']),
    uplinks: names.map((name) => {
      const stem = `uplink.${name}.ip`;
      const link = commands(files.get(stem)).find((line) => line.startsWith('link set dev '));
      const [, , , device = '', , group = ''] = link?.split(' ') ?? [];
      return {
        name,
        device,
        group,
        ...linesOf(files, [stem]),
        settings: settingsOf(files.get(`uplink.${name}.sysctl`)),
        leased: linesOf(files, [`uplink.${name}.dhcp`]).routes,
        own: linesOf(files, [`uplink.${name}.own`]),
      };
    }),
    settings: settingsOf(files.get('sysctl')),
    nft: files.get('nft'),
    iptables: iptablesOf(files),
    names: [...files].flatMap(([suffix, text]) => {
      const name = NAMED.exec(suffix)?.[1];
      return name === undefined ? [] : [{ name, text }];
    }),
  };
}

function iptablesOf(files: Files): IptablesFiles | undefined {
  if (!files.has('iptables')) return undefined;
  const text = (suffix: string): string => files.get(suffix) ?? '';
  return {
    sets: files.get('ipset'),
    tools: (['iptables', 'ip6tables'] as const).map((tool) => ({
      tool,
      chains: text(tool),
      hook: text(`hook.${tool}`),
      names: [...files.keys()].flatMap((suffix) => {
        const [, name, end] = NAMED_IN_IPTABLES.exec(suffix) ?? [];
        if (name === undefined || end !== tool) return [];
        return [{ name, text: text(suffix), absent: text(`${name}.absent.${tool}`) }];
      }),
    })),
  };
}

function linesOf(files: Files, stems: readonly string[]): Lines {
  const of = (family: Family, verb: string): string[] =>
    stems
      .flatMap((stem) => commands(files.get(`${stem}${family === 4 ? '' : '6'}`)))
      .filter((line) => line.startsWith(verb))
      .map((line) => line.slice(verb.length));
  const both = <T>(get: (family: Family) => T): { readonly [F in Family]: T } => {
    const [four, six] = FAMILIES.map(get) as [T, T];
    return { 4: four, 6: six };
  };
  return {
    rules: both((family) => of(family, 'rule add ').map(canonicalRule)),
    routes: both((family) => of(family, 'route replace ').map(canonicalRoute)),
  };
}

const commands = (text = ''): string[] =>
  text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

function settingsOf(text: string | undefined): Record<string, string> {
  return Object.fromEntries(
    commands(text).map((line) => {
      const at = line.indexOf('=');
      return [line.slice(0, at), line.slice(at + 1)];
    }),
  );
}
