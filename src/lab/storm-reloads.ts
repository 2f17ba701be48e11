import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { bug } from '../bug.ts';
import { compile } from '../compile.ts';
import type { BackendName } from '../emit/backends.ts';
import { writeArtefacts } from '../host/artefact-folder.ts';
import type { Lock } from '../model/program.ts';
import { type Artefacts, findArtefacts } from './artefacts.ts';
import { type Ground, startGround } from './ground.ts';
import { load } from './load.ts';
import { type Network, withNetwork } from './network.ts';
import { ROUTEC } from './place.ts';
import type { Reloading } from './storm.ts';
import { STORM_NETWORK, STORM_POLICIES } from './storm-lanes.ts';

/** A router on which the first of the policies runs, and ways to make others follow it. */
export interface StormRouter {
  readonly network: Network;
  readonly ways: Readonly<Record<Way, Reloading>>;
}

/**
 * `routec apply`, the loader, the plain tools as by hand, the ruleset alone, which is the same policy
 * anew, and nothing at all.
 */
export type Way = 'apply' | 'script' | 'hand' | 'refill' | 'nothing';

/** Makes one, loaded by `routec apply`, on a ground of its own, of which nothing is left. */
export async function withStormRouter(
  backend: BackendName,
  use: (router: StormRouter) => Promise<void>,
): Promise<void> {
  const started = await startGround();
  if ('refused' in started) throw new Error(`the lab needs namespaces: ${started.refused}`);
  const { ground, end } = started;
  try {
    await withNetwork(
      STORM_NETWORK,
      async (network) => {
        const ways = waysOf(network, compileAll(network, backend), ground);
        await ways.apply.reload(0, 0);
        await use({ network, ways });
      },
      ground,
    );
  } finally {
    await end();
  }
}

/** Each policy and its artefacts in a folder of its own, all with the same numbers. */
function compileAll({ router: { ground } }: Network, backend: BackendName): Artefacts[] {
  const folder = mkdtempSync(join(ground.folder, 'policies-'));
  // What the last one keeps knows what all before it took.
  const last = STORM_POLICIES.reduce<Lock | undefined>(
    (lock, lines) => compileOne(lines, lock, backend).program?.lock,
    undefined,
  );
  return STORM_POLICIES.map((lines, at) => {
    const its = join(folder, String(at));
    mkdirSync(its);
    writeFileSync(join(its, 'policy.route'), textOf(lines));
    writeArtefacts(its, 'policy', compileOne(lines, last, backend).artefacts, undefined);
    const seen = join(ground.at, basename(folder), String(at));
    return findArtefacts(its, seen) ?? bug('a policy with an error');
  });
}

const textOf = (lines: readonly string[]): string => `${lines.join('\n')}\n`;

const compileOne = (lines: readonly string[], lock: Lock | undefined, backend: BackendName) =>
  compile(
    { name: 'policy.route', base: 'policy', bytes: new TextEncoder().encode(textOf(lines)) },
    () => ({ refused: 'no files' }),
    lock,
    backend,
  );

function waysOf(
  { router }: Network,
  all: readonly Artefacts[],
  ground: Ground,
): StormRouter['ways'] {
  const its = (at: number): Artefacts => all[at] ?? bug('no such policy');
  const path = (at: number, end: string): string =>
    join(its(at).at ?? bug('seen from nowhere'), `policy${end}`);
  const { backend } = its(0);
  const records = [`ROUTEC_RUN=${ground.at}/routec`, `ROUTEC_LIB=${ground.at}/lib`];
  const run = async (...words: string[]): Promise<void> => {
    await router.run('env', [...records, ...words]);
  };
  const apply = (to: number): Promise<void> => {
    const words = ['apply', path(to, '.route'), '--backend', backend, '--yes'];
    return run(process.execPath, ROUTEC, ...words);
  };
  const refill = async (to: number): Promise<void> => {
    if (backend === 'nft') return run('nft', '-f', path(to, '.nft'));
    for (const tool of ['iptables', 'ip6tables']) {
      await run(`${tool}-restore`, '-w', '--noflush', path(to, `.${tool}`));
    }
  };
  const policies = STORM_POLICIES.map((_, at) => at);
  return {
    apply: { policies, reload: apply },
    script: { policies, reload: (to) => run('sh', path(to, '.load.sh'), 'reload') },
    hand: { policies, reload: (to, from) => load(router, its(to), its(from)) },
    refill: { policies: [0], reload: refill },
    nothing: { policies: [0], reload: async () => {} },
  };
}
