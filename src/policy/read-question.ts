import { parsePacket } from '../../grammar/parse.ts';
import type { Word } from '../../grammar/tree.ts';
import type { Report } from '../text/diagnostic.ts';
import type { Source } from '../text/source.ts';
import type { QuestionPolicy, UplinkPolicy } from './policy.ts';
import { type Names, readConditions } from './read-conditions.ts';
import type { UplinkNames } from './uplink-names.ts';

/** Packets that somebody asks about, and the uplinks that are down then, as they were typed. */
export interface Question {
  readonly packet: Source;
  readonly downs: readonly Source[];
}

/** What is asked, by the names of the policy; nothing once a fault is reported. */
export function readQuestion(
  question: Question,
  names: Names,
  uplinks: UplinkNames,
  report: Report,
): QuestionPolicy | undefined {
  const parsed = parsePacket(question.packet);
  if ('diagnostics' in parsed) parsed.diagnostics.forEach(report);
  const { packet } = 'packet' in parsed ? parsed : { packet: undefined };
  const conditions = packet && readConditions(packet.matches, names, report);
  const downs = readDowns(question.downs.map(wordOf), uplinks);
  if (packet === undefined || conditions === undefined || downs === undefined) return undefined;
  return { packet, conditions, downs };
}

/** The uplinks that are down; nothing once one is reported that there is not. */
export function readDowns(
  words: readonly Word[],
  uplinks: UplinkNames,
): readonly UplinkPolicy[] | undefined {
  const read = words.map((word) => uplinks.mention(word));
  const sound = read.filter((each) => each !== undefined);
  return sound.length < read.length ? undefined : sound;
}

function wordOf(source: Source): Word {
  const { text } = source;
  return { form: 'name', text, span: { source, start: 0, end: text.length } };
}
