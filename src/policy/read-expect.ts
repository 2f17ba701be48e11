import type { ExpectStatement } from '../../grammar/tree.ts';
import type { Report } from '../text/diagnostic.ts';
import type { AnswerPolicy, ExpectPolicy } from './policy.ts';
import { type Names, readConditions } from './read-conditions.ts';
import { readNat } from './read-nat.ts';
import { readDowns } from './read-question.ts';
import type { UplinkNames } from './uplink-names.ts';

/** What an `expect` says; nothing once a fault is reported. It never brings an uplink to life. */
export function readExpect(
  statement: ExpectStatement,
  names: Names,
  uplinks: UplinkNames,
  report: Report,
): ExpectPolicy | undefined {
  const conditions = readConditions(statement.matches, names, report);
  const downs = readDowns(statement.downs, uplinks);
  const answer = readAnswer(statement.answer, names, uplinks, report);
  if (conditions === undefined || downs === undefined || answer === undefined) return undefined;
  return { statement, conditions, downs, answer };
}

function readAnswer(
  answer: ExpectStatement['answer'],
  names: Names,
  uplinks: UplinkNames,
  report: Report,
): AnswerPolicy | undefined {
  if (answer.kind !== 'via') return answer;
  const { kind, span } = answer;
  const read = answer.uplinks.map((each) => {
    const uplink = uplinks.mention(each.uplink);
    const nat = each.nat === undefined ? undefined : readNat(each.nat, names.sets, report);
    if (uplink === undefined || (each.nat !== undefined && nat === undefined)) return undefined;
    return nat === undefined ? { uplink } : { uplink, nat };
  });
  const sound = read.filter((each) => each !== undefined);
  return sound.length < read.length ? undefined : { kind, span, uplinks: sound };
}
