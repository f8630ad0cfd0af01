import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { test } from 'node:test';
import {
  ConfigProblem,
  type ConfigSources,
  explainConfig,
  loadConfig,
  settings,
} from '../../../src/config/index.ts';

function sources(given: Partial<ConfigSources> & { file?: unknown } = {}): ConfigSources {
  return {
    flags: given.flags ?? {},
    environment: given.environment ?? {},
    currentFolder: '/srv/w',
    readText:
      given.readText ??
      (async () => (typeof given.file === 'string' ? given.file : JSON.stringify(given.file))),
  };
}

async function refusal(given: Parameters<typeof sources>[0]): Promise<string> {
  try {
    await loadConfig(sources(given));
  } catch (error) {
    assert.ok(error instanceof ConfigProblem, String(error));
    return error.message;
  }
  return assert.fail('this configuration must be refused');
}

test('without any setting the defaults of the contract stand', async () => {
  assert.deepEqual(await loadConfig(sources()), {
    http: { host: '127.0.0.1', port: 9080 },
    https: { host: '127.0.0.1', port: 9443 },
    console: undefined,
    balancers: [],
    callbackDigest: 'md5',
    logZoneMinutes: 0,
    endpoints: ['localhost'],
    publicEndpoint: undefined,
    region: 'cn-hangzhou',
    objectStore: undefined,
    dataDir: '/srv/w/data',
    databaseUrl: undefined,
    masterKeyFile: '/srv/w/data/master.key',
    rootKey: undefined,
    garbageAgeMs: 60_000,
    dnsServers: [],
    ownership: 'dns',
    ownershipAllowList: [],
    ownershipTimeoutMs: 8000,
    tokenLifetimeMs: 72 * 3600 * 1000,
    cnamesPerBucketMax: 100,
    transfer: 'deny',
    forbiddenLists: [],
    riskLists: [],
    licenseRegistry: undefined,
    defaultCertificate: undefined,
    isHttp2: true,
    isForceDownload: true,
    isPublicAccessBlocked: false,
    restoreDelayMs: 5000,
    outboundAllow: [],
    connectionsPerAddressMax: 256,
    certificatesKeptMax: 5_000,
    nodeName: undefined,
    drainDelayMs: 0,
    workers: 1,
    logLevel: 'info',
  });
});

test('every variable of the contract is a setting with flag, default and description', () => {
  const contract =
    'HTTP HTTPS CONSOLE DATA_DIR ENDPOINT PUBLIC_ENDPOINT REGION ACCESS_KEY_ID ' +
    'ACCESS_KEY_SECRET DNS_SERVERS OWNERSHIP TOKEN_LIFETIME CNAME_PER_BUCKET TRANSFER ' +
    'FORBIDDEN_LIST RISK_LIST LICENSE_REGISTRY CERTIFICATE CERTIFICATE_KEY HTTP2 FORCE_DOWNLOAD ' +
    'DATABASE_URL OBJECT_STORE MASTER_KEY_FILE WORKERS LOG_LEVEL';
  const byVariable = new Map(settings.map((setting) => [setting.variable, setting]));
  for (const name of contract.split(' ')) {
    const setting = byVariable.get(`CNAMED_${name}`);
    assert.ok(setting, name);
    assert.equal(setting.flag, `--${name.toLowerCase().replaceAll('_', '-')}`);
    assert.match(setting.doc, /\.$/);
    assert.notEqual(setting.fallback, '');
  }
});

