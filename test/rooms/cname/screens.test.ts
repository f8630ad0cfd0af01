import assert from 'node:assert/strict';
import { mkdtemp, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { ListNotice } from '../../../src/cname/list-file.ts';
import { createScreens, type ScreensParts } from '../../../src/cname/screens.ts';
import type { CnameRules } from '../../../src/cname/types.ts';
import { type Disk, realDisk } from '../../../src/world/index.ts';
import { createTestWorld } from '../../support/world.ts';

const rules: CnameRules = {
  ownership: 'dns',
  allowList: [],
  tokenLifetimeMs: 1,
  cnamesPerBucketMax: 100,
  tokensPerBucketMax: 1_000,
  transfer: 'deny',
  endpoints: ['localhost', 'oss.example.net'],
};

let folder: string;
let written = 0;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cnamed-screens-'));
});
after(() => rm(folder, { recursive: true }));

async function write(text: string | Buffer, path = join(folder, `list-${++written}`)) {
  await writeFile(path, text);
  return path;
}

function open(parts: Partial<ScreensParts> = {}) {
  const world = createTestWorld();
  const notices: ListNotice[] = [];
  const screens = createScreens({
    forbiddenLists: [],
    riskLists: [],
    licenseRegistry: undefined,
    rules,
    world,
    report: (notice) => notices.push(notice),
    ...parts,
  });
  return screens.then((opened) => ({ screens: opened, world, notices }));
}

describe('reserved names', () => {
  const check = (domain: string, isReserved: boolean, of: Partial<CnameRules> = {}) =>
    it(`${domain} is ${isReserved ? 'reserved' : 'free'} ${JSON.stringify(of)}`, async () => {
      const { screens } = await open({ rules: { ...rules, ...of } });
      const { verdict } = await screens.screenForbidden(domain);
      assert.equal(verdict, isReserved ? 'forbidden' : 'clear');
    });
  check('oss.example.net', true);
  check('bucket.oss.example.net', true);
  check('a.b.oss.example.net', true);
  check('myoss.example.net', false);
  check('example.net', false);
  check('a.localhost', true);
  check('a.b.localhost', true);
  check('localhost.example', false);
  check('a.invalid', true);
  check('abc.onion', true);
  check('1.0.168.192.in-addr.arpa', true);
  check('nas.home.arpa', true);
  check('co.uk', true);
  check('com.cn', true);
  check('anything.ck', true);
  check('example.co.uk', false);
  check('github.io', true);
  check('github.io', false, { allowList: ['github.io'] });
  check('co.uk', true, { allowList: ['co.uk'] });
  check('someone.github.io', false);
  check('oss-cn-hangzhou.aliyuncs.com', true);
  check('bucket.oss-cn-hangzhou.aliyuncs.com', true);
  check('myaliyuncs.com', false);
  check('shop.test', false);
  check('shop.example', false);
  check('nas.lan', false);
  check('printer.local', false);
  check('files.internal', false);
  check('a.no-such-top-level', false);
});

