import {
  appendFileSync,
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ROUTEC } from '../lab/place.ts';

const DEPLOY = join(import.meta.dirname, '../../deploy');

let place = '';
let root = '';
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'routec-install-'));
  root = join(place, 'root');
  writeFileSync(
    join(place, 'policy.route'),
    'uplink dsl dev eth3 gateway 192.0.2.1\nroute tcp 80 via dsl\n',
  );
  for (const program of [
    '/usr/lib/systemd/systemd',
    '/usr/lib/systemd/systemd-networkd',
    '/usr/sbin/pppd',
  ]) {
    put(program);
  }
});
afterEach(() => rmSync(place, { recursive: true, force: true }));

/** A file of the router's own. */
function put(path: string, text = ''): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

const routec = (...args: readonly string[]) =>
  execa(process.execPath, [ROUTEC, ...args, '--root', root], {
    cwd: place,
    reject: false,
    input: '',
  });

/** All that is below the root: folders, what is in files, where links lead. */
function tree(): Record<string, string> {
  return Object.fromEntries(
    readdirSync(root, { recursive: true, encoding: 'utf8' }).map((path) => {
      const status = lstatSync(join(root, path));
      if (status.isSymbolicLink()) return [path, `-> ${readlinkSync(join(root, path))}`];
      return [path, status.isDirectory() ? '' : readFileSync(join(root, path), 'utf8')];
    }),
  );
}
const mode = (path: string): string => (statSync(join(root, path)).mode & 0o777).toString(8);

const UNIT = 'etc/systemd/system/routec.service';
const UP = 'etc/ppp/ip-up.d/routec';

describe('routec install', () => {
  it('writes what it says, twice the same, and uninstall takes just that away', async () => {
    const bare = tree();
    const dry = await routec('install', 'policy.route', '--dry-run');
    expect(dry).toMatchObject({ exitCode: 0 });
    expect(dry.stdout).toContain('+ExecStart=/bin/sh -c');
    expect(dry.stdout).toContain('good/policy.load.sh');
    expect(tree()).toEqual(bare);

    const first = await routec('install', 'policy.route');
    expect(first).toMatchObject({ exitCode: 0 });
    expect(first.stderr).toContain('install networkd-dispatcher');
    const installed = tree();
    expect(installed[UNIT]).toBe(readFileSync(join(DEPLOY, 'systemd/routec.service'), 'utf8'));
    expect(installed['etc/systemd/system/sysinit.target.wants/routec.service']).toBe(
      '-> ../routec.service',
    );
    expect(installed['etc/systemd/networkd.conf.d/routec.conf']).toContain(
      'ManageForeignRoutes=no',
    );
    expect(installed['var/lib/routec/good/policy.nft']).toContain('table inet routec');
    expect([UNIT, UP, 'usr/local/sbin/routec-link', 'var/lib/routec'].map(mode)).toEqual([
      '644',
      '755',
      '755',
      '700',
    ]);
    // No NetworkManager is there.
    expect(Object.keys(installed).join()).not.toContain('NetworkManager');

    expect((await routec('install')).stderr).toContain('all of it is there already');
    expect(tree()).toEqual(installed);
    expect(await routec('uninstall')).toMatchObject({ exitCode: 0 });
    expect(tree()).toEqual(bare);
    expect((await routec('uninstall')).stderr).toContain('nothing is installed');
  });

  it('takes a folder of artefacts, all hooks, and replaces what an older one wrote', async () => {
    await execa(process.execPath, [ROUTEC, 'compile', 'policy.route', '-o', 'out'], { cwd: place });
    expect(await routec('install', 'out', '--all')).toMatchObject({ exitCode: 0 });
    const installed = tree();
    expect(installed['var/lib/routec/good/policy.load.sh']).toContain('#!/bin/sh');
    expect(installed).toHaveProperty(['etc/NetworkManager/dispatcher.d/50-routec']);
    // As an older routec would have left it, and known it.
    const record = join(root, 'var/lib/routec/installed.json');
    const sums = JSON.parse(readFileSync(record, 'utf8'));
    const { stdout } = await execa('sha256sum', { input: 'old\n' });
    writeFileSync(join(root, UNIT), 'old\n');
    sums.files[`/${UNIT}`] = stdout.slice(0, 64);
    writeFileSync(record, JSON.stringify(sums));
    expect((await routec('install', '--all')).stderr).toContain(`wrote ${join(root, UNIT)}`);
    expect(tree()).toEqual(installed);
    // Without --all, hooks of programs that are not there go again.
    expect(await routec('install')).toMatchObject({ exitCode: 0 });
    expect(existsSync(join(root, 'etc/NetworkManager/dispatcher.d/50-routec'))).toBe(false);
  });

  it("leaves what is somebody else's, and what somebody changed", async () => {
    put(UP, 'mine\n');
    const before = tree();
    const refused = await routec('install');
    expect(refused).toMatchObject({ exitCode: 2 });
    expect(refused.stderr).toContain(`${UP}: routec did not write it so`);
    expect(tree()).toEqual(before);
    rmSync(join(root, UP));
    expect(await routec('install')).toMatchObject({ exitCode: 0 });
    appendFileSync(join(root, UNIT), '# changed\n');
    const removed = await routec('uninstall');
    expect(removed).toMatchObject({ exitCode: 0 });
    expect(removed.stderr).toContain(`${UNIT} was changed since: it stays`);
    expect(Object.keys(tree()).filter((path) => path.includes('routec'))).toEqual([UNIT]);
  });

  it('refuses artefacts that are not what their manifest says, and a record that leads elsewhere', async () => {
    await execa(process.execPath, [ROUTEC, 'compile', 'policy.route', '-o', 'out'], { cwd: place });
    appendFileSync(join(place, 'out/policy.nft'), '# more\n');
    expect((await routec('install', 'out')).stderr).toContain('does not agree with its manifest');
    await execa(process.execPath, [ROUTEC, 'compile', 'policy.route', '-o', 'out'], { cwd: place });
    chmodSync(join(place, 'out/policy.nft'), 0o666);
    expect((await routec('install', 'out')).stderr).toContain('everybody may write into it');
    expect(existsSync(join(root, 'var'))).toBe(false);
    const record = { format: 1, files: { '/../../policy.route': 'x' }, folders: [] };
    put('var/lib/routec/installed.json', JSON.stringify(record));
    for (const command of ['install', 'uninstall']) {
      const refused = await routec(command);
      expect(refused).toMatchObject({ exitCode: 2 });
      expect(refused.stderr).toContain('is not as routec wrote it');
    }
  });
});
