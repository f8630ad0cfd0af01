/** The command line without a server: usage, configuration, serving and stopping. */
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type CliSurroundings, type RunningServer, runCli } from '../../../src/cli/index.ts';
import type { Config } from '../../../src/config/index.ts';
import { createTestWorld } from '../../support/world.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cnamed-cli-'));
});
after(() => rm(folder, { recursive: true, force: true }));

class Screen extends EventEmitter {
  text = '';
  readonly isTTY: boolean;
  constructor(isTTY = false) {
    super();
    this.isTTY = isTTY;
  }
  write(text: string): void {
    this.text += text;
    this.emit('text');
  }
}

interface Run {
  readonly code: Promise<number>;
  readonly stdout: Screen;
  readonly stderr: Screen;
  readonly signals: EventEmitter;
  readonly started: Config[];
  readonly exits: number[];
  stops: number;
}

function start(
  words: readonly string[],
  options: {
    environment?: Record<string, string>;
    server?: Partial<RunningServer>;
    surroundings?: Partial<CliSurroundings>;
    isTerminal?: boolean;
  } = {},
): Run {
  const run = {
    stdout: new Screen(options.isTerminal),
    stderr: new Screen(options.isTerminal),
    signals: new EventEmitter(),
    started: [] as Config[],
    exits: [] as number[],
    stops: 0,
  };
  const code = runCli(words, options.environment ?? {}, {
    world: createTestWorld(),
    stdout: run.stdout,
    stderr: run.stderr,
    signals: run.signals,
    currentFolder: folder,
    exitNow: (given) => run.exits.push(given),
    startServer: async (config) => {
      run.started.push(config);
      return {
        addresses: {
          http: { host: '127.0.0.1', port: 4711 },
          https: { host: '::1', port: 4712 },
          console: { host: '127.0.0.1', port: 4713 },
        },
        generatedKey: undefined,
        stop: async () => {
          run.stops++;
        },
        fall: async () => {},
        ...options.server,
      };
    },
    openEngines: async () => assert.fail('no store is needed here'),
    openWithObjects: async () => assert.fail('no store is needed here'),
    openSchema: () => assert.fail('no store is needed here'),
    openForCopy: async () => assert.fail('no store is needed here'),
    databaseOf: () => assert.fail('no store is needed here'),
    ...options.surroundings,
  });
  return Object.assign(run, { code });
}

async function finish(...given: Parameters<typeof start>) {
  const run = start(...given);
  return { code: await run.code, stdout: run.stdout.text, stderr: run.stderr.text };
}

async function untilReady(run: Run): Promise<void> {
  while (!run.stdout.text.includes('\n')) await once(run.stdout, 'text');
}

const generatedKey = { accountId: '1', accessKeyId: 'LTAIx', accessKeySecret: 'only-once' };

test('serve prints exactly one line on standard output, with every address', async () => {
  const run = start(['serve']);
  await untilReady(run);
  run.signals.emit('SIGTERM');
  assert.equal(await run.code, 0);
  assert.equal(
    run.stdout.text,
    'cnamed ready http://127.0.0.1:4711 https://[::1]:4712 console 127.0.0.1:4713\n',
  );
  assert.equal(run.stops, 1);
  assert.equal(run.signals.listenerCount('SIGTERM'), 0);
});

test('a listener that is off is not in the ready line', async () => {
  const addresses = { http: undefined, https: { host: '127.0.0.1', port: 1 }, console: undefined };
  const run = start(['serve', '--http', 'off'], { server: { addresses } });
  await untilReady(run);
  assert.equal(run.stdout.text, 'cnamed ready https://127.0.0.1:1\n');
  run.signals.emit('SIGINT');
  assert.equal(await run.code, 0);
});

test('the generated key is printed once: for eyes on a terminal, as JSON in a log', async () => {
  const terminal = start(['serve'], { server: { generatedKey }, isTerminal: true });
  await untilReady(terminal);
  terminal.signals.emit('SIGTERM');
  await terminal.code;
  assert.match(terminal.stderr.text, /access key secret {2}only-once/);
  assert.match(terminal.stderr.text, /domain add/);
  assert.doesNotMatch(terminal.stdout.text, /only-once/);

  const log = start(['serve'], { server: { generatedKey } });
  await untilReady(log);
  log.signals.emit('SIGTERM');
  await log.code;
  const [line = '', ...rest] = log.stderr.text.trim().split('\n');
  assert.equal(JSON.parse(line).accessKeySecret, 'only-once');
  assert.deepEqual(rest, []);
});

test('a second interrupt ends the process at once, a second SIGTERM does not', async () => {
  const draining = Promise.withResolvers<void>();
  const run = start(['serve'], { server: { stop: () => draining.promise } });
  await untilReady(run);
  run.signals.emit('SIGINT');
  run.signals.emit('SIGTERM');
  assert.deepEqual(run.exits, []);
  run.signals.emit('SIGINT');
  assert.deepEqual(run.exits, [130]);
  draining.resolve();
  assert.equal(await run.code, 0);
});

test('a signal that comes while the server still starts is not lost', async () => {
  const asked = Promise.withResolvers<void>();
  const starting = Promise.withResolvers<RunningServer>();
  const startServer = (): Promise<RunningServer> => {
    asked.resolve();
    return starting.promise;
  };
  const run = start(['serve'], { surroundings: { startServer } });
  await asked.promise;
  run.signals.emit('SIGTERM');
  let stops = 0;
  const addresses = { http: undefined, https: undefined, console: undefined };
  const stop = async (): Promise<void> => void stops++;
  starting.resolve({ addresses, generatedKey: undefined, stop, fall: stop });
  assert.equal(await run.code, 0);
  assert.equal(stops, 1);
});