test('a flag counts before the environment, the environment before the file', async () => {
  const given = {
    flags: { config: 'cnamed.json', region: 'flag-region' },
    environment: { CNAMED_REGION: 'env-region', CNAMED_TOKEN_LIFETIME: '2h' },
    file: { region: 'file-region', 'token-lifetime': '1h', 'cname-per-bucket': 7 },
  };
  const config = await loadConfig(sources(given));
  assert.equal(config.region, 'flag-region');
  assert.equal(config.tokenLifetimeMs, 7_200_000);
  assert.equal(config.cnamesPerBucketMax, 7);
  const origins = (await explainConfig(sources(given))).map(({ name, origin }) => [name, origin]);
  const byName = Object.fromEntries(origins);
  assert.equal(byName.region, 'flag');
  assert.equal(byName['token-lifetime'], 'environment');
  assert.equal(byName['cname-per-bucket'], 'file');
  assert.equal(byName.http, 'default');
});

test('a file may hold numbers, truth values and lists', async () => {
  const file = {
    'cname-per-bucket': 3,
    'force-download': false,
    endpoint: ['localhost', 'OSS.Example.com.'],
  };
  const config = await loadConfig(sources({ environment: { CNAMED_CONFIG: 'x.json' }, file }));
  assert.equal(config.cnamesPerBucketMax, 3);
  assert.equal(config.isForceDownload, false);
  assert.deepEqual(config.endpoints, ['localhost', 'oss.example.com']);
});

test('relative paths of a file start from its folder, others from the current folder', async () => {
  const config = await loadConfig(
    sources({
      flags: { config: '/etc/cnamed/cnamed.json' },
      environment: { CNAMED_RISK_LIST: 'risk.txt,/abs/risk.txt' },
      file: { 'forbidden-list': 'bad.txt', 'data-dir': '../data' },
    }),
  );
  assert.deepEqual(config.forbiddenLists, ['/etc/cnamed/bad.txt']);
  assert.equal(config.dataDir, '/etc/data');
  assert.equal(config.masterKeyFile, '/etc/data/master.key');
  assert.deepEqual(config.riskLists, ['/srv/w/risk.txt', '/abs/risk.txt']);
});

test('addresses may be IPv4, IPv6, names, any free port, or off', async () => {
  const check = async (text: string, expected: unknown): Promise<void> => {
    const config = await loadConfig(sources({ environment: { CNAMED_HTTP: text } }));
    assert.deepEqual(config.http, expected, text);
  };
  await check('0.0.0.0:80', { host: '0.0.0.0', port: 80 });
  await check('[::1]:0', { host: '::1', port: 0 });
  await check('[2001:DB8::1]:65535', { host: '2001:db8::1', port: 65_535 });
  await check('localhost:9080', { host: 'localhost', port: 9080 });
  await check(' OFF ', 'off');
  for (const wrong of ['9080', ':9080', '::1:9080', '127.0.0.1', 'a:65536', 'a:-1', 'a b:1']) {
    const message = await refusal({ environment: { CNAMED_HTTP: wrong } });
    assert.match(message, /^CNAMED_HTTP is ".*"; expected host:port/, wrong);
  }
});

test('durations need a unit and keep to their range', async () => {
  const check = async (text: string, ms: number): Promise<void> => {
    const config = await loadConfig(sources({ environment: { CNAMED_TOKEN_LIFETIME: text } }));
    assert.equal(config.tokenLifetimeMs, ms, text);
  };
  await check('72h', 259_200_000);
  await check('30m', 1_800_000);
  await check('1h30m', 5_400_000);
  await check('1500ms', 1500);
  await check('3d', 259_200_000);
  for (const wrong of ['72', '72 h', '-1h', '1.5h', 'h', '0s', '999ms', '4000d', '9'.repeat(40)]) {
    assert.match(await refusal({ flags: { 'token-lifetime': wrong } }), /^--token-lifetime is /);
  }
});

test('an unknown name is refused with the nearest known one', async () => {
  assert.match(await refusal({ environment: { CNAMED_HTPP: 'x' } }), /Did you mean CNAMED_HTTP\?/);
  assert.match(await refusal({ flags: { 'data-dri': 'x' } }), /Did you mean --data-dir\?/);
  assert.match(
    await refusal({ flags: { config: 'c.json' }, file: { regoin: 'x' } }),
    /c\.json has the unknown key "regoin"\. Did you mean region\?/,
  );
  const far = await refusal({ environment: { CNAMED_BANANA_SPLIT: '1' } });
  assert.doesNotMatch(far, /Did you mean/);
});

