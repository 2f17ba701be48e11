import type { Kind, Severity } from '../text/diagnostic.ts';

const kind = (
  code: Kind['code'],
  slug: string,
  title: string,
  severity: Severity = 'error',
): Kind => ({ code, slug, severity, title });

// Names: what is written twice, or nowhere.
export const unknownUplink = kind('RC101', 'unknown-uplink', 'no such uplink');
export const duplicateUplink = kind('RC102', 'duplicate-uplink', 'this uplink is declared twice');
export const duplicateSet = kind('RC103', 'duplicate-set', 'this set is declared twice');
export const unknownSet = kind('RC104', 'unknown-set', 'no such set');
export const setCycle = kind('RC105', 'set-cycle', 'this set contains itself');
export const ambiguousDevice = kind(
  'RC106',
  'ambiguous-device',
  'several uplinks have this device',
);
export const unknownOption = kind('RC107', 'unknown-option', 'no such option');
export const badDeviceName = kind('RC108', 'bad-device-name', 'this is no device name');
export const longName = kind('RC109', 'long-name', 'a name has at most 63 bytes');
export const unreadableFile = kind('RC110', 'unreadable-file', 'this file can not be read');
export const includeCycle = kind('RC111', 'include-cycle', 'this file includes itself');
export const tooManyFiles = kind('RC112', 'too-many-files', 'too many files, or too deep');
export const implicitUplink = kind(
  'RC113',
  'implicit-uplink',
  'an uplink without a declaration',
  'warning',
);
export const deepSet = kind('RC114', 'deep-set', 'sets stand in sets too deep');
export const badAllowance = kind(
  'RC120',
  'bad-allowance',
  'this comment allows nothing that can be allowed',
  'warning',
);

// Values.
export const badAddress = kind('RC201', 'bad-address', 'this is not an address');
export const badPort = kind('RC202', 'bad-port', 'this is not a port');
export const badValue = kind('RC203', 'bad-value', 'this value does not fit here');
export const writtenTwice = kind('RC204', 'written-twice', 'written twice');
export const emptyList = kind('RC205', 'empty-list', 'an empty list');
export const wrongSet = kind('RC206', 'wrong-set', 'a set of another kind');
export const emptyFile = kind('RC207', 'empty-file', 'this list file is empty', 'warning');
export const mixedSet = kind('RC208', 'mixed-set', 'a set holds values of one kind');
export const missingDevice = kind('RC209', 'missing-device', 'an uplink needs a `dev`');
export const doubleNegation = kind('RC210', 'double-negation', 'two `not` in one match');
export const negatedPorts = kind('RC211', 'negated-ports', 'this `not` can be read in two ways');
export const portsWithoutProtocol = kind(
  'RC212',
  'ports-without-protocol',
  'ports need a protocol',
);
export const impossibleMatch = kind('RC213', 'impossible-match', 'no packet fits this rule');
export const numberClash = kind('RC215', 'number-clash', 'two things want one number');
export const reusedSlot: Kind = {
  ...kind('RC216', 'reused-slot', 'a retired number is used again', 'warning'),
  elsewhere: true,
};
export const guardChanged: Kind = {
  ...kind('RC217', 'guard-changed', 'the guard changes', 'warning'),
  elsewhere: true,
};

// What the compiler or a backend can't do.
export const slotsUsedUp = kind('RC402', 'slots-used-up', 'the mark has no number left');
export const tooManyAddresses = kind('RC403', 'too-many-addresses', 'more addresses than fit');

// Remarks.
export const unusedAllowance = kind(
  'RC502',
  'unused-allowance',
  'nothing here needs this allowance',
  'warning',
);
