/**
 * Access logs: the documents that ask for them, what is written for which request, and where
 * (oss-semantics.md 6).
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { formBody, formType, policyText, signFormV1 } from '../../support/forms.ts';
import {
  type Answer,
  type Call,
  openRawOss,
  type RawOss,
  textOf,
  textsOf,
} from '../object/raw-oss.ts';
import { ask, type Conversations, testAll, within } from './conversation.ts';
import { logging } from './documents.ts';

const hourMs = 3_600_000;

let oss: RawOss;
let ring: (() => void)[];
before(async () => {
  ring = [];
  oss = await openRawOss({}, (world) => {
    world.timers.every = (_ms, work) => {
      ring.push(work);
      return () => {};
    };
  });
});
after(() => oss.close());

const logFields = within('UserDefinedLogFieldsConfiguration');

const conversations: Conversations = {
  logging: [
    ['GET logging', '', 200, logging('')],
    [
      'PUT logging',
      logging('<LoggingEnabled><TargetBucket>$bucket</TargetBucket></LoggingEnabled>'),
      200,
      '',
    ],
    [
      'GET logging',
      '',
      200,
      logging(
        '<LoggingEnabled><TargetBucket>$bucket</TargetBucket><TargetPrefix></TargetPrefix></LoggingEnabled>',
      ),
    ],
    [
      'PUT logging',
      logging(
        '<LoggingEnabled><TargetBucket>$bucket</TargetBucket><TargetPrefix>日志+/</TargetPrefix>' +
          '<LoggingRole>r</LoggingRole></LoggingEnabled>',
      ),
      200,
      '',
    ],
    [
      'GET logging',
      '',
      200,
      logging(
        '<LoggingEnabled><TargetBucket>$bucket</TargetBucket><TargetPrefix>日志+/</TargetPrefix>' +
          '<LoggingRole>r</LoggingRole></LoggingEnabled>',
      ),
    ],
    [
      'PUT logging',
      logging('<LoggingEnabled><TargetBucket>nowhere-at-all</TargetBucket></LoggingEnabled>'),
      403,
      'InvalidTargetBucketForLogging',
    ],
    [
      'PUT logging',
      logging(
        '<LoggingEnabled><TargetBucket>$bucket</TargetBucket><TargetPrefix>/a</TargetPrefix></LoggingEnabled>',
      ),
      400,
      'InvalidArgument',
    ],
    ['DELETE logging', '', 204, ''],
    ['DELETE logging', '', 204, ''],
    ['GET logging', '', 200, logging('')],
    ['PUT logging', logging(''), 200, ''],
  ],
  'user-defined log fields': [
    ['GET userDefinedLogFieldsConfig', '', 404, 'NoSuchUserDefinedLogFieldsConfig'],
    [
      'PUT userDefinedLogFieldsConfig',
      logFields(
        '<HeaderSet><header>h1</header><header>h2</header></HeaderSet>' +
          '<ParamSet><parameter>p</parameter></ParamSet>',
      ),
      200,
      '',
    ],
    [
      'GET userDefinedLogFieldsConfig',
      '',
      200,
      logFields(
        '<HeaderSet><header>h1</header><header>h2</header></HeaderSet>' +
          '<ParamSet><parameter>p</parameter></ParamSet>',
      ),
    ],
    [
      'PUT userDefinedLogFieldsConfig',
      logFields(within('HeaderSet')('<header>h</header>'.repeat(7))),
      400,
      'InvalidArgument',
    ],
    [
      'PUT userDefinedLogFieldsConfig',
      logFields('<HeaderSet><header>a_b</header></HeaderSet>'),
      400,
      'InvalidArgument',
    ],
    ['DELETE userDefinedLogFieldsConfig', '', 204, ''],
    ['GET userDefinedLogFieldsConfig', '', 404, 'NoSuchUserDefinedLogFieldsConfig'],
  ],
};

testAll(() => oss, conversations);

test('a target of logs belongs to the same account', async () => {
  const stranger = await oss.stranger();
  assert.equal(
    (await oss.call({ method: 'PUT', bucket: 'logs-of-others', as: stranger })).status,
    200,
  );
  const target = '<LoggingEnabled><TargetBucket>logs-of-others</TargetBucket></LoggingEnabled>';
  const answer = await ask(oss, await oss.bucket(), 'PUT logging', logging(target));
  assert.equal(
    textOf(answer.text, 'Message'),
    'put bucket log requester is not target bucket owner.',
  );
});

async function logTo(bucket: string, target: string, prefix: string): Promise<void> {
  const enabled = within('LoggingEnabled')(
    within('TargetBucket')(target) + within('TargetPrefix')(prefix),
  );
  const put = await ask(oss, bucket, 'PUT logging', logging(enabled));
  assert.equal(put.status, 200, put.text);
}

/** The hour is over: every log of the bucket, by key, when there are so many. */
async function logsOf(target: string, count: number): Promise<Map<string, string>> {
  const end = performance.now() + 20_000;
  for (;;) {
    for (const work of ring) work();
    const keys = textsOf((await oss.call({ bucket: target })).text, 'Key');
    if (keys.length >= count || performance.now() > end) {
      assert.equal(keys.length, count);
      const logs = new Map<string, string>();
      for (const key of keys) logs.set(key, (await oss.call({ bucket: target, key })).text);
      return logs;
    }
  }
}

/** The fields of a line: in quotes, in brackets, or plain. */
const fieldsOf = (line: string): string[] => line.match(/"[^"]*"|\[[^\]]*\]|[^ ]+/g) ?? [];

