import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { replaceFile } from './replace-file.ts';

const OLD = 'the old text\n';
const NEW = 'the new text\n';
const root = process.getuid?.() === 0;

let place: string;
let path: string;
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'routec-replace-'));
  path = join(place, 'policy.route');
  writeFileSync(path, OLD);
});
afterEach(() => {
  chmodSync(place, 0o755);
  rmSync(place, { recursive: true, force: true });
});

const replace = (at = path, before = OLD) => replaceFile(at, Buffer.from(before), NEW);

describe('replaceFile', () => {
  it('puts a new file in the place of the old one, with its mode, and leaves nothing behind', () => {
    chmodSync(path, 0o640);
    const before = statSync(path);
    expect(replace()).toEqual({});
    expect(readFileSync(path, 'utf8')).toBe(NEW);
    const after = statSync(path);
    expect(after.ino).not.toBe(before.ino);
    expect(after.mode).toBe(before.mode);
    expect(readdirSync(place)).toEqual(['policy.route']);
  });

  it('follows a link to where it leads, and the link stays', () => {
    mkdirSync(join(place, 'links'));
    const link = join(place, 'links', 'linked.route');
    symlinkSync('../policy.route', link);
    expect(replace(link)).toEqual({});
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readFileSync(path, 'utf8')).toBe(NEW);
    expect(readdirSync(place).sort()).toEqual(['links', 'policy.route']);
    expect(readdirSync(join(place, 'links'))).toEqual(['linked.route']);
  });

  it('refuses what was changed since it was read, and what is gone', () => {
    expect(replace(path, 'what was read\n')).toEqual({ refused: 'it was changed in the meantime' });
    expect(readFileSync(path, 'utf8')).toBe(OLD);
    expect(replace(join(place, 'gone'))).toEqual({ refused: 'there is no such file' });
    expect(readdirSync(place)).toEqual(['policy.route']);
  });

  it('sweeps what a killed one left, and nothing else', () => {
    mkdirSync(join(place, '.routec-stage-999999999-abc'));
    mkdirSync(join(place, `.routec-stage-${process.pid}-abc`));
    expect(replace()).toEqual({});
    expect(readdirSync(place).sort()).toEqual([`.routec-stage-${process.pid}-abc`, 'policy.route']);
  });

  it.runIf(root)('keeps the owner and the group', () => {
    chownSync(path, 12345, 23456);
    chmodSync(path, 0o4755);
    expect(replace()).toEqual({});
    expect(statSync(path)).toMatchObject({ uid: 12345, gid: 23456, mode: 0o104755 });
  });

  /** What somebody who is not root would see. */
  const asNobody = <T>(run: () => T): T => {
    if (!root) return run();
    chownSync(place, 65534, 65534);
    process.setegid?.(65534);
    process.seteuid?.(65534);
    try {
      return run();
    } finally {
      process.seteuid?.(0);
      process.setegid?.(0);
    }
  };
  it.each([
    ['a file that is read-only', () => chmodSync(path, 0o444), 'permission denied'],
    ['a folder that is read-only', () => chmodSync(place, 0o555), 'permission denied'],
  ])('refuses %s', (_, prepare, refused) => {
    if (root) chownSync(path, 65534, 65534);
    prepare();
    expect(asNobody(() => replace())).toEqual({ refused });
    expect(readFileSync(path, 'utf8')).toBe(OLD);
    expect(readdirSync(place)).toEqual(['policy.route']);
  });

  it.runIf(root)("refuses somebody else's file, for it would become one's own", () => {
    chmodSync(path, 0o666);
    expect(asNobody(() => replace())).toEqual({ refused: 'not permitted' });
    expect(statSync(path).uid).toBe(0);
    expect(readFileSync(path, 'utf8')).toBe(OLD);
    expect(readdirSync(place)).toEqual(['policy.route']);
  });
});
