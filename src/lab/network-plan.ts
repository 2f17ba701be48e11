import { CUSTOMER, INTERNET } from './internet.ts';

/** A network as plain data: a router, what is behind it and what is before it. */
export interface NetworkPlan {
  readonly lans: readonly Lan[];
  /** By the router's device. */
  readonly uplinks: Readonly<Record<string, Uplink>>;
  /** Further addresses that every ISP answers for. */
  readonly internet?: readonly string[] | undefined;
  /** The device that the router's own default routes go by. */
  readonly main?: string | undefined;
  /** The router's settings, by path, over those that the lab makes. */
  readonly sysctl?: Readonly<Record<string, string | number>> | undefined;
  /** Another program's nft ruleset on the router, line by line. */
  readonly others?: readonly string[] | undefined;
}

interface Lan {
  readonly device: string;
  /** The router's, each with its prefix length; they are the hosts' gateways. */
  readonly addresses: readonly string[];
  readonly hosts: readonly string[];
  /** That of all hosts. */
  readonly mac?: string | undefined;
}

interface Uplink {
  /** The router's, each with its prefix length. */
  readonly addresses: readonly string[];
  /** The ISP's; without one it is reached on-link. */
  readonly gateways: readonly string[];
  /**
   * Further addresses and prefixes that the ISP leads to its customer: of the customer's own, and
   * of the internet, which then is not at this ISP but behind the router.
   */
  readonly routed?: readonly string[] | undefined;
  /** It is on the wire of that device, a second ISP with a MAC of its own; its name is no device. */
  readonly beside?: string | undefined;
  /** The ISP's. */
  readonly mac?: string | undefined;
}

/** The hosts' end of a LAN. */
export const HOSTS = 'router';

/** What an ISP without a gateway redirects to, which needs some address on the device. */
const UNNUMBERED = ['192.0.0.8/32', '2001:db8:ffff::1/128'];

/** What an address is without its prefix length. */
export const bare = (address: string): string => address.replace(/\/.*/, '');

function uplinkOf({ uplinks }: NetworkPlan, device: string): Uplink {
  const uplink = uplinks[device];
  if (uplink === undefined) throw new Error(`the network has no uplink ${device}`);
  return uplink;
}

/** The router's end of a LAN, as `ip -batch` lines. */
export const lanLines = ({ device, addresses }: Lan): string[] => [
  `link set ${device} up`,
  ...addressLines(addresses, device),
];

/** A LAN's hosts, all in one namespace. */
export const hostLines = ({ addresses, hosts, mac }: Lan): string[] => [
  `link set ${HOSTS}${mac === undefined ? '' : ` address ${mac}`} up`,
  ...addressLines(withPrefixes(hosts, addresses), HOSTS),
  ...addresses.map((address) =>
    defaultLine(is6(address), `via ${bare(address)} dev ${HOSTS} onlink`),
  ),
];

/** What a network manager gives an uplink's device: a lost link takes some of it away. */
export function routerLines(plan: NetworkPlan, device: string): string[] {
  const { addresses, gateways } = uplinkOf(plan, device);
  const beside = Object.values(plan.uplinks).filter((uplink) => uplink.beside === device);
  const all = [...addresses, ...beside.flatMap((uplink) => uplink.addresses)];
  const own = addressLines(all, device);
  if (plan.main !== device) return own;
  if (gateways.length > 0) {
    return [...own, ...gateways.map((each) => defaultLine(is6(each), `via ${each} dev ${device}`))];
  }
  const families = [...new Set(addresses.map(is6))];
  return [...own, ...families.map((six) => defaultLine(six, `dev ${device}`))];
}

/** What an ISP takes from its customer. */
export function customersOf(plan: NetworkPlan, device: string): string[] {
  const { addresses, routed = [] } = uplinkOf(plan, device);
  return [...addresses.map(bare), ...routed];
}

/** What every ISP answers for. */
export const internetOf = ({ internet = [] }: NetworkPlan): string[] => [...INTERNET, ...internet];

/** An ISP: the internet, and its gateways, or, where it has none, the way to the customer. */
export function ispLines(plan: NetworkPlan, device: string): string[] {
  const { addresses, gateways, routed = [] } = uplinkOf(plan, device);
  const internet = internetOf(plan).filter((each) => !routed.includes(each));
  const lines = internet.map((each) => `addr replace ${each}/${is6(each) ? 128 : 32} dev lo`);
  if (gateways.length > 0) {
    return [
      ...lines,
      ...addressLines(withPrefixes(gateways, addresses), CUSTOMER),
      ...routed.map((each) => `route replace ${each} via ${bare(neighbourOf(each, addresses))}`),
    ];
  }
  return [
    ...lines,
    ...addressLines(UNNUMBERED, CUSTOMER),
    ...addresses.map((each) => `route replace ${bare(each)} dev ${CUSTOMER}`),
    ...routed.map((each) => {
      const via = bare(neighbourOf(each, addresses));
      return `route replace ${each} via ${via} dev ${CUSTOMER} onlink`;
    }),
    // For IPv4 the kernel answers by itself.
    ...internet.filter(is6).map((each) => `neigh replace proxy ${each} dev ${CUSTOMER}`),
  ];
}

const is6 = (address: string): boolean => address.includes(':');

const addressLines = (addresses: readonly string[], device: string): string[] =>
  addresses.map((each) => `addr replace ${each} dev ${device}${is6(each) ? ' nodad' : ''}`);

const defaultLine = (six: boolean, way: string): string =>
  `route replace ${six ? '::/0' : '0.0.0.0/0'} ${way}`;

/** Addresses with the prefix lengths of their neighbours. */
function withPrefixes(addresses: readonly string[], neighbours: readonly string[]): string[] {
  return addresses.map((address) => {
    const like = neighbourOf(address, neighbours);
    return address + like.slice(like.indexOf('/'));
  });
}

/** The first neighbour of the same family. */
function neighbourOf(address: string, neighbours: readonly string[]): string {
  const like = neighbours.find((each) => is6(each) === is6(address));
  if (like === undefined) throw new Error(`${address} has no neighbour of its family`);
  return like;
}
