import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { execa } from 'execa';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ROUTEC } from '../lab/place.ts';
import { formatFragment } from './fragment.ts';

const POLICY = `uplink cable dev eth2 gateway 198.51.100.1 masquerade
uplink dsl   dev eth3 gateway 192.0.2.1    address 192.0.2.2/24 snat 192.0.2.2

route host 192.168.0.228 to 203.0.113.81 via main
route ipv4 dscp ef via cable
route host 192.168.0.228 tcp 80 via dsl else reject
route ipv4 tcp 443 via balance cable 3, dsl 1
include "more.route"
forward tcp 8443 on dsl to 192.168.0.10:443
`;
const MORE = `route ipv4 tcp 25 via drop
route ipv4 tcp \\
    80 via cable
`;

const WEB = 'from 192.168.0.228 to 203.0.113.80 tcp 80 in lan0';

let folder: string;
let context: BrowserContext;
let page: Page;
/** What must not happen: requests, complaints of the browser, errors. */
const trouble: string[] = [];

const routec = async (...words: string[]): Promise<string> => {
  const { stdout } = await execa(process.execPath, [ROUTEC, ...words], {
    cwd: folder,
    reject: false,
    timeout: 20_000,
    env: { NO_COLOR: '1' },
  });
  return stdout;
};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'routec-page-'));
  writeFileSync(join(folder, 'policy.route'), POLICY);
  writeFileSync(join(folder, 'more.route'), MORE);
  mkdirSync(join(folder, 'profile'));
  context = await chromium.launchPersistentContext(join(folder, 'profile'), {
    executablePath: '/usr/bin/chromium',
    args: [
      ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
      ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
    ],
  });
  context.on('request', (request) => {
    if (!request.isNavigationRequest()) trouble.push(request.url());
  });
  context.on('console', (message) => trouble.push(message.text()));
  context.on('weberror', (error) => trouble.push(String(error.error())));
  context.on('dialog', (dialog) => trouble.push(dialog.message()));
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', ({ violatedDirective }) => {
      console.error(`violates ${violatedDirective}`);
    });
  });
  page = context.pages()[0] ?? (await context.newPage());
  await routec('graph', 'policy.route', '--html', '-o', 'policy.html');
});
afterAll(async () => {
  await context?.close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
  trouble.length = 0;
});

/** Asks the page that is open. */
const ask = (packet: string, down: readonly string[]): Promise<void> =>
  page.evaluate(
    (fragment) =>
      new Promise<void>((done) => {
        // The page listens since before, so it has answered.
        addEventListener('hashchange', () => done(), { once: true });
        location.hash = fragment;
      }),
    formatFragment({ packet, down }),
  );

/** From the beginning. */
async function open(file: string, fragment = ''): Promise<void> {
  await page.goto('about:blank');
  await page.goto(`${pathToFileURL(join(folder, file))}${fragment}`);
  await page.locator('#wait').waitFor({ state: 'hidden' });
}

/** What the page says, in the terms of `routec explain --json`. */
const said = () =>
  page.evaluate(() => {
    const all = (selector: string): HTMLElement[] => [
      ...document.querySelectorAll<HTMLElement>(selector),
    ];
    const step = (name: string): string[] =>
      all('.chain li')
        .filter((each) => each.querySelector('.name')?.textContent === name)
        .map((each) => each.querySelector('.what')?.textContent ?? '');
    const lines = (kind: string): string[] =>
      all(`#lines li.${kind}`).map(({ dataset }) => `${dataset.file}:${dataset.line}`);
    return {
      verdict: all('#verdict')[0]?.className,
      words: all('#verdict')[0]?.textContent,
      decides: lines('decides'),
      fits: lines('fits'),
      uplinks: lines('uplink'),
      tables: step('table'),
      nats: step('NAT'),
      passed: step('passed'),
      rules: step('rule'),
      answers: step('answers'),
      boxes: all('.map > li.lit .rules').map((each) => each.textContent),
      ends: all('.map .ends li.lit code').map((each) => each.textContent),
      choices: all('.choices button').map((each) => each.textContent),
      findings: all('.findings')[0]?.textContent ?? '',
    };
  });
