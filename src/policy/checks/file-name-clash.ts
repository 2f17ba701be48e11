import { fileNameOf } from '../../model/file-name.ts';
import { at, diagnose, type Kind } from '../../text/diagnostic.ts';
import type { UplinkPolicy } from '../policy.ts';
import type { Check } from './check.ts';

const kind: Kind = {
  code: 'RC226',
  slug: 'file-name-clash',
  severity: 'error',
  title: 'the files of two uplinks would have one name',
};

/** Each uplink has files of its own; in their names all but letters, digits, `_`, `-` is `_`. */
export const fileNameClash: Check = {
  kind,
  run: ({ uplinks }, report) => {
    const names = new Map<string, UplinkPolicy>();
    for (const uplink of uplinks) {
      const name = fileNameOf(uplink.name);
      const first = names.get(name);
      if (first === undefined) names.set(name, uplink);
      else {
        const labels = [at(uplink.span, 'one'), at(first.span, 'the other')] as const;
        const message = `the files of \`${uplink.name}\` and \`${first.name}\` would both be named \`${name}\``;
        report(diagnose(kind, message, [...labels], 'give one of them another name'));
      }
    }
  },
};
