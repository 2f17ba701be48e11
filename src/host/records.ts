import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { type IptablesRuleset, parseIptables } from '../plan/iptables-ruleset.ts';
import { type Block, type NftTable, parseNftTable } from '../plan/nft-table.ts';
import type { State } from '../plan/state.ts';
import { reasonOf } from './read-file.ts';
import { makeStage, sweepStages, sync, writeDurably } from './stage.ts';

/** What dies with the machine: what runs, what was before. */
export const RUN_FOLDER = process.env.ROUTEC_RUN || '/run/routec';
/** What outlives it: the artefacts that were good last. */
export const LIB_FOLDER = process.env.ROUTEC_LIB || '/var/lib/routec';
/** Held for as long as somebody changes the kernel, by `flock`; a shell script may hold it as well. */
export const LOCK_FILE = `${RUN_FOLDER}.lock`;

const Texts = v.record(v.string(), v.string());
const Count = v.pipe(v.tuple([v.number(), v.number()]), v.readonly());
const Lines = v.object({ 4: v.array(v.string()), 6: v.array(v.string()) });
const BlockList = v.array(
  v.object({
    keyword: v.string(),
    name: v.string(),
    declaration: v.array(v.string()),
    content: v.array(v.string()),
  }),
);
/** The shell loader keeps what `nft list table` printed. */
const Blocks = v.union([
  v.pipe(
    BlockList,
    v.transform(
      (list): NftTable => new Map(list.map((block): [string, Block] => [block.name, block])),
    ),
  ),
  v.pipe(v.string(), v.transform(parseNftTable)),
]);

const IptablesBlocks = v.union([
  v.pipe(
    v.array(
      v.object({
        tool: v.string(),
        table: v.string(),
        kind: v.picklist(['set', 'chain', 'jump']),
        name: v.string(),
        lines: v.array(v.string()),
      }),
    ),
    v.transform(
      (list): IptablesRuleset =>
        new Map(list.map((block) => [`${block.tool} ${block.table} ${block.name}`, block])),
    ),
  ),
  v.pipe(v.string(), v.transform(parseIptables)),
]);

/** The artefacts that were applied last: its base name, and each by what follows that. */
const Running = v.object({ base: v.string(), files: Texts });
const Snapshot = v.object({
  rules: Lines,
  routes: Lines,
  groups: Texts,
  settings: Texts,
  nft: v.optional(Blocks),
  iptables: v.optional(IptablesBlocks, []),
});

/** The records that are kept, each a file of JSON. */
const RECORDS = {
  /** What runs. */
  running: Running,
  /** What ran last, where nothing runs any more: connections still carry its numbers. */
  past: Running,
  /** What was live before the last apply, and what ran then. */
  before: v.object({ state: Snapshot, running: v.optional(Running) }),
  /** What the first apply found, and `down` restores. */
  original: v.object({ settings: Texts, groups: Texts }),
  /** There while the kernel is being changed; what was begun and not ended was killed. */
  begun: v.object({ pid: v.number() }),
  /** An apply that somebody has yet to confirm. */
  pending: v.object({
    token: v.string(),
    /** Who applied: the process, and its login. */
    pid: v.number(),
    login: v.array(v.string()),
    /** Nanoseconds of the monotonic clock; none while it is still being applied. */
    deadline: v.optional(v.string()),
  }),
  /** The process that takes it back in the end. */
  timer: v.object({ token: v.string(), pid: v.number() }),
  /** How the last one ended that was to be confirmed. */
  outcome: v.object({
    token: v.string(),
    outcome: v.picklist(['confirmed', 'reverted', 'stuck']),
    why: v.optional(v.string()),
  }),
  /** When it was applied, and what had gone by each device then: its index, packets and bytes in and out. */
  baseline: v.object({
    since: v.string(),
    devices: v.record(v.string(), v.object({ index: v.number(), received: Count, sent: Count })),
  }),
  /** Packets and bytes that reloads zeroed, by the id of the rule that counted them. */
  counters: v.record(v.string(), Count),
} as const;
type Records = typeof RECORDS;
export type RecordName = keyof Records;
export type RecordOf<N extends RecordName> = v.InferOutput<Records[N]>;