test('variables of other programs, the guard and the test suite are none of ours', async () => {
  const environment = { PATH: '/bin', CNAMED_LIFE_LINE: '3', CNAMED_TEST_SEED: '1', CNAMEDX: '' };
  assert.ok(await loadConfig(sources({ environment })));
});

test('an empty variable counts as not set', async () => {
  const environment = { CNAMED_HTTP: '', CNAMED_ACCESS_KEY_ID: '', CNAMED_CONFIG: '' };
  assert.equal((await loadConfig(sources({ environment }))).rootKey, undefined);
});

test('every fault is told at once, each in a sentence', async () => {
  const message = await refusal({
    environment: { CNAMED_HTTP: 'x', CNAMED_TRANSFER: 'yes', CNAMED_LOG_LEVEL: 'loud' },
  });
  const lines = message.split('\n');
  assert.equal(lines.length, 3);
  for (const line of lines) assert.match(line, /^CNAMED_\w+ is ".*"; expected .*\.$/);
});

test('an object store is an address of the form s3, without credentials in it', async () => {
  const read = async (text: string) => {
    const environment = { CNAMED_OBJECT_STORE: text };
    return (await loadConfig(sources({ environment }))).objectStore?.address;
  };
  assert.deepEqual(await read('s3://photos?endpoint=http://10.0.0.7:9000&prefix=a/b'), {
    kind: 's3',
    bucket: 'photos',
    endpoint: 'http://10.0.0.7:9000',
    region: 'us-east-1',
    prefix: 'a/b/',
    isPathStyle: true,
  });
  const atOss = 's3://photos?endpoint=oss-cn-hangzhou.aliyuncs.com&region=oss-cn-hangzhou';
  assert.deepEqual(await read(atOss), {
    kind: 's3',
    bucket: 'photos',
    endpoint: 'https://oss-cn-hangzhou.aliyuncs.com',
    region: 'oss-cn-hangzhou',
    prefix: '',
    isPathStyle: false,
  });
  const styled = await read('s3://photos?region=eu-west-1&path-style=on');
  assert.ok(styled?.kind === 's3' && styled.isPathStyle);
  assert.deepEqual(await read('file:///srv/the%20objects/'), {
    kind: 'folder',
    folder: '/srv/the objects',
  });
  const wrong = [
    's3://key:hush-hush@photos',
    'http://photos',
    's3://',
    's3://photos/hush',
    's3://photos?endpoint=ftp://x',
    's3://photos?secret=hush',
    's3://photos?prefix=/x',
    's3://photos?region=a&region=b',
    's3://photos?path-style=maybe',
    'file:///',
    'file://hush/srv',
    'file:///srv?hush',
    'file:///srv/a%2fhush',
    'file:///srv/%zz',
  ];
  for (const text of wrong) {
    const message = await refusal({ environment: { CNAMED_OBJECT_STORE: text } });
    assert.match(message, /^CNAMED_OBJECT_STORE is a value that is not shown; expected s3:/, text);
    assert.doesNotMatch(message, /hush/);
  }
  const alone = { CNAMED_OBJECT_STORE: 's3://photos', CNAMED_OBJECT_STORE_KEY_ID: 'AKIDEXAMPLE' };
  assert.match(await refusal({ environment: alone }), /belong together/);
  const folder = {
    CNAMED_OBJECT_STORE: 'file:///srv/objects',
    CNAMED_OBJECT_STORE_KEY_ID: 'AKIDEXAMPLE',
    CNAMED_OBJECT_STORE_KEY_SECRET: 'hush',
  };
  assert.match(await refusal({ environment: folder }), /no effect while object-store is a folder/);
});

