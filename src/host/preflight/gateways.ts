import * as v from 'valibot';
import { partOf } from '../../plan/canonical-line.ts';
import { deadNeighbours } from '../dead-neighbours.ts';
import { json } from '../live-state.ts';
import { run } from '../run.ts';
import type { Finding, PreflightCheck } from './preflight.ts';

const Addresses = v.array(
  v.looseObject({ addr_info: v.array(v.looseObject({ local: v.optional(v.string()) })) }),
);
/** A gateway is another machine, and one that is known to be dead is worth a word. */
export const gateways: PreflightCheck = {
  name: 'gateways',
  run: ({ target }) => {
    const routes = [...target.state.routes[4], ...target.state.routes[6]];
    const ways = routes.flatMap((line) => {
      const [via, dev] = [partOf(line, 'via'), partOf(line, 'dev')];
      return via === undefined || dev === undefined ? [] : [`${via} ${dev}`];
    });
    if (ways.length === 0) return [];
    const addresses = json(run({ argv: ['ip', '-j', 'addr', 'show'] }), Addresses);
    const neighbours = deadNeighbours();
    const failed = [addresses, neighbours].flatMap((each) =>
      'refused' in each ? each.refused : [],
    );
    if (failed.length > 0) return failed.map((message) => ({ fatal: true, message }));
    const own = new Set(
      'value' in addresses
        ? addresses.value.flatMap((each) => each.addr_info.map(({ local }) => local))
        : [],
    );
    const dead = 'value' in neighbours ? neighbours.value : new Set();
    return [...new Set(ways)].flatMap((way): Finding[] => {
      const [via, dev] = way.split(' ');
      if (own.has(via)) {
        return [
          {
            fatal: true,
            message: `the gateway ${via} by ${dev} is an address of this machine itself`,
            help: "name the provider's router",
          },
        ];
      }
      return dead.has(way)
        ? [{ fatal: false, message: `the gateway ${via} does not answer on ${dev}` }]
        : [];
    });
  },
};
