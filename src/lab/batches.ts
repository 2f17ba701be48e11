import type { Evaluation } from '../model/evaluate.ts';
import type { Packet } from '../model/packet.ts';
import type { DomainSet } from '../model/program.ts';
import { USUAL } from '../model/usual.ts';
import type { AsSent } from './as-sent.ts';
import { addressOf, lanOf, OWN, textOf } from './lab-plan.ts';

/** A packet on its way through the lab. */
export interface Sent {
  /** Its place among all that is tried. */
  readonly index: number;
  readonly packet: Packet;
  readonly evaluation: Evaluation;
  readonly who: AsSent['who'];
}

/** Packets that can be sent at once: an address is at one place, and a device has one MAC. */
export function batchesOf<S extends Sent>(
  sent: readonly S[],
  domains: readonly DomainSet[],
  atOnce: number,
): S[][] {
  const batches: { readonly list: S[]; readonly said: Map<string, string> }[] = [];
  for (const each of sent) {
    const claims = claimsOf(each, domains);
    const fits = ({ list, said }: (typeof batches)[number]): boolean =>
      list.length < atOnce &&
      claims.every(([key, value]) => said.get(key) === undefined || said.get(key) === value);
    let batch = batches.find(fits);
    if (batch === undefined) {
      batch = { list: [], said: new Map() };
      batches.push(batch);
    }
    batch.list.push(each);
    for (const [key, value] of claims) batch.said.set(key, value);
  }
  return batches.map(({ list }) => list);
}

type Claim = [what: string, is: string];

function claimsOf(
  { index, packet, evaluation: { arrival } }: Sent,
  domains: readonly DomainSet[],
): Claim[] {
  const { family, local, source, destination, device, mac, protocol, port, mark, dscp } = packet;
  const [from = ''] = textOf(family, source);
  const [to = ''] = textOf(family, destination);
  const [lan = ''] = lanOf(device);
  const common: Claim[] = [
    // Nobody answers the others: what an ISP counts must be one's own.
    ['raw', isRaw(packet) ? `${index}` : 'none'],
    [`end ${to}`, arrival === undefined ? 'internet' : `beyond ${arrival.name}`],
    // What another program writes into it.
    [`flow ${from} ${to} ${protocol} ${port}`, `${mark} ${dscp}`],
    ...domains.flatMap(({ name }) =>
      (['source', 'destination'] as const).map((side): Claim => {
        const [address = ''] = textOf(family, packet[side]);
        return [`learned ${name} ${address}`, String(packet.atoms?.has(`${side} @${name}`))];
      }),
    ),
  ];
  if (local) return [...common, [`end ${from}`, 'router']];
  const where = arrival === undefined ? lan : `the ISP of ${arrival.name}`;
  return [...common, [`end ${from}`, where], [`mac of ${where}`, `${mac ?? USUAL.mac}`]];
}

/** Whether nobody answers it, so that only counts tell of it. */
export const isRaw = ({ protocol }: Pick<Packet, 'protocol'>): boolean =>
  protocol !== 6 && protocol !== 17;

/** What the router sends it from, where that is none of what it has for itself. */
export function borrowed({ family, local, source }: Packet): string | undefined {
  if (!local || source === addressOf(OWN[family]).value) return undefined;
  return textOf(family, source)[0];
}