test('a time zone is an offset that some place has', async () => {
  for (const [text, minutes] of [
    ['+08:00', 480],
    ['-09:30', -570],
    ['-00:00', 0],
    ['+14:00', 840],
  ] as const) {
    const config = await loadConfig(sources({ flags: { 'log-time-zone': text } }));
    assert.equal(config.logZoneMinutes, minutes, text);
  }
  for (const text of ['8', '+8:00', '+08:60', '+14:01', '+0800', 'Asia/Shanghai']) {
    const problem = await refusal({ flags: { 'log-time-zone': text } });
    assert.match(problem, /an offset from UTC, for example \+08:00/, text);
  }
});

test('workers are counted, or one for each core', async () => {
  const workersOf = async (text: string) =>
    (await loadConfig(sources({ environment: { CNAMED_WORKERS: text } }))).workers;
  assert.equal(await workersOf('1'), 1);
  assert.equal(await workersOf('16'), 16);
  assert.equal(await workersOf('AUTO'), availableParallelism());
  for (const text of ['0', '257', '2.5', '-1', 'all']) {
    const message = await refusal({ environment: { CNAMED_WORKERS: text } });
    assert.match(
      message,
      /^CNAMED_WORKERS is ".*"; expected a whole number from 1 to 256, or "auto"/,
    );
  }
});

test('the address for the operator may be off, left out, and no other listener’s', async () => {
  const consoleOf = async (text: string) =>
    (await loadConfig(sources({ environment: { CNAMED_CONSOLE: text } }))).console;
  assert.equal(await consoleOf('off'), 'off');
  assert.deepEqual(await consoleOf('0.0.0.0:9081'), { host: '0.0.0.0', port: 9081 });
  const same = { CNAMED_HTTP: 'h:1', CNAMED_CONSOLE: 'h:1' };
  assert.match(await refusal({ environment: same }), /http and console are both h:1/);
});

test('nodes have names, balancers have addresses, and a drain takes a while', async () => {
  const given = {
    CNAMED_NODE_NAME: 'rack-1_a.internal',
    CNAMED_PROXY_FROM: '192.0.2.1, 10.0.0.0/8,2001:db8::/32',
    CNAMED_DRAIN_DELAY: '20s',
  };
  const config = await loadConfig(sources({ environment: given }));
  assert.equal(config.nodeName, 'rack-1_a.internal');
  assert.deepEqual(config.balancers, ['192.0.2.1', '10.0.0.0/8', '2001:db8::/32']);
  assert.equal(config.drainDelayMs, 20_000);
  const wrong = [
    ['NODE_NAME', 'a b'],
    ['NODE_NAME', 'n'.repeat(41)],
    ['PROXY_FROM', 'balancer.internal'],
    ['PROXY_FROM', '10.0.0.0/33'],
    ['PROXY_FROM', '10.0.0.0/'],
    ['PROXY_FROM', '10.0.0.0/8/8'],
    ['DRAIN_DELAY', '11m'],
  ];
  for (const [name, text = ''] of wrong) {
    const environment = { [`CNAMED_${name}`]: text };
    assert.match(await refusal({ environment }), new RegExp(`^CNAMED_${name} is .*expected`), text);
  }
});

test('the address of a database is taken whole, and a wrong one is never shown', async () => {
  const url = 'postgres://cnamed:hush@db.example.com/cnamed?sslmode=verify-full';
  const config = await loadConfig(sources({ environment: { CNAMED_DATABASE_URL: url } }));
  assert.equal(config.databaseUrl, url);
  assert.equal((await loadConfig(sources({}))).databaseUrl, undefined);
  for (const wrong of ['mysql://u:hush@h/db', 'postgres//u:hush@h', 'hush']) {
    const message = await refusal({ environment: { CNAMED_DATABASE_URL: wrong } });
    assert.match(
      message,
      /^CNAMED_DATABASE_URL is a value that is not shown; expected .*postgres:/,
    );
    assert.doesNotMatch(message, /hush/);
  }
});

