/** The first minute of a new user: the entry point, under every Node this machine has. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, before, test } from 'node:test';
import { end, entry, freePorts, run, type ServerProcess, serve } from './cli-process.ts';

let folder: string;
/** A module that makes any Node look too old to the guard: the hand-over is always tried. */
let pretendOld: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cnamed-first-'));
  pretendOld = join(folder, 'old.cjs');
  const versions = "{ ...process.versions, node: '20.20.2' }";
  await writeFile(
    pretendOld,
    `Object.defineProperty(process, 'versions', { value: ${versions} });`,
  );
});
after(() => rm(folder, { recursive: true, force: true }));

/** This Node, this Node in disguise, and every older one that the machine really has. */
function runtimes(): { name: string; node: string[] }[] {
  const found = [
    { name: process.version, node: [process.execPath] },
    { name: 'a Node that says it is 20', node: [process.execPath, '-r', pretendOld] },
  ];
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin', '/usr/local/bin'];
  const seen = new Set([process.version]);
  for (const path of new Set(folders.map((each) => join(each, 'node')))) {
    const version = versionOf(path);
    if (version === undefined || seen.has(version)) continue;
    seen.add(version);
    if (Number(version.slice(1).split('.')[0]) < 24) found.push({ name: version, node: [path] });
  }
  return found;
}

function versionOf(path: string): string | undefined {
  try {
    return execFileSync(path, ['--version'], { encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch {
    return undefined;
  }
}

async function isAnswering(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    return await new Promise((resolve) => {
      socket.on('connect', () => resolve(true));
      socket.on('error', () => resolve(false));
    });
  } finally {
    socket.destroy();
  }
}

test('under any Node serve gets ready, answers, shows its key once and stops', async (t) => {
  for (const { name, node } of runtimes()) {
    await t.test(name, async () => {
      const dataDir = await mkdtemp(join(folder, 'data-'));
      const environment = { ...freePorts, CNAMED_DATA_DIR: dataDir };
      let server: ServerProcess | undefined;
      try {
        server = await serve({ node, environment });
        const answer = await fetch(`http://127.0.0.1:${server.httpPort}/`);
        assert.equal(answer.status, 403);
        assert.match(await answer.text(), /<Code>AccessDenied<\/Code>/);
        await server.until(/"accessKeySecret":"\w+"/, 'stderr');
        const { code, stdout } = (await end(server)) ?? {};
        assert.equal(code, 0);
        assert.equal(stdout?.trim().split('\n').length, 1);
        server = await serve({ node, environment });
        assert.doesNotMatch(server.stderr(), /accessKeySecret/);
      } finally {
        await end(server, 'SIGKILL');
      }
    });
  }
});

test('when the guard of an old Node is killed, the server behind it stops too', async () => {
  const environment = { ...freePorts, CNAMED_DATA_DIR: join(folder, 'life-line') };
  const server = await serve({ node: [process.execPath, '-r', pretendOld], environment });
  assert.equal(await isAnswering(server.httpPort), true);
  // Standard output is shared with the server itself: it closes when both are gone.
  const { signal } = (await end(server, 'SIGKILL')) ?? {};
  assert.equal(signal, 'SIGKILL');
  assert.equal(await isAnswering(server.httpPort), false);
});

test('an old Node without the packaged runtime is told what to do', async () => {
  const alone = join(folder, 'alone');
  await mkdir(join(alone, 'bin'), { recursive: true });
  const script = join(alone, 'bin', 'cnamed.cjs');
  await copyFile(entry, script);
  const node = [process.execPath, '-r', pretendOld];
  const { code, stdout, stderr } = await run(['serve'], { node, script, folder: alone });
  assert.equal(code, 1);
  assert.equal(stdout, '');
  assert.match(stderr, /^cnamed needs Node 24 or newer and found v.*\nRun "npm ci"/);
});

test('two servers on one data folder: the second is refused and the first goes on', async () => {
  const environment = { ...freePorts, CNAMED_DATA_DIR: join(folder, 'shared') };
  const first = await serve({ environment });
  try {
    const second = await run(['serve'], { environment });
    assert.equal(second.code, 1);
    assert.equal(second.stdout, '');
    assert.match(second.stderr, /error: Another cnamed server is running on/);
    assert.equal(await isAnswering(first.httpPort), true);
  } finally {
    await end(first);
  }
});

test('an address in use is told with the settings to change', async () => {
  const first = await serve({
    environment: { ...freePorts, CNAMED_DATA_DIR: join(folder, 'in-use-1') },
  });
  try {
    const environment = {
      CNAMED_HTTP: `127.0.0.1:${first.httpPort}`,
      CNAMED_HTTPS: 'off',
      CNAMED_CONSOLE: 'off',
      CNAMED_DATA_DIR: join(folder, 'in-use-2'),
    };
    const { code, stderr } = await run(['serve'], { environment });
    assert.equal(code, 1);
    assert.match(stderr, new RegExp(`error: .*127\\.0\\.0\\.1:${first.httpPort}`));
    assert.match(stderr, /next: .*CNAMED_HTTP/);
  } finally {
    await end(first);
  }
});

test('a misspelt variable stops the start with the one that was meant', async () => {
  const environment = { CNAMED_DATADIR: folder };
  const { code, stderr } = await run(['serve'], { environment });
  assert.equal(code, 2);
  assert.match(stderr, /There is no setting CNAMED_DATADIR\. Did you mean CNAMED_DATA_DIR\?/);
});