/** Of the running kernel: records of an earlier one speak of what is gone. */
function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

/** Reads a record; none where there is none, or where it is of an earlier boot or version. */
export function readRecord<N extends RecordName>(name: N): RecordOf<N> | undefined {
  return readRecordIn(name, name);
}

function readRecordIn<N extends RecordName>(name: N, file: string): RecordOf<N> | undefined {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(join(RUN_FOLDER, `${file}.json`), 'utf8'));
  } catch {
    return undefined;
  }
  const envelope = v.safeParse(v.object({ boot: v.string(), [name]: RECORDS[name] }), json);
  if (!envelope.success || envelope.output.boot !== bootId()) return undefined;
  return (envelope.output as Record<string, unknown>)[name] as RecordOf<N>;
}

/** Writes a record, whole or not at all. The folder must be there. */
export function writeRecord<N extends RecordName>(name: N, value: RecordOf<N>): void {
  const stage = makeStage(RUN_FOLDER);
  try {
    const staged = join(stage, name);
    writeDurably(staged, JSON.stringify({ boot: bootId(), [name]: value }, listMaps));
    renameSync(staged, join(RUN_FOLDER, `${name}.json`));
    sync(RUN_FOLDER);
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}

/** Writes records, or says why that can't be: a disk may be full, or read-only. */
export function attempt(write: () => void): string | undefined {
  try {
    write();
    return undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
    return `${RUN_FOLDER}: ${reasonOf(error)}`;
  }
}

export function removeRecord(name: RecordName): void {
  rmSync(join(RUN_FOLDER, `${name}.json`), { force: true });
}

/**
 * Takes the record of what is pending away, so that one alone says how it ends: who confirms, or the clock.
 *
 * @param as what it is called from then on: `overdue` where it is to be taken back
 * @returns whether it was still there
 * @throws what the file system says, where it takes no change
 */
export function claimPending(as: ClaimedAs): boolean {
  try {
    renameSync(join(RUN_FOLDER, 'pending.json'), join(RUN_FOLDER, `${as}.json`));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

type ClaimedAs = 'claimed' | 'overdue';

/** Leaves it to its clock again, where a way back came to nothing. */
export function unclaimPending(): void {
  renameSync(join(RUN_FOLDER, 'overdue.json'), join(RUN_FOLDER, 'pending.json'));
}

/** The token of what is on its way back, until it is told how that ended, or something else is begun. */
export const overdueToken = (): string | undefined => readRecordIn('pending', 'overdue')?.token;

/** From here on nobody goes on with a way back: who waits may come late, and what was loaded since is not theirs. */
export function forgetOverdue(): void {
  rmSync(join(RUN_FOLDER, 'overdue.json'), { force: true });
}

/** Makes the folder of the records, for its owner alone; or says why it can't be trusted. */
export function makeRunFolder(): { readonly refused?: string } {
  try {
    mkdirSync(RUN_FOLDER, { recursive: true, mode: 0o700 });
    const status = lstatSync(RUN_FOLDER);
    if (!status.isDirectory()) return { refused: `${RUN_FOLDER} is no folder` };
    if (status.uid !== process.getuid?.() || (statSync(RUN_FOLDER).mode & 0o022) !== 0) {
      return { refused: `${RUN_FOLDER}: somebody else may write into it` };
    }
    chmodSync(RUN_FOLDER, 0o700);
    sweepStages(RUN_FOLDER);
    return {};
  } catch (error) {
    return { refused: `${RUN_FOLDER}: ${reasonOf(error)}` };
  }
}

/** A snapshot as it is kept. */
export function snapshotOf(state: State): RecordOf<'before'>['state'] {
  const { rules, routes, groups, settings, nft, iptables } = state;
  const lines = (both: State['rules']) => ({ 4: [...both[4]], 6: [...both[6]] });
  return {
    rules: lines(rules),
    routes: lines(routes),
    groups: { ...groups },
    settings: { ...settings },
    ...(nft === undefined ? {} : { nft }),
    iptables,
  };
}

function listMaps(_: string, value: unknown): unknown {
  return value instanceof Map ? [...value.values()] : value;
}