describe('a list of forbidden names', () => {
  const covers = (form: string, text: string | Buffer, names: string[], others: string[] = []) =>
    it(`is read in the form of ${form}`, async () => {
      const { screens } = await open({ forbiddenLists: [await write(text)] });
      for (const name of names) {
        assert.equal((await screens.screenForbidden(name)).verdict, 'forbidden', name);
      }
      for (const name of others) {
        assert.equal((await screens.screenForbidden(name)).verdict, 'clear', name);
      }
    });
  covers(
    'plain names, each with everything below it',
    '# names\nbad.example\n\n  Worse.Example.  # why\n*.star.example\n.dot.example\nzip\n',
    [
      'bad.example',
      'a.b.bad.example',
      'worse.example',
      'star.example',
      'x.star.example',
      'dot.example',
      'any.zip',
    ],
    ['notbad.example', 'example.org', 'bad.example.org', 'zip.example'],
  );
  covers(
    'a hosts file',
    '127.0.0.1 localhost\n::1 ip6-localhost\n0.0.0.0 ads.example track.example # two\n0.0.0.0\tx.tab.example\n',
    ['ads.example', 'track.example', 'a.ads.example', 'x.tab.example'],
    ['tab.example'],
  );
  covers(
    'a response policy zone',
    `$TTL 300
@ IN SOA ns.rpz.example. admin.rpz.example. (
    2026110100 ; serial
    3600 600 86400 300 )
  IN NS ns.rpz.example.
$ORIGIN rpz.example.
nxdomain.example CNAME .
nodata.example 300 IN CNAME *.
*.below.example CNAME .
walled.example A 192.0.2.1
absolute.example.rpz.example. CNAME rpz-drop.
free.below.example CNAME rpz-passthru.
*.wide.example CNAME .
wide.example CNAME rpz-passthru.
tcp.example CNAME rpz-tcp-only.
32.1.2.0.192.rpz-ip CNAME .
`,
    [
      'nxdomain.example',
      'a.nxdomain.example',
      'nodata.example',
      'x.below.example',
      'walled.example',
    ],
    ['free.below.example', 'wide.example', 'tcp.example', '192.rpz-ip', 'rpz.example'],
  );
  covers(
    'a response policy zone with exceptions and absolute owners',
    'rpz.example. SOA ns. a. 1 2 3 4 5\nbad.example.rpz.example. CNAME .\n*.ok.bad.example.rpz.example. CNAME rpz-passthru.\n',
    ['bad.example', 'ok.bad.example', 'x.bad.example'],
    ['a.ok.bad.example', 'b.a.ok.bad.example'],
  );
  covers(
    'Windows lines, with a byte order mark and no last line end',
    '\ufefffirst.example\r\nsecond.example\r\nthird.example',
    ['first.example', 'second.example', 'third.example'],
  );

  it('tells the caller which name covers theirs, but not where the list is kept', async () => {
    const path = await write('bad.example\n');
    const { screens } = await open({ forbiddenLists: [path] });
    const screen = await screens.screenForbidden('a.bad.example');
    assert.ok(screen.verdict === 'forbidden' && screen.reason.includes('below bad.example'));
    assert.ok(!screen.reason.includes(folder));
  });

  it('keeps its good lines when others are bad, and counts those', async () => {
    const bad = [
      'http://url.example/',
      'two words',
      'bücher.example',
      '1.2.3',
      'a..b',
      'x'.repeat(9_000),
    ];
    const text = Buffer.from(['good.example', ...bad, '\0\0\0', 'fine.example', ''].join('\n'));
    const { screens, notices } = await open({ forbiddenLists: [await write(text)] });
    assert.equal((await screens.screenForbidden('good.example')).verdict, 'forbidden');
    assert.equal((await screens.screenForbidden('fine.example')).verdict, 'forbidden');
    assert.equal(notices[0]?.event, 'read');
    assert.equal(notices[0]?.names, 2);
    assert.equal(notices[0]?.skippedLines, bad.length + 1);
  });

  it('stops the start when it is missing or cannot be read, with its path', async () => {
    const missing = join(folder, 'no-such-list');
    await assert.rejects(open({ riskLists: [missing] }), {
      message: `The list file ${missing} does not exist.`,
    });
    await assert.rejects(open({ licenseRegistry: folder }), /list file .* cannot be read: /);
  });

  it('may be one of several', async () => {
    const lists = [await write('one.example\n'), await write('two.example\n')];
    const { screens } = await open({ forbiddenLists: lists });
    assert.equal((await screens.screenForbidden('one.example')).verdict, 'forbidden');
    assert.equal((await screens.screenForbidden('two.example')).verdict, 'forbidden');
  });
});