test('a start that fails is told with what to do, exit code 1', async () => {
  const failing = (code: string, message: string) => async (): Promise<RunningServer> => {
    throw Object.assign(new Error(message), { code });
  };
  const inUse = failing('EADDRINUSE', 'listen EADDRINUSE: address already in use 127.0.0.1:9080');
  const { code, stdout, stderr } = await finish(['serve'], {
    surroundings: { startServer: inUse },
  });
  assert.equal(code, 1);
  assert.equal(stdout, '');
  assert.match(stderr, /^error: listen EADDRINUSE.*9080\n.*EADDRINUSE\n {2}next: .*--http/s);
});

test('flags, variables and file reach the server', async () => {
  await writeFile(join(folder, 'c.json'), JSON.stringify({ region: 'eu-lab', http: '[::1]:1' }));
  const run = start(['serve', '--config', 'c.json', '--http', '127.0.0.1:0'], {
    environment: { CNAMED_TOKEN_LIFETIME: '1h' },
  });
  await untilReady(run);
  run.signals.emit('SIGTERM');
  await run.code;
  const [config] = run.started;
  assert.equal(config?.region, 'eu-lab');
  assert.equal(config?.tokenLifetimeMs, 3_600_000);
  assert.deepEqual(config?.http, { host: '127.0.0.1', port: 0 });
  assert.equal(config?.dataDir, join(folder, 'data'));
});

test('wrong usage is exit code 2 and says how it is used', async () => {
  const check = async (words: string[], expected: RegExp): Promise<void> => {
    const { code, stdout, stderr } = await finish(words);
    assert.equal(code, 2, words.join(' '));
    assert.equal(stdout, '');
    assert.match(stderr, expected);
  };
  await check([], /Usage: cnamed/);
  await check(['srve'], /Did you mean serve\?/);
  await check(['serve', '--htp', 'x'], /unknown option '--htp'/);
  await check(['serve', '--http', 'x'], /--http is "x"; expected host:port/);
  await check(['domain', 'add', 'a.example'], /required option '--bucket/);
  await check(['domain', 'add', '1.2.3.4', '--bucket', 'b-1'], /IP address cannot be mapped/);
  await check(['domain', 'list', '--bucket', 'A/B'], /no bucket name/);
  await check(['domain', 'add', 'a.example', '--bucket', 'b-1', '--wait', 'long'], /15m or 2h/);
  await check(['audit', 'list', '--limit', '0'], /whole number/);
});

test('help and version are exit code 0 on standard output', async () => {
  const version = await finish(['--version']);
  assert.deepEqual([version.code, version.stderr], [0, '']);
  assert.match(version.stdout, /^\d+\.\d+\.\d+\n$/);
  for (const words of [['--help'], ['serve', '--help'], ['domain', 'add', '--help']]) {
    const { code, stdout } = await finish(words);
    assert.equal(code, 0);
    assert.match(stdout, /Examples:/);
  }
  const { stdout } = await finish(['serve', '--help']);
  for (const name of ['CNAMED_HTTP', 'CNAMED_TRANSFER', 'CNAMED_WORKERS']) {
    assert.ok(stdout.includes(name), name);
  }
});

test('config prints what stands and where it comes from, without secrets', async () => {
  const environment = { CNAMED_ACCESS_KEY_ID: 'AK', CNAMED_ACCESS_KEY_SECRET: 'never-shown-1' };
  const { code, stdout } = await finish(['config', '--json', '--region', 'eu-lab'], {
    environment,
  });
  assert.equal(code, 0);
  const shown = JSON.parse(stdout);
  assert.deepEqual(shown.region, { value: 'eu-lab', from: 'flag' });
  assert.deepEqual(shown['access-key-id'], { value: 'AK', from: 'environment' });
  assert.deepEqual(shown['access-key-secret'], { value: '(hidden)', from: 'environment' });
  const table = await finish(['config'], { environment });
  assert.match(table.stdout, /^http +127\.0\.0\.1:9080 +default$/m);
  assert.doesNotMatch(table.stdout, /never-shown/);
});

test('commands on a folder without data refuse and make no empty installation', async () => {
  const { code, stderr } = await finish(['account', 'list']);
  assert.equal(code, 1);
  assert.match(stderr, /There is no cnamed data in .*data\.\n {2}next: Start the server once/);
  const json = await finish(['account', 'list', '--json']);
  assert.match(JSON.parse(json.stderr).error.message, /There is no cnamed data/);
});

test('domain commands say when address or key cannot be known', async () => {
  const check = async (words: string[], expected: RegExp, environment = {}): Promise<void> => {
    const given = ['domain', 'list', '--bucket', 'b-1', ...words];
    const { code, stderr } = await finish(given, { environment });
    assert.equal(code, 2, stderr);
    assert.match(stderr, expected);
  };
  await check(['--http', 'off'], /HTTP is off/);
  await check(['--http', '127.0.0.1:0'], /next: Give it: --endpoint/);
  await check(['--endpoint', 'https://oss.example.com'], /There is no key for/);
  await check(['--access-key-id', 'a'], /belong together/);
  const key = ['--access-key-id', 'a', '--access-key-secret', 'b'];
  await check([...key, '--endpoint', 'ftp://x'], /is no address such as/);
  await check([...key, '--addressing', 'round'], /expected one of auto/);
  await check([...key, '--ca', 'gone.pem'], /--ca gone\.pem cannot be read/);
});

test('a key of this machine is never sent to another service', async () => {
  const words = ['domain', 'list', '--bucket', 'b-1', '--endpoint', 'http://oss.example.com'];
  const { stderr } = await finish(words);
  assert.match(stderr, /CNAMED_ACCESS_KEY_ID/);
});
