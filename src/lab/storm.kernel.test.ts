import { expect, it } from 'vitest';
import { storm } from './storm.ts';
import { withStormRouter } from './storm-reloads.ts';

/** Packets a second: as many as leave the tools their turn. */
const RATE = 20_000;
/** Milliseconds: a machine may be busy. */
const LONG = 300_000;

it(
  'no packet is lost or misrouted while rules, uplinks and shapes come, move and go',
  () =>
    withStormRouter('nft', async ({ network, ways }) => {
      const nothingHappened = { lost: 0, misrouted: 0, findings: [] };
      const applied = await storm(network, RATE, { reloads: 4 }, ways.apply);
      expect(applied).toMatchObject(nothingHappened);
      expect(applied.begun).toBeGreaterThan(1000);
      expect(await storm(network, RATE, { reloads: 12 }, ways.refill)).toMatchObject(
        nothingHappened,
      );

      // It would have seen it: this is how one reloads who knows no better.
      const recreate = async (): Promise<void> => {
        await network.router.run('nft', ['delete', 'table', 'inet', 'routec']);
        await ways.refill.reload(0, 0);
      };
      const recreated = await storm(
        network,
        RATE,
        { reloads: 2 },
        { policies: [0], reload: recreate },
      );
      expect(recreated.misrouted).toBeGreaterThan(0);
      expect(recreated.findings).toContainEqual(
        expect.stringMatching(/^by eth2 with an address of another: \d+ packets$/),
      );
    }),
  LONG,
);
