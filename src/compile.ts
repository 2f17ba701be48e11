import { ANALYSIS_KINDS, analyse } from './analysis/analyse.ts';
import type { Artefact, Emitted } from './emit/artefact.ts';
import { BACKENDS, type BackendName } from './emit/backends.ts';
import { emitIproute } from './emit/iproute/emit-iproute.ts';
import { emitLoader } from './emit/loader/emit-loader.ts';
import { emitManifest } from './emit/manifest/emit-manifest.ts';
import { emitMap } from './emit/map/emit-map.ts';
import { emitNetworkd } from './emit/networkd/emit-networkd.ts';
import { emitSysctl } from './emit/sysctl/emit-sysctl.ts';
import { KINDS } from './kinds.ts';
import type { Lock, Program } from './model/program.ts';
import { applyAllowances } from './policy/apply-allowances.ts';
import { CHECKS, REMARKS } from './policy/checks.ts';
import { load, type Read } from './policy/load.ts';
import { lower } from './policy/lower.ts';
import { numberPolicy } from './policy/number-policy.ts';
import type { Policy } from './policy/policy.ts';
import { readPolicy } from './policy/read-policy.ts';
import type { Question } from './policy/read-question.ts';
import { reportGuard } from './policy/report-guard.ts';
import { rulePlaces } from './policy/rule-places.ts';
import type { Diagnostic } from './text/diagnostic.ts';
import { sortDiagnostics } from './text/sort-diagnostics.ts';
import type { Source } from './text/source.ts';

/** The policy to compile. */
export interface Entry {
  /** As the person named it: diagnostics show it, includes are relative to it. */
  readonly name: string;
  /** The base name of its artefacts. */
  readonly base: string;
  readonly bytes: Uint8Array;
  /** Whether its text may be shown; true if nothing is said. */
  readonly quotable?: boolean;
}

export interface Checked {
  readonly policy: Policy;
  /** The policy files whose syntax is sound. */
  readonly sources: readonly Source[];
  /** Sorted by place. */
  readonly diagnostics: readonly Diagnostic[];
  /** Void where there is an error. */
  readonly program?: Program;
}

export interface Compiled {
  readonly diagnostics: readonly Diagnostic[];
  /** In the order in which they are written, the manifest last; none where there is an error. */
  readonly artefacts: readonly Artefact[];
  /** What they were made from; void where there is an error. */
  readonly program?: Program;
  /** What the policy's rules became; void where there is an error. */
  readonly became?: Pick<Emitted, 'lookUps' | 'tests'>;
}

/** Told at the end of each phase, so that whoever has a clock can take the time. */
export type OnPhase = (phase: 'parse' | 'read' | 'check' | 'lower' | 'emit') => void;

/** What `check` says of a policy: what stops it, and what its rules come to together. */
export function check(
  entry: Entry,
  read: Read,
  lock: Lock | undefined,
  backend: BackendName = 'nft',
): Checked {
  return understand(entry, read, lock, backend, undefined, analyse);
}

/**
 * Text to program.
 *
 *     bytes ─load─► statements ─readPolicy─► policy ─CHECKS, numberPolicy─► numbers ─lower─► program
 *
 * Pure but for `read`. `lock` is what the manifest of the last compile kept; a `question` is read by the
 * policy's names. Of a sound policy the analyses are asked where they are given: they take their time.
 */
export function understand(
  entry: Entry,
  read: Read,
  lock: Lock | undefined,
  backend: BackendName = 'nft',
  question?: Question,
  analyses?: typeof analyse,
  ended: OnPhase = () => {},
): Checked {
  const findings: Diagnostic[] = [];
  const report = (diagnostic: Diagnostic): void => {
    findings.push(diagnostic);
  };
  const failed = (): boolean => findings.some(({ severity }) => severity === 'error');
  const loaded = load(entry, read, report);
  ended('parse');
  const policy = readPolicy(loaded, report, question);
  ended('read');
  for (const { run } of [...CHECKS, ...BACKENDS[backend].checks]) run(policy, report);
  reportGuard(policy, lock, report);
  const numbered = numberPolicy(policy, lock, report);
  ended('check');
  const program = failed() ? undefined : lower(policy, numbered);
  ended('lower');
  if (program !== undefined) {
    for (const { run } of REMARKS) run(policy, report);
    analyses?.(policy, program, report);
  }
  const { sources, allowances } = loaded;
  const unsought = analyses === undefined ? ANALYSIS_KINDS : [];
  const diagnostics = sortDiagnostics(applyAllowances(findings, allowances, KINDS, unsought));
  if (program === undefined) return { policy, sources, diagnostics };
  return { policy, sources, diagnostics, program };
}

/** Text to artefacts: to the program, then each backend's view of the program, rendered. */
export function compile(
  entry: Entry,
  read: Read,
  lock: Lock | undefined,
  backend: BackendName = 'nft',
  ended: OnPhase = () => {},
): Compiled {
  const { policy, diagnostics, program } = understand(
    entry,
    read,
    lock,
    backend,
    undefined,
    undefined,
    ended,
  );
  if (program === undefined) return { diagnostics, artefacts: [] };
  const emitted = BACKENDS[backend].emit(program, entry.base);
  const artefacts = [
    ...emitSysctl(program, entry.base),
    ...emitNetworkd(entry.base),
    ...emitIproute(program, entry.base),
    ...emitted.artefacts,
  ].filter(({ text }) => text !== '');
  const manifest = emitManifest(program, artefacts, entry.base);
  const map = emitMap(rulePlaces(policy, entry.name), emitted, program);
  ended('emit');
  const { lookUps, tests } = emitted;
  return {
    diagnostics,
    artefacts: [...artefacts, emitLoader(), map, manifest],
    program,
    became: { lookUps, tests },
  };
}
