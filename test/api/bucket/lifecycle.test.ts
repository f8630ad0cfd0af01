/** Lifecycle documents on the wire: kept as they were put, or refused (oss-semantics.md 2.1). */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openRawOss, type RawOss, textOf } from '../object/raw-oss.ts';
import { ask, compact, within } from './conversation.ts';

let oss: RawOss;
let bucket: string;
before(async () => {
  oss = await openRawOss();
  bucket = await oss.bucket();
});
after(() => oss.close());

const document = within('LifecycleConfiguration');
const rule = (inner: string, prefix = 'p/', id = 'r') =>
  `<Rule><ID>${id}</ID><Prefix>${prefix}</Prefix><Status>Enabled</Status>${inner}</Rule>`;
const put = (body: string, header = '') => ask(oss, bucket, `PUT lifecycle${header}`, body);

const expiration = within('Expiration');
const days = (count: number) => `<Days>${count}</Days>`;
const transition = (storageClass: string, inner: string, more = '') =>
  `<Transition>${inner}<StorageClass>${storageClass}</StorageClass>${more}</Transition>`;
const noncurrent = (storageClass: string, count: number) =>
  `<NoncurrentVersionTransition><NoncurrentDays>${count}</NoncurrentDays>` +
  `<StorageClass>${storageClass}</StorageClass></NoncurrentVersionTransition>`;
const noncurrentEnd = (count: number) =>
  `<NoncurrentVersionExpiration><NoncurrentDays>${count}</NoncurrentDays></NoncurrentVersionExpiration>`;
const before2020 = '<CreatedBeforeDate>2020-12-12T00:00:00.000Z</CreatedBeforeDate>';
const abort = within('AbortMultipartUpload')(days(3));
const tag = (key: string, value = '1') => `<Tag><Key>${key}</Key><Value>${value}</Value></Tag>`;
const filter = within('Filter');
const not = (prefix: string, more = '') => `<Not><Prefix>${prefix}</Prefix>${more}</Not>`;
const access = '<IsAccessTime>true</IsAccessTime>';

/** Rules that are taken and come back to the letter. */
const kept: readonly string[] = [
  rule(expiration(days(356)), '中文前缀+/'),
  rule(expiration(days(1)), ''),
  rule(expiration(before2020)),
  rule(expiration('<Date>2100-12-25T00:00:00.000Z</Date>')),
  rule(abort),
  rule(within('AbortMultipartUpload')(before2020)),
  rule(tag('k1') + tag('k2') + transition('IA', days(100)) + transition('Archive', days(356))),
  rule(transition('Archive', days(355)) + transition('IA', days(352))),
  rule(Array.from({ length: 11 }, (_, index) => tag(`k${index}`)).join('') + expiration(days(1))),
  rule(
    expiration('<ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker>') +
      noncurrentEnd(30) +
      noncurrent('IA', 12) +
      noncurrent('Archive', 20),
  ),
  rule(
    filter(
      '<ObjectSizeGreaterThan>5</ObjectSizeGreaterThan><ObjectSizeLessThan>6</ObjectSizeLessThan>' +
        not('p/x', tag('k')),
    ) + expiration(days(1)),
  ),
  rule(filter(not('p/', tag('k'))) + expiration(days(1))),
  rule(expiration(days(1)), 'a/', '1') + rule(expiration(days(1)), 'b/', '2'),
  rule(expiration(days(1)), 'a', '1') + rule(transition('IA', days(1)), 'a', '2'),
  rule(tag('k') + expiration(days(1)), 'a', '1') + rule(expiration(days(1)), 'a', '2'),
];

test('what is taken is shown again', async () => {
  for (const inner of kept) {
    const answer = await put(document(inner));
    assert.equal(answer.status, 200, `${inner} ${answer.text}`);
    const shown = compact((await ask(oss, bucket, 'GET lifecycle', '')).text);
    const elements = (text: string) => [...text.matchAll(/<[^/][^>]*>[^<]*/g)].map(String).sort();
    assert.deepEqual(elements(shown), elements(document(inner)));
  }
  // The order of elements is ours; that of rules and transitions is kept.
  const { text } = await ask(oss, bucket, 'GET lifecycle', '');
  assert.deepEqual(
    [...text.matchAll(/<ID>(\d)/g)].map(([, id]) => id),
    ['1', '2'],
  );
  for (let time = 0; time < 2; time++) {
    assert.equal((await ask(oss, bucket, 'DELETE lifecycle', '')).status, 204);
  }
  assert.equal((await ask(oss, bucket, 'GET lifecycle', '')).code, 'NoSuchLifecycle');
});