/** What it says in a moment: an address that has changed is answered when the browser says so. */
const soon = () => expect.poll(said, { timeout: 30_000 });

const ASKED: readonly (readonly [packet: string, down: readonly string[]])[] = [
  [WEB, []],
  [WEB, ['dsl']],
  ['from 192.168.0.228 to 203.0.113.81 tcp 80 in lan0', []],
  ['from 192.168.0.9 to 203.0.113.80 tcp 443 in lan0', []],
  ['from 192.168.0.9 to 203.0.113.80 tcp 443 in lan0', ['cable']],
  ['from 192.168.0.9 to 203.0.113.80 tcp 443 in lan0', ['cable', 'dsl']],
  ['from 192.168.0.9 to 203.0.113.80 tcp 25 in lan0', []],
  ['from 192.168.0.9 to 203.0.113.80 tcp 80 in lan0', []],
  ['from 192.168.0.9 to 203.0.113.80 tcp 22 in lan0', []],
  ['local udp 53 to 203.0.113.53', []],
  ['from 203.0.113.80 tcp 80 to 192.168.0.10 in dsl', []],
  ['from 203.0.113.80 tcp 8443 to 192.0.2.2 in dsl', []],
  ['from 192.168.0.9 tcp 22 to 192.0.2.2 in lan0', []],
];

/** One question to the page and to the command. */
async function compare(packet: string, down: readonly string[]): Promise<void> {
  const downs = down.flatMap((name) => ['--down', name]);
  const json = JSON.parse(await routec('explain', 'policy.route', packet, '--json', ...downs));
  await ask(packet, down);
  const ways: {
    uplink: string;
    table: number;
    gateway: string;
    dev: string;
    nat: { kind: string };
  }[] = json.possible ?? [];
  const now = await said();
  expect(now).toMatchObject({
    verdict: json.verdict,
    tables: ways.map(({ table, gateway, dev }) => `${table}: default via ${gateway} dev ${dev}`),
  });
  const line = json.rule ?? json.forward;
  expect(now.decides[0]).toBe(line === null ? undefined : `${line.file}:${line.line}`);
  const place = line?.file === 'policy.route' ? line.line : `${line?.file}:${line?.line}`;
  const taken = line === null ? 'what none of them takes' : `${place}: `;
  // A list without rules is not on the map.
  const drawn = line !== null || packet.endsWith('in lan0');
  expect(now.boxes).toEqual(drawn ? [expect.stringContaining(taken)] : []);
  const end = json.verdict === 'unreachable' ? [] : [json.verdict];
  const ends = ways.length > 0 ? ways.map(({ uplink }) => uplink) : end;
  expect(now.ends).toEqual(drawn ? ends : []);
  const others: { file: string; line: number }[] = json.others;
  expect(now.fits.slice(0, 1)).toEqual(
    others.slice(0, 1).map(({ file, line }) => `${file}:${line}`),
  );
  expect(now.nats.map((each) => each.replace(/ .*/, ''))).toEqual(ways.map(({ nat }) => nat.kind));
  if (json.priority !== null) expect(now.rules.join()).toContain(`${json.priority}: `);
  for (const { uplink } of json.passed) expect(now.passed).toContain(`${uplink} is down`);
  for (const box of await page.locator('#uplinks label').all()) {
    const name = (await box.locator('code').textContent()) ?? '';
    expect(await box.locator('input').isChecked()).toBe(!down.includes(name));
  }
}