test('secrets appear neither in refusals nor in the printed configuration', async () => {
  const secret = 'hush hush';
  const environment = { CNAMED_ACCESS_KEY_ID: 'AK', CNAMED_ACCESS_KEY_SECRET: secret };
  assert.doesNotMatch(await refusal({ environment }), /hush/);
  const given = { ...environment, CNAMED_ACCESS_KEY_SECRET: 'hush-hush-hush' };
  const shown = JSON.stringify(await explainConfig(sources({ environment: given })));
  assert.doesNotMatch(shown, /hush/);
  assert.match(shown, /"name":"access-key-secret","text":"\(hidden\)","origin":"environment"/);
  const broken = await refusal({ flags: { config: 'c' }, file: '{"access-key-secret": "hush"' });
  assert.match(broken, /is not JSON/);
  assert.doesNotMatch(broken, /hush/);
});

test('settings that contradict each other are refused', async () => {
  const check = async (environment: Record<string, string>, expected: RegExp): Promise<void> => {
    assert.match(await refusal({ environment }), expected);
  };
  await check({ CNAMED_HTTP: 'off', CNAMED_HTTPS: 'off' }, /at least one listener/);
  await check({ CNAMED_HTTP: 'h:1', CNAMED_HTTPS: 'h:1' }, /different ports/);
  await check({ CNAMED_ACCESS_KEY_ID: 'a' }, /belong together/);
  await check({ CNAMED_ACCESS_KEY_SECRET: 'abcdefgh' }, /belong together/);
  await check({ CNAMED_CERTIFICATE_KEY: 'k.pem' }, /belong together/);
  await check({ CNAMED_OWNERSHIP: 'allow-list' }, /names no domain/);
  await check({ CNAMED_OWNERSHIP_ALLOW_LIST: 'example.com' }, /has no effect/);
  const free = { CNAMED_HTTP: '127.0.0.1:0', CNAMED_HTTPS: '127.0.0.1:0' };
  assert.ok(await loadConfig(sources({ environment: free })));
});

test('an allow-list is lower-cased names, not addresses', async () => {
  const environment = {
    CNAMED_OWNERSHIP: 'allow-list',
    CNAMED_OWNERSHIP_ALLOW_LIST: 'Lan, a.TEST',
  };
  assert.deepEqual((await loadConfig(sources({ environment }))).ownershipAllowList, [
    'lan',
    'a.test',
  ]);
  const wrong = { ...environment, CNAMED_OWNERSHIP_ALLOW_LIST: '10.0.0.1' };
  assert.match(await refusal({ environment: wrong }), /expected domain names/);
});

test('a file that is missing, is no object or holds no text is told by name', async () => {
  const missing = async (): Promise<string> => {
    throw new Error('no such file');
  };
  const flags = { config: 'gone.json' };
  assert.match(await refusal({ flags, readText: missing }), /gone\.json cannot be read: no such/);
  assert.match(await refusal({ flags, file: '[]' }), /must hold one JSON object/);
  assert.match(await refusal({ flags, file: { http: null } }), /"http" in gone\.json is null/);
  assert.match(await refusal({ flags, file: { http: { a: 1 } } }), /expected a text, a number/);
});

test('a byte order mark before the file is no fault', async () => {
  const config = await loadConfig(
    sources({ flags: { config: 'c' }, file: '\uFEFF{"region":"eu-lab"}' }),
  );
  assert.equal(config.region, 'eu-lab');
});

test('nobody can change a configuration after it was read', async () => {
  const config = await loadConfig(sources());
  assert.ok(Object.isFrozen(config));
  assert.ok(Object.isFrozen(config.http));
  assert.ok(Object.isFrozen(config.endpoints));
});