const names =
  'ip - - time url status sent total referer agent host id flag requester operation bucket key ' +
  'size server code length owner delta sync class target acceleration accessKey arn';

type Line = Readonly<Record<string, string>>;

function linesOf(text: string): Line[] {
  assert.match(text, /\n$/);
  return text
    .slice(0, -1)
    .split('\n')
    .map((line) => {
      const fields = fieldsOf(line);
      assert.equal(fields.length, 29, line);
      return Object.fromEntries(names.split(' ').map((name, index) => [name, fields[index] ?? '']));
    });
}

const shown = ({ operation, key, status, code, size, delta }: Line) =>
  [operation, key, status, code, size, delta].join(' ').replaceAll('"', '');

test('each request to a logged bucket is a line of the hour, in the target bucket', async () => {
  const [bucket, target] = [await oss.bucket('public-read'), await oss.bucket()];
  await oss.put(bucket, 'before', 'unseen');
  await logTo(bucket, target, 'logs/');
  const ids: (string | undefined)[] = [];
  const call = async (asked: Omit<Call, 'bucket'>, status: number): Promise<Answer> => {
    const answer = await oss.call({ bucket, ...asked });
    assert.equal(answer.status, status, answer.text);
    ids.push(answer.headers['x-oss-request-id']);
    return answer;
  };
  const headers = {
    Referer: 'http://site.example/a"b?Signature=secret',
    'User-Agent': 'a\u00e9 b',
  };
  await call({ method: 'PUT', key: 'a b.txt', body: '12345' }, 200);
  await call({ method: 'PUT', key: 'a b.txt', body: '123' }, 200);
  await call({ key: 'a b.txt', query: { 'x-mark': '1' }, headers, as: 'anonymous' }, 200);
  await call({ method: 'HEAD', key: 'a b.txt' }, 200);
  await call({ key: 'nothing' }, 404);
  await call({ method: 'PUT', key: 'b', as: 'anonymous', body: 'x' }, 403);
  await call({ key: 'a b.txt', as: { ...oss.server, accessKeySecret: 'wrong' } }, 403);
  await call({}, 200);
  const copied = { 'x-oss-copy-source': `/${bucket}/before` };
  await call({ method: 'PUT', key: 'c', headers: copied }, 200);
  await call({ method: 'DELETE', key: 'a b.txt' }, 204);
  const policy = policyText(oss.world.clock.now() + hourMs, [['eq', '$key', 'd']]);
  const form = formBody([['key', 'd'], ...signFormV1(oss.server, policy)], { content: '1234' });
  const formHeaders = { 'Content-Type': formType };
  await call({ method: 'POST', headers: formHeaders, body: form, as: 'anonymous' }, 204);
  // An hour without requests has no log, and what is asked of the target is not logged.
  assert.equal((await logsOf(target, 0)).size, 0);
  const hour = new Date(oss.world.clock.now()).toISOString().slice(0, 13).replace('T', '-');
  oss.world.advance(hourMs);
  const [[key, text] = ['', '']] = await logsOf(target, 1);
  assert.match(key, new RegExp(`^logs/${bucket}${hour}-00-00-[0-9a-f]{16}$`));
  const lines = linesOf(text);
  assert.deepEqual(lines.map(shown), [
    'PutObject a%20b.txt 200 - 5 5',
    'PutObject a%20b.txt 200 - 3 -2',
    'GetObject a%20b.txt 200 - 3 -',
    'HeadObject a%20b.txt 200 - 3 -',
    'GetObject nothing 404 NoSuchKey - -',
    'PutObject b 403 AccessDenied - -',
    'GetObject a%20b.txt 403 SignatureDoesNotMatch - -',
    'GetBucket - 200 - - -',
    'CopyObject c 200 - 6 6',
    'DeleteObject a%20b.txt 204 - 3 -3',
    'PostObject d 204 - 4 4',
  ]);
  assert.deepEqual(
    lines.map(({ id }) => id),
    ids.map((id) => `"${id}"`),
  );
  const { rootAccountId: owner, accessKeyId } = oss.server;
  const got = lines[2] ?? {};
  assert.match(got.length ?? '', /^[1-9]\d+$/);
  assert.deepEqual(
    { ...got, id: '', length: '' },
    {
      ip: '127.0.0.1',
      '-': '-',
      time: '[22/Nov/2026:09:00:00 +0000]',
      url: `"GET /${bucket}/a%20b.txt?x-mark=1 HTTP/1.1"`,
      status: '200',
      sent: '3',
      total: '0',
      referer: '"http://site.example/a%22b?Signature=-"',
      agent: '"a%E9 b"',
      host: '"localhost"',
      id: '',
      flag: '"true"',
      requester: '"-"',
      operation: '"GetObject"',
      bucket: `"${bucket}"`,
      key: '"a%20b.txt"',
      size: '3',
      server: '0',
      code: '"-"',
      length: '',
      owner: `"${owner}"`,
      delta: '-',
      sync: '"-"',
      class: '"Standard"',
      target: '"-"',
      acceleration: '"-"',
      accessKey: '"-"',
      arn: `"acs:oss:oss-cn-hangzhou:${owner}:${bucket}"`,
    },
  );
  for (const line of [lines[0], lines.at(-1)]) {
    assert.deepEqual([line?.requester, line?.accessKey], [`"${owner}"`, `"${accessKeyId}"`]);
  }
});