describe('a list that changes', () => {
  it('is read again, after a second at most, and not looked at more often', async () => {
    let looks = 0;
    const disk: Disk = {
      ...realDisk,
      facts: (path) => {
        looks++;
        return realDisk.facts(path);
      },
    };
    const path = await write('old.example\n');
    const world = createTestWorld({ disk });
    const { screens } = await open({ forbiddenLists: [path], world });
    await write('new-name.example\n', path);
    world.advance(999);
    assert.equal((await screens.screenForbidden('new-name.example')).verdict, 'clear');
    assert.equal(looks, 1);
    world.advance(1);
    const both = ['new-name.example', 'old.example'].map((name) => screens.screenForbidden(name));
    const verdicts = (await Promise.all(both)).map(({ verdict }) => verdict);
    assert.deepEqual(verdicts, ['forbidden', 'clear']);
    assert.equal(looks, 2);
  });

  it('keeps its last good reading while it is gone, tells once, and comes back', async () => {
    const path = await write('bad.example\n');
    const { screens, world, notices } = await open({ forbiddenLists: [path] });
    await unlink(path);
    for (let second = 0; second < 3; second++) {
      world.advance(1_000);
      assert.equal((await screens.screenForbidden('bad.example')).verdict, 'forbidden');
    }
    await write('worse.example\n', path);
    world.advance(1_000);
    assert.equal((await screens.screenForbidden('bad.example')).verdict, 'clear');
    assert.equal((await screens.screenForbidden('worse.example')).verdict, 'forbidden');
    assert.deepEqual(
      notices.map(({ event, names }) => `${event} ${names}`),
      ['read 1', 'missing 1', 'read 1'],
    );
  });

  it('keeps its last good reading when it cannot be read, and tries again', async () => {
    let isBroken = false;
    const disk: Disk = {
      ...realDisk,
      open: (path) => (isBroken ? Promise.reject(new Error('EIO')) : realDisk.open(path)),
    };
    const path = await write('bad.example\n');
    const world = createTestWorld({ disk });
    const { screens, notices } = await open({ forbiddenLists: [path], world });
    await write('another.example\n', path);
    isBroken = true;
    for (let second = 0; second < 3; second++) {
      world.advance(1_000);
      assert.equal((await screens.screenForbidden('bad.example')).verdict, 'forbidden');
    }
    isBroken = false;
    world.advance(1_000);
    assert.equal((await screens.screenForbidden('another.example')).verdict, 'forbidden');
    assert.deepEqual(
      notices.map(({ event }) => event),
      ['read', 'unreadable', 'read'],
    );
  });

  it('of 200,000 lines is read in many turns, so that others have theirs', async () => {
    const lines = Array.from({ length: 200_000 }, (_, index) => `name-${index}.example\n`);
    const path = await write(lines.join(''));
    let turns = 0;
    let isReading = true;
    const count = (): void => {
      turns++;
      if (isReading) setImmediate(count);
    };
    setImmediate(count);
    const { screens, notices } = await open({ forbiddenLists: [path] });
    isReading = false;
    assert.equal(notices[0]?.names, 200_000);
    assert.ok(turns > 40, `${turns} turns`);
    assert.equal((await screens.screenForbidden('a.name-199999.example')).verdict, 'forbidden');
    assert.equal((await screens.screenForbidden('name-200000.example')).verdict, 'clear');
  });
});

describe('records', () => {
  it('on the risk list are a risk, but not forbidden', async () => {
    const { screens } = await open({ riskLists: [await write('0.0.0.0 risky.example\n')] });
    assert.equal((await screens.screenRecord('a.risky.example')).verdict, 'risk');
    assert.equal((await screens.screenForbidden('a.risky.example')).verdict, 'clear');
    assert.equal((await screens.screenRecord('safe.example')).verdict, 'clear');
  });

  it('are unlicensed when a registry is kept without their registrable domain', async () => {
    const registry = await write('licensed.example\nshop.co.uk\ncom\n');
    const { screens } = await open({ licenseRegistry: registry });
    assert.equal((await screens.screenRecord('licensed.example')).verdict, 'clear');
    assert.equal((await screens.screenRecord('a.b.licensed.example')).verdict, 'clear');
    assert.equal((await screens.screenRecord('www.shop.co.uk')).verdict, 'clear');
    assert.equal((await screens.screenRecord('other.co.uk')).verdict, 'unlicensed');
    assert.equal((await screens.screenRecord('any.com')).verdict, 'unlicensed');
  });

  it('are unlicensed before they are a risk', async () => {
    const list = await write('risky.example\n');
    const { screens } = await open({ riskLists: [list], licenseRegistry: await write('') });
    assert.equal((await screens.screenRecord('risky.example')).verdict, 'unlicensed');
  });

  it('need no license while no registry is kept', async () => {
    const { screens } = await open();
    assert.equal((await screens.screenRecord('any.example')).verdict, 'clear');
  });
});