describe('the page of a policy', () => {
  it('says what `routec explain` says', async () => {
    await open('policy.html');
    for (const [packet, down] of ASKED) await compare(packet, down);
    expect(trouble).toEqual([]);
  });

  it('is used by keys alone, and keeps what is asked in its address', async () => {
    await open('policy.html');
    // It begins with a packet of its own.
    expect((await said()).verdict).toBe('main');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Control+A');
    await page.keyboard.type(WEB);
    await page.keyboard.press('Enter');
    await soon().toMatchObject({
      verdict: 'uplink',
      words: 'leaves by dsl (eth3), its source becomes 192.0.2.2',
      decides: ['policy.route:6'],
      uplinks: ['policy.route:2'],
      // The statement goes over two lines.
      fits: ['more.route:2', 'more.route:3'],
      answers: ["come in by eth3, get the old address back, and go on by main's routes"],
    });
    for (const key of ['Tab', 'Tab', 'Tab', 'Space']) await page.keyboard.press(key);
    await soon().toMatchObject({ verdict: 'reject', passed: ['dsl is down'] });
    expect(page.url()).toMatch(/#packet=from\+192\.168\.0\.228.*&down=dsl$/);
    await page.goBack();
    await soon().toMatchObject({ verdict: 'uplink', passed: [] });
    expect(trouble).toEqual([]);
  });

  it('asks for what is left out, and takes one of its offers', async () => {
    await open(
      'policy.html',
      `#${formatFragment({ packet: 'host 192.168.0.228 tcp 80', down: [] })}`,
    );
    const { verdict, words, choices } = await said();
    expect({ verdict, words }).toEqual({
      verdict: 'depends',
      words: 'it depends on to: which is meant?',
    });
    expect(choices).toEqual([
      'from 192.168.0.228 to 203.0.113.81 tcp 80 in lan0',
      'from 192.168.0.228 to 203.0.113.80 tcp 80 in lan0',
    ]);
    await page.locator('.choices button').nth(1).press('Enter');
    await soon().toMatchObject({ verdict: 'uplink', decides: ['policy.route:6'] });
    expect(await page.inputValue('#packet')).toBe(choices[1]);
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('result');
    expect(trouble).toEqual([]);
  });

  it('shows what is wrong with a question as the command does', async () => {
    await open('policy.html', '#packet=tcp+80+vai&down=dls');
    const { verdict, findings } = await said();
    expect(verdict).toBe('wrong');
    const { stderr } = await execa(
      process.execPath,
      [ROUTEC, 'explain', 'policy.route', 'tcp 80 vai'],
      { cwd: folder, reject: false, env: { NO_COLOR: '1' } },
    );
    expect(findings).toContain(stderr.split('\n\n')[0]);
    expect(findings).toContain('did you mean `dsl`?');
    expect(await page.getAttribute('#packet', 'aria-invalid')).toBe('true');
    expect(trouble).toEqual([]);
  });

  it('has no wide parts on a narrow screen', async () => {
    await page.setViewportSize({ width: 320, height: 640 });
    await open('policy.html', `#${formatFragment({ packet: WEB, down: [] })}`);
    const [width, seen] = await page.evaluate(() => [
      document.documentElement.scrollWidth,
      innerWidth,
    ]);
    expect(width).toBeLessThanOrEqual(seen as number);
    await page.setViewportSize({ width: 1280, height: 900 });
  });

  it('of a hostile policy, and a hostile address, runs nothing and loads nothing', async () => {
    const evil = '<img src=x onerror=alert(1)></script><script>alert(2)</script><!-- "POLICY" ';
    const name = '"<img/src=x/onerror=alert(3)>"';
    writeFileSync(join(folder, '<img src=x onerror=alert(4)>.route'), `# ${evil}\u2028\u202e\n`);
    writeFileSync(
      join(folder, 'evil.route'),
      `# ${evil}\nuplink ${name} dev "<b>&" gateway 192.0.2.1 # ${evil}\n` +
        `include "<img src=x onerror=alert(4)>.route"\nroute ipv4 tcp 80 via ${name} # ${evil}\n`,
    );
    await routec('graph', 'evil.route', '--format', 'html', '-o', 'evil.html');
    await open('evil.html');
    expect(await said()).toMatchObject({ verdict: 'uplink', decides: ['evil.route:4'] });
    const packet = `tcp 80 to ${evil}`;
    await open('evil.html', `#${formatFragment({ packet, down: [evil] })}`);
    expect((await said()).verdict).toBe('wrong');
    const odd = await page.evaluate(() => document.querySelectorAll('img, b, script').length);
    // Its own two.
    expect(odd).toBe(2);
    expect(await page.locator('#lines').textContent()).toContain('alert(2)</script>');
    expect(trouble).toEqual([]);
  });

  it('notices what must not happen', async () => {
    await open('policy.html');
    await page.evaluate(() => {
      const image = document.createElement('img');
      image.src = 'https://192.0.2.9/';
      document.body.append(image);
    });
    await expect.poll(() => trouble.join()).toContain('violates img-src');
  });
});

describe('what is typed', () => {
  const offered = (): Promise<string[]> =>
    page
      .locator('#words option')
      .evaluateAll((all) => all.map((each) => each.getAttribute('value') ?? ''));

  it('is completed by words of the language and values of the policy', async () => {
    await open('policy.html');
    const type = async (text: string): Promise<string[]> => {
      await page.locator('#packet').fill(text);
      return offered();
    };
    expect(await type('fr')).toEqual(['from']);
    expect(await type('from ')).toEqual(['from 192.168.0.228', 'from not']);
    expect(await type('from 192.168.0.228 t')).toEqual([
      'from 192.168.0.228 to',
      'from 192.168.0.228 time',
      'from 192.168.0.228 tcp',
    ]);
    expect(await type('tcp 4')).toEqual(['tcp 443']);
    expect(await type('tcp 80, 2')).toEqual(['tcp 80, 25']);
    expect(await type('in d')).toEqual(['in dsl']);
    expect(await type('"')).toEqual([]);
    expect(trouble).toEqual([]);
  });

  it('is asked, and its answer walked through, by keys alone', async () => {
    await open('policy.html');
    const focused = () => page.evaluate(() => document.activeElement?.textContent?.trim() ?? '');
    const keys = async (...all: string[]): Promise<void> => {
      for (const key of all) await page.keyboard.press(key);
    };
    await keys('Tab', 'ControlOrMeta+A');
    await page.keyboard.type('tcp 443');
    await keys('Enter');
    await expect.poll(async () => (await said()).verdict).toBe('depends');
    // The button, both uplinks, the packets to try; then the ways that it may go.
    await keys('Tab', 'Tab', 'Tab', 'Tab', 'Tab');
    const choice = await focused();
    await keys('Enter');
    await expect.poll(() => page.locator('#packet').inputValue()).toBe(choice);
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('result');
    expect(trouble).toEqual([]);
  });
});

describe('routec graph --format html', () => {
  it('makes no page of what lies elsewhere, and none of a wrong policy', async () => {
    const inside = join(folder, 'inside');
    mkdirSync(inside);
    writeFileSync(join(inside, 'policy.route'), 'include "../more.route"\nuplink cable dev eth2\n');
    const run = (path: string) =>
      execa(process.execPath, [ROUTEC, 'graph', path, '--format', 'html'], {
        cwd: folder,
        reject: false,
      });
    const outside = await run('inside/policy.route');
    expect(outside).toMatchObject({ exitCode: 2, stdout: '' });
    expect(outside.stderr).toContain('a page would show ../more.route');
    writeFileSync(join(folder, 'wrong.route'), 'route tcp 80 via\n');
    expect(await run('wrong.route')).toMatchObject({ exitCode: 1, stdout: '' });
  });

  it('takes a policy of a subfolder, one of standard input, and no path along', async () => {
    mkdirSync(join(folder, 'sub/lists'), { recursive: true });
    writeFileSync(join(folder, 'sub/lists/a.list'), '192.0.2.0/24\n');
    const policy =
      'uplink cable dev eth2 masquerade\nset a from "../sub/lists/a.list"\nroute to @a via cable\n';
    writeFileSync(join(folder, 'sub/policy.route'), policy);
    const html = await routec('graph', join(folder, 'sub/policy.route'), '--format', 'html');
    expect(html).not.toContain(folder);
    writeFileSync(join(folder, 'sub.html'), html);
    await open('sub.html');
    expect((await said()).verdict).toBe('uplink');
    const { stdout } = await execa(process.execPath, [ROUTEC, 'graph', '-', '--format', 'html'], {
      cwd: join(folder, 'sub'),
      input: policy,
    });
    writeFileSync(join(folder, 'stdin.html'), stdout);
    await open('stdin.html');
    expect(await page.locator('#name').textContent()).toBe('<stdin>');
    expect((await said()).verdict).toBe('uplink');
    expect(trouble).toEqual([]);
  });
});
