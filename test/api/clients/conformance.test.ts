/**
 * The table of conformance, run: the official client drives every operation, with V1 and V4, in
 * every way its users address a server. A row holds when the server was asked for that very
 * operation by that very method, and answered as the row says. docs/conformance.md is printed from
 * the same table.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import OSS from 'ali-oss';
import { operations } from '../../../src/api/index.ts';
import { type Addressing, openAliOss } from '../../support/ali-oss.ts';
import { ask, type RawResponse } from '../../support/raw-client.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { document } from '../cname/shop.ts';
import { recordOperations } from './conformance/recorder.ts';
import {
  type Asked,
  addressingsOf,
  type Scenario,
  type Stage,
  type Untyped,
} from './conformance/scenario.ts';
import { ownOperations, rows, scenarios, silentMethods } from './conformance/table.ts';

const recorder = recordOperations();
let server: TestServer;

before(async () => {
  server = await startTestServer({
    settings: { OWNERSHIP: 'off', ENDPOINT: 'oss.test,localhost', RESTORE_DELAY: '0s' },
  });
});
after(() => server.close());

/** A bucket with a domain of its own, and the client pointed at it; `close` ends the client. */
async function openStage(
  addressing: Addressing,
  isV4: boolean,
  bucket: string,
): Promise<Stage & { close(): void }> {
  const options = { ...server, isV4, port: server.httpPort, bucket };
  // Buckets are made through an endpoint (ruling 19), so the mapped mode starts beside one.
  const first = openAliOss({ ...options, addressing: 'sldEnable' });
  const maker: Untyped = first.client;
  await maker.putBucket(bucket);
  await maker.request({
    method: 'POST',
    bucket,
    subres: { cname: '', comp: 'add' },
    content: document(`<Domain>${domainOf(bucket)}</Domain>`),
    successStatuses: [200],
  });
  first.close();
  const opened = openAliOss({ ...options, addressing, domain: domainOf(bucket) });
  const client = recorder.overhear(opened.client);
  const { httpPort: port } = server;
  const bucketUrls: Readonly<Record<Addressing, string>> = {
    sldEnable: `http://localhost:${port}/${bucket}/`,
    'virtual-host': `http://${bucket}.oss.test:${port}/`,
    ip: `http://127.0.0.1:${port}/`,
    cname: `http://${domainOf(bucket)}:${port}/`,
  };
  async function request(asked: Asked, level: object): Promise<string> {
    const { data } = await client.request({
      method: asked.method,
      ...level,
      ...(asked.key === undefined ? {} : { object: asked.key }),
      subres: asked.query ?? {},
      query: asked.plain ?? {},
      headers: asked.headers ?? {},
      ...(asked.body === undefined ? {} : { content: asked.body, mime: 'xml' }),
      successStatuses: [200, 204],
    });
    return String(data);
  }
  return {
    client,
    bucket,
    ownerId: server.rootAccountId,
    folder: server.folder,
    isV4,
    accessKeyId: server.accessKeyId,
    bucketUrl: bucketUrls[addressing],
    request: (asked) => request(asked, { bucket }),
    requestService: (asked) => request(asked, {}),
    visit(method, url, options = {}) {
      const parsed = new URL(url);
      // At an address the client says the bucket in Host alone.
      const host = addressing === 'ip' ? `${bucket}.oss-cn-hangzhou.aliyuncs.com` : parsed.host;
      return recorder.during(method, () => send(host, parsed, options));
    },
    close: opened.close,
  };
}

function send(
  host: string,
  { pathname, search }: URL,
  options: { method?: string; headers?: Record<string, string>; body?: Uint8Array },
): Promise<RawResponse> {
  const { method = 'GET', headers = {}, body = new Uint8Array() } = options;
  const all = { Host: host, ...headers, 'Content-Length': String(body.length) };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `${method} ${pathname}${search} HTTP/1.1\r\n${lines.join('')}\r\n`;
  return ask({ port: server.httpPort }, Buffer.concat([Buffer.from(head), body]), method);
}

const domainOf = (bucket: string): string => `www.${bucket}.test`;

/** Every row of the scenario was heard. */
function check({ answers = [], emptyLists = [], refuses = [] }: Scenario): void {
  const heard = recorder.take().map((each) => [each.operation, each.method, each.refusal].join());
  const wanted = [
    ...[...answers, ...emptyLists].map((proof) => [...proof, ''].join()),
    ...refuses.map((proof) => proof.join()),
  ];
  assert.deepEqual(
    wanted.filter((each) => !heard.includes(each)),
    [],
    `heard: ${[...new Set(heard)].join('; ')}`,
  );
}

for (const addressing of addressingsOf.everywhere) {
  for (const isV4 of [false, true]) {
    describe(`ali-oss, ${addressing}, ${isV4 ? 'V4' : 'V1'}`, () => {
      const bucket = `by-${addressing.toLowerCase()}-${isV4 ? 'v4' : 'v1'}`;
      let shared: Awaited<ReturnType<typeof openStage>>;
      before(async () => {
        shared = await openStage(addressing, isV4, bucket);
      });
      after(() => shared.close());

      for (const [index, scenario] of scenarios.entries()) {
        if (!addressingsOf[scenario.where].some((each) => each === addressing)) continue;
        it(scenario.title, async () => {
          const { isAlone = false } = scenario;
          const own = `${bucket}-${index}`;
          const stage = isAlone ? await openStage(addressing, isV4, own) : shared;
          recorder.take();
          try {
            await scenario.run(stage);
          } finally {
            if (isAlone) stage.close();
          }
          check(scenario);
        });
      }
    });
  }
}

const quiet: Scenario = { title: '', where: 'everywhere', run: async () => {} };

describe('the table of conformance', () => {
  it('has every operation of the reference', () => {
    const proved = new Set(rows.map(({ operation }) => operation));
    const missing = operations
      .map(({ name }) => name)
      .filter((name) => !proved.has(name) && !ownOperations.includes(name));
    assert.deepEqual(missing, []);
  });

  it('sees a row that does not hold', () => {
    recorder.take();
    assert.throws(() => check({ ...quiet, answers: [['GetObject', 'get']] }), /GetObject,get,/);
    assert.throws(() => check({ ...quiet, refuses: [['GetObject', 'get', 'NoSuchKey']] }));
    check(quiet);
  });

  it('has every method of the client', () => {
    const proved = new Set([...rows.map(({ method }) => method), ...silentMethods]);
    const methods = new Set<string>();
    for (let from = OSS.prototype; from !== Object.prototype; from = Object.getPrototypeOf(from)) {
      for (const name of Object.getOwnPropertyNames(from)) methods.add(name);
    }
    const missing = [...methods].filter(
      (name) =>
        !proved.has(name) &&
        !name.startsWith('_') &&
        typeof (OSS.prototype as Untyped)[name] === 'function',
    );
    assert.deepEqual(missing, []);
  });
});