test('a rule without a name gets one', async () => {
  const body = '<Rule><Status>Disabled</Status><Expiration><Days>1</Days></Expiration></Rule>';
  assert.equal((await put(document(body))).status, 200);
  const { text } = await ask(oss, bucket, 'GET lifecycle', '');
  assert.match(textOf(text, 'ID') ?? '', /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  assert.equal(textOf(text, 'Prefix'), '');
});

/** rules, code, EC or undefined */
const refused: readonly [string, string, string?][] = [
  ['', 'MalformedXML'],
  [rule(''), 'MalformedXML'],
  [rule(expiration(days(1))).replace('Enabled', 'Status'), 'MalformedXML'],
  [rule(expiration(days(1))).replace(/<Status>.*<\/Status>/, ''), 'MalformedXML'],
  [rule(expiration(days(1)), 'p', 'i'.repeat(256)), 'InvalidArgument'],
  [rule(expiration(days(1)), 'a') + rule(expiration(days(1)), 'b'), 'InvalidArgument'],
  [rule(expiration(days(0))), 'InvalidArgument'],
  [rule(expiration('<Days>x</Days>')), 'MalformedXML'],
  [rule(expiration('')), 'MalformedXML', '0014-00000060'],
  [
    rule(expiration('<ExpiredObjectDeleteMarker>false</ExpiredObjectDeleteMarker>')),
    'MalformedXML',
    '0014-00000060',
  ],
  [rule(expiration(days(1) + before2020)), 'MalformedXML', '0014-00000061'],
  [
    rule(expiration(`${days(1)}<ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker>`)),
    'MalformedXML',
  ],
  [
    rule(tag('k') + expiration('<ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker>')),
    'MalformedXML',
  ],
  [rule(expiration(before2020.replace('T00', 'T01'))), 'InvalidArgument', '0014-00000087'],
  [rule(expiration(before2020.replace('-12-', '-13-'))), 'InvalidArgument', '0014-00000087'],
  [rule(transition('IA', days(1) + before2020)), 'MalformedXML', '0014-00000050'],
  [rule(transition('IA', '')), 'MalformedXML'],
  [rule(transition('Standard', days(1))), 'InvalidArgument'],
  [rule(transition('Warm', days(1))), 'InvalidArgument'],
  [rule(expiration(before2020) + transition('IA', days(1))), 'InvalidRequest', '0014-00000080'],
  [rule(transition('IA', days(2)) + transition('Archive', days(2))), 'InvalidArgument'],
  [rule(expiration(days(2)) + transition('IA', days(2))), 'InvalidArgument'],
  [rule(noncurrent('IA', 20) + noncurrent('Archive', 12)), 'InvalidArgument'],
  [rule(noncurrent('IA', 20) + noncurrentEnd(20)), 'InvalidArgument'],
  [rule('<NoncurrentVersionExpiration/>'), 'MalformedXML'],
  [rule('<AbortMultipartUpload/>'), 'MalformedXML'],
  [rule(tag('k') + tag('k', '2') + expiration(days(1))), 'MalformedXML'],
  [rule(tag('k#') + expiration(days(1))), 'MalformedXML'],
  [rule(tag('') + expiration(days(1))), 'MalformedXML'],
  [
    rule(
      filter(
        '<ObjectSizeGreaterThan>6</ObjectSizeGreaterThan><ObjectSizeLessThan>5</ObjectSizeLessThan>',
      ) + expiration(days(1)),
    ),
    'InvalidArgument',
    '0014-00000041',
  ],
  [rule(filter('<Not></Not>') + expiration(days(1))), 'MalformedXML'],
  [rule(filter(not('p/')) + expiration(days(1))), 'InvalidArgument'],
  [rule(filter(not('q/')) + expiration(days(1))), 'InvalidArgument'],
  [rule(filter(not('p/x')) + abort), 'MalformedXML'],
  [rule(transition('IA', days(1), access)), 'MalformedXML'],
  [
    rule(transition('IA', days(1), '<ReturnToStdWhenVisit>true</ReturnToStdWhenVisit>')),
    'MalformedXML',
  ],
  [
    rule(
      filter('<ObjectSizeGreaterThan>6</ObjectSizeGreaterThan>') +
        transition('IA', days(1), '<AllowSmallFile>true</AllowSmallFile>'),
    ),
    'MalformedXML',
  ],
];

test('what is refused, and why', async () => {
  for (const [inner, code, ec] of refused) {
    const answer = await put(document(inner));
    assert.deepEqual([answer.status, answer.code], [400, code], `${inner} ${answer.text}`);
    if (ec !== undefined) assert.equal(textOf(answer.text, 'EC'), ec);
  }
  const many = Array.from({ length: 1001 }, (_, index) =>
    rule(expiration(days(1)), `${index}/`, `r${index}`),
  );
  assert.equal((await put(document(many.join('')))).code, 'InvalidArgument');
  assert.equal((await put(document(many.slice(1).join('')))).status, 200);
});

test('the words of the service', async () => {
  const mixed = await put(document(rule(expiration(before2020) + transition('IA', days(1)))));
  assert.equal(
    textOf(mixed.text, 'Message'),
    'Found mixed CreatedBeforeDate and Days based Expiration and Transition for StorageClass IA actions',
  );
  const ladder = rule(transition('Archive', days(2)) + transition('IA', days(2)));
  assert.equal(
    textOf((await put(document(ladder))).text, 'Message'),
    'Days in the Transition action for StorageClass Archive must be more than the Transition action for StorageClass IA',
  );
});

test('the same action on overlapping prefixes', async () => {
  const marker = expiration('<ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker>');
  const allowed = ' [x-oss-allow-same-action-overlap=true]';
  const table: [string, string, string, boolean][] = [
    [expiration(days(1)), expiration(days(2)), 'Expiration', true],
    [expiration(days(1)), marker, 'Expiration', true],
    [transition('IA', days(1)), transition('IA', days(2)), 'Transition', true],
    [noncurrentEnd(1), noncurrentEnd(2), 'NoncurrentVersionExpiration', true],
    [abort, abort, 'AbortMultipartUpload', false],
    [abort + tag('a'), abort, 'AbortMultipartUpload', false],
  ];
  for (const [one, other, action, isAllowed] of table) {
    for (const prefixes of [['dir1/', 'dir1/dir2/'] as const, ['dir1/', ''] as const]) {
      const body = document(rule(one, prefixes[0], '1') + rule(other, prefixes[1], '2'));
      const answer = await put(body);
      assert.deepEqual([answer.status, answer.code], [400, 'InvalidRequest'], body);
      const message = `Overlap for same action type ${action}`;
      assert.equal(textOf(answer.text, 'Message'), message);
      assert.equal((await put(body, allowed)).status, isAllowed ? 200 : 400);
    }
  }
  const body = document(rule(expiration(days(1))));
  assert.equal((await put(body, ' [x-oss-allow-same-action-overlap=yes]')).status, 400);
});

test('rules by the last access need access tracking, which then stays on', async () => {
  const monitor = (status: string) =>
    ask(
      oss,
      bucket,
      'PUT accessmonitor',
      within('AccessMonitorConfiguration')(within('Status')(status)),
    );
  await monitor('Enabled');
  const more = `${access}<ReturnToStdWhenVisit>true</ReturnToStdWhenVisit><AllowSmallFile>true</AllowSmallFile>`;
  const body = rule(
    transition('IA', days(352), more) +
      transition('Archive', days(355), '<IsAccessTime>false</IsAccessTime>'),
  );
  assert.equal((await put(document(body))).status, 200);
  assert.ok(compact((await ask(oss, bucket, 'GET lifecycle', '')).text).includes(more));
  const refusal = await monitor('Disabled');
  assert.deepEqual([refusal.status, refusal.code], [400, 'AccessMonitorDisableNotAllowed']);
  await ask(oss, bucket, 'DELETE lifecycle', '');
  assert.equal((await monitor('Disabled')).status, 200);
});
