/** Browser forms on the wire: who signed them, what they may say, what they leave behind. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import {
  type FormFields,
  type FormFileToSend,
  formBody,
  formType,
  policyText,
  signFormV1,
  signFormV4,
} from '../../support/forms.ts';
import { ask, connectRaw } from '../../support/raw-client.ts';
import { type Answer, type Call, openRawOss, type RawOss, shapeOf, textOf } from './raw-oss.ts';

let oss: RawOss;
let bucket: string;

before(async () => {
  oss = await openRawOss({ ENDPOINT: 'oss.example.net,localhost', OWNERSHIP: 'off' });
  bucket = await oss.bucket();
});
after(() => oss.close());

const content = { name: 'a.txt', type: 'text/plain', content: 'content' };

function post(fields: FormFields, more: Call & { file?: FormFileToSend } = {}): Promise<Answer> {
  const { file = content, headers = {}, ...call } = more;
  return oss.call({
    method: 'POST',
    bucket,
    as: 'anonymous',
    body: formBody(fields, file),
    ...call,
    headers: { 'content-type': formType, ...headers },
  });
}

const policy = (conditions: readonly unknown[], inMs = 60_000): string =>
  policyText(oss.world.clock.now() + inMs, conditions);

/** The fields of a form that root signed, with V1. */
const signed = (conditions: readonly unknown[] = [{ bucket }]): FormFields =>
  signFormV1(oss.server, policy(conditions));

const get = (key: string): Promise<Answer> => oss.call({ bucket, key });
const isThere = async (key: string): Promise<boolean> => (await get(key)).status === 200;

test('a form signed with V1 stores its file, with the headers of PutObject', async () => {
  const answer = await post([
    ['key', 'dir/${filename}'],
    ...signed(),
    ['Cache-Control', 'no-cache'],
    ['Content-Disposition', 'inline; filename="\u4e2d"'],
    ['x-oss-meta-Colour', 'red'],
    ['x-oss-storage-class', 'IA'],
    ['x-oss-object-acl', 'public-read'],
    ['anything', 'else'],
  ]);
  assert.deepEqual([answer.status, answer.text], [204, '']);
  const md5 = createHash('md5').update('content').digest();
  assert.equal(answer.headers.etag, `"${md5.toString('hex').toUpperCase()}"`);
  assert.equal(answer.headers['content-md5'], md5.toString('base64'));
  assert.match(answer.headers['x-oss-hash-crc64ecma'] ?? '', /^\d+$/);
  const stored = await oss.call({ bucket, key: 'dir/a.txt', as: 'anonymous' });
  assert.deepEqual([stored.status, stored.text], [200, 'content']);
  const { headers } = stored;
  assert.equal(headers['content-type'], 'text/plain');
  assert.equal(headers['cache-control'], 'no-cache');
  assert.equal(
    Buffer.from(headers['content-disposition'] ?? '', 'latin1').toString(),
    'inline; filename="\u4e2d"',
  );
  assert.equal(headers['x-oss-meta-colour'], 'red');
  assert.equal(headers['x-oss-storage-class'], 'IA');
});

test('a form signed with V4', async () => {
  const at = oss.world.clock.now();
  const form = (shift: number, region?: string): FormFields => [
    ['key', 'v4'],
    ...signFormV4(oss.server, policy([{ bucket }]), at + shift, region),
  ];
  assert.equal((await post(form(0))).status, 204);
  assert.equal((await get('v4')).text, 'content');
  const day = 24 * 3600_000;
  const table: [number, string | undefined, number, string][] = [
    [-7 * day, undefined, 204, ''],
    [-7 * day - 1_000, undefined, 403, '9002-00000007'],
    [15 * 60_000, undefined, 204, ''],
    [16 * 60_000, undefined, 403, '0002-00000235'],
    [0, 'cn-beijing', 400, '0002-00000226'],
  ];
  for (const [shift, region, status, ec] of table) {
    const answer = await post(form(shift, region));
    assert.deepEqual([answer.status, answer.headers['x-oss-ec'] ?? ''], [status, ec], `${shift}`);
  }
});

test('signatures that are missing, broken or wrong', async () => {
  const v1 = signed();
  const v4 = signFormV4(oss.server, policy([{ bucket }]), oss.world.clock.now());
  const without = (form: FormFields, name: string): FormFields =>
    form.filter(([field]) => field !== name);
  const other = (form: FormFields, name: string, value: string): FormFields =>
    form.map(([field, old]) => [field, field === name ? value : old]);
  const wrong = '0'.repeat(28);
  const table: [FormFields, number, string, string][] = [
    [without(v1, 'policy'), 400, 'InvalidArgument', '0002-00000702'],
    [without(v1, 'Signature'), 400, 'InvalidArgument', '0002-00000703'],
    [other(v1, 'Signature', ''), 400, 'InvalidArgument', '0002-00000704'],
    [without(v1, 'OSSAccessKeyId'), 400, 'InvalidArgument', '0002-00000706'],
    [other(v1, 'OSSAccessKeyId', ''), 400, 'InvalidArgument', '0002-00000707'],
    [other(v1, 'OSSAccessKeyId', 'a b'), 400, 'InvalidArgument', '0002-00000707'],
    [other(v1, 'OSSAccessKeyId', 'LTAInobody'), 403, 'InvalidAccessKeyId', '0002-00000902'],
    [other(v1, 'Signature', wrong), 403, 'SignatureDoesNotMatch', '0002-00000040'],
    [[...v1, ['x-oss-security-token', 't']], 403, 'InvalidAccessKeyId', '0002-00000902'],
    [without(v4, 'policy'), 400, 'InvalidArgument', '0002-00000702'],
    [without(v4, 'x-oss-signature'), 400, 'InvalidArgument', '0002-00000703'],
    [other(v4, 'x-oss-signature', ''), 400, 'InvalidArgument', '0002-00000704'],
    [other(v4, 'x-oss-signature', wrong), 403, 'SignatureDoesNotMatch', '0002-00000201'],
    [without(v4, 'x-oss-date'), 400, 'InvalidArgument', '9002-00000005'],
    [other(v4, 'x-oss-date', 'today'), 400, 'InvalidArgument', '0002-00000223'],
    [other(v4, 'x-oss-credential', 'a/b'), 400, 'InvalidArgument', '0002-00000710'],
    [without(v4, 'x-oss-credential'), 400, 'InvalidArgument', '0002-00000710'],
    [
      other(v4, 'x-oss-credential', 'a b/20261122/cn-hangzhou/oss/aliyun_v4_request'),
      400,
      'InvalidArgument',
      '0002-00000708',
    ],
    [other(v4, 'x-oss-signature-version', 'V5'), 400, 'InvalidArgument', '9002-00000011'],
  ];
  for (const [form, status, code, ec] of table) {
    const answer = await post([['key', 'never'], ...form]);
    assert.deepEqual([answer.status, answer.code, answer.headers['x-oss-ec']], [status, code, ec]);
  }
  assert.equal(await isThere('never'), false);
});

test('only the fields say who sends a form', async () => {
  const asRoot = await post([['key', 'never']], { as: oss.server });
  assert.deepEqual([asRoot.status, asRoot.code], [403, 'AccessDenied']);
  const badHeader = await post([['key', 'signed-in-form'], ...signed()], {
    headers: { authorization: 'nonsense' },
    query: { Signature: 'x' },
  });
  assert.equal(badHeader.status, 204);
  const stranger = await oss.stranger();
  const theirs = await post([['key', 'never'], ...signFormV1(stranger, policy([{ bucket }]))]);
  assert.deepEqual([theirs.status, theirs.code], [403, 'AccessDenied']);
  assert.equal(await isThere('never'), false);
});

test('nobody may post into a bucket that everybody may write, and nowhere else', async () => {
  const open = await oss.bucket('public-read-write');
  assert.equal((await post([['key', 'k']], { bucket: open })).status, 204);
  for (const closed of [bucket, await oss.bucket('public-read')]) {
    const refused = await post([['key', 'k']], { bucket: closed });
    assert.deepEqual([refused.status, refused.code], [403, 'AccessDenied']);
    assert.match(refused.text, /because of bucket acl/);
  }
  assert.equal((await post([['key', 'k']], { bucket: 'no-such-bucket' })).code, 'NoSuchBucket');
});

test('what the policy says', async () => {
  const denied = 'Invalid according to Policy: ';
  const failed = (condition: string): string => `${denied}Policy Condition failed: ${condition}`;
  const form = (text: string, more: FormFields = []): FormFields => [
    ['key', 'never'],
    ...more,
    ...signFormV1(oss.server, text),
  ];
  const table: [FormFields, number, string, string][] = [
    [form(policy([{ bucket }], -1)), 403, 'AccessDenied', `${denied}Policy expired.`],
    [form(policy([{ bucket: 'x' }])), 403, 'AccessDenied', failed('["eq", "$bucket", "x"]')],
    [
      form(policy([['starts-with', '$key', 'user/']])),
      403,
      'AccessDenied',
      failed('["starts-with", "$key", "user/"]'),
    ],
    [
      form(policy([['eq', '$content-type', 'text/plain']]), [['x-oss-content-type', 'text/html']]),
      403,
      'AccessDenied',
      failed('["eq", "$content-type", "text/plain"]'),
    ],
    [
      form('expired'),
      400,
      'InvalidPolicyDocument',
      'Invalid Policy: Invalid JSON: unknown char e.',
    ],
    [
      form(policy([['content-length-range', 0, 6]])),
      400,
      'EntityTooLarge',
      'Your proposed upload exceeds the maximum allowed size.',
    ],
    [
      form(policy([['content-length-range', 8, 9]])),
      400,
      'EntityTooSmall',
      'Your proposed upload smaller than the minimum allowed size.',
    ],
  ];
  for (const [fields, status, code, message] of table) {
    const answer = await post(fields);
    assert.deepEqual([answer.status, answer.code], [status, code], message);
    assert.equal(textOf(answer.text, 'Message')?.replaceAll('&quot;', '"'), message);
  }
  assert.equal(await isThere('never'), false);
  const exact = policy([
    ['eq', '$key', 'up/${filename}'],
    ['content-length-range', 7, 7],
    ['in', '$content-type', ['text/plain']],
  ]);
  const allowed = await post([['key', 'up/${filename}'], ...signFormV1(oss.server, exact)]);
  assert.equal(allowed.status, 204);
  assert.equal((await get('up/a.txt')).text, 'content');
});

test('which type the object gets', async () => {
  const table: [FormFields, FormFileToSend, string][] = [
    [[], content, 'text/plain'],
    [[['Content-Type', 'image/png']], content, 'image/png'],
    [
      [
        ['Content-Type', 'image/png'],
        ['x-oss-content-type', 'image/gif'],
      ],
      content,
      'image/gif',
    ],
    [[], { content: 'x' }, 'application/octet-stream'],
  ];
  for (const [fields, file, type] of table) {
    assert.equal((await post([['key', 'typed'], ...fields, ...signed()], { file })).status, 204);
    assert.equal((await get('typed')).headers['content-type'], type);
  }
});

test('what a form wants to hear', async () => {
  const ask = (fields: FormFields, more: Call = {}): Promise<Answer> =>
    post([['key', 'a b/\u4e2d'], ...fields, ...signed()], more);
  for (const [status, expected] of [
    ['200', 200],
    ['204', 204],
    ['404', 204],
    ['', 204],
  ] as const) {
    const answer = await ask([['success_action_status', status]]);
    assert.deepEqual([answer.status, answer.text], [expected, '']);
  }
  const created = await ask([['success_action_status', '201']]);
  assert.equal(created.status, 201);
  assert.equal(created.headers['content-type'], 'application/xml');
  assert.deepEqual(shapeOf(created.text), ['PostResponse', 'Bucket', 'Location', 'Key', 'ETag']);
  assert.equal(textOf(created.text, 'Bucket'), bucket);
  assert.equal(textOf(created.text, 'Key'), 'a b/\u4e2d');
  assert.equal(textOf(created.text, 'Location'), `http://localhost/${bucket}/a%20b/%E4%B8%AD`);
  assert.equal(textOf(created.text, 'ETag')?.replaceAll('&quot;', '"'), created.headers.etag);
  const host = `${bucket}.oss.example.net`;
  const virtual = await ask([['success_action_status', '201']], { host, path: '/' });
  assert.equal(textOf(virtual.text, 'Location'), `http://${host}/a%20b/%E4%B8%AD`);
  const redirected = await ask([
    ['success_action_status', '201'],
    ['success_action_redirect', 'http://site.example/done?from=form'],
  ]);
  assert.equal(redirected.status, 303);
  const location = new URL(redirected.headers.location ?? '');
  assert.equal(location.origin + location.pathname, 'http://site.example/done');
  assert.deepEqual(Object.fromEntries(location.searchParams), {
    from: 'form',
    bucket,
    key: 'a b/\u4e2d',
    etag: redirected.headers.etag,
  });
  for (const target of ['javascript:alert(1)', '/relative', 'ftp://x/']) {
    const refused = await post([
      ['key', 'never'],
      ['success_action_redirect', target],
      ...signed(),
    ]);
    assert.deepEqual([refused.status, refused.code], [400, 'InvalidArgument'], target);
  }
  assert.equal(await isThere('never'), false);
});

test('forms that are refused leave nothing behind', async () => {
  const asked = (fields: FormFields): FormFields => [...fields, ...signed()];
  const table: [FormFields, string, string][] = [
    [asked([]), 'InvalidArgument', 'The bucket POST must contain the specified &apos;key&apos;'],
    [asked([['key', '']]), 'InvalidObjectName', ''],
    [asked([['key', '/never']]), 'InvalidObjectName', ''],
    [
      asked([
        ['key', 'never'],
        ['x-oss-object-acl', 'x'],
      ]),
      'InvalidArgument',
      '',
    ],
    [
      asked([
        ['key', 'never'],
        ['x-oss-tagging', 'a=b'],
      ]),
      'NotImplemented',
      'x-oss-tagging',
    ],
    [
      asked([
        ['key', 'never'],
        ['KEY', 'x'],
      ]),
      'InvalidArgument',
      'more than once',
    ],
    [
      asked([
        ['key', 'never'],
        ['Cache-Control', 'a\r\nb: c'],
      ]),
      'InvalidArgument',
      '',
    ],
    [
      asked([
        ['key', 'never'],
        ['f', 'x'.repeat(2 ** 21 + 1)],
      ]),
      'FieldItemTooLong',
      '',
    ],
  ];
  for (const [fields, code, text] of table) {
    const answer = await post(fields);
    assert.deepEqual([answer.status, answer.code], [400, code]);
    assert.ok(answer.text.replaceAll("'", '&apos;').includes(text), answer.text);
  }
  const body = (bytes: Buffer | string, headers: Record<string, string> = {}): Promise<Answer> =>
    post([], { body: bytes, headers });
  const noFile = formBody([['key', 'never'], ...signed()]);
  assert.equal((await body(noFile)).code, 'IncorrectNumberOfFilesInPOSTRequest');
  assert.equal((await body('nonsense')).code, 'MalformedPOSTRequest');
  assert.equal((await body('')).code, 'MalformedPOSTRequest');
  const typed = await body(noFile, { 'content-type': 'application/x-www-form-urlencoded' });
  assert.deepEqual([typed.status, typed.code], [400, 'RequestIsNotMultiPartContent']);
  assert.equal(await isThere('never'), false);
});

test('a body that would be too long is not waited for', async () => {
  const head = (length: number): string =>
    `POST /${bucket} HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${formType}\r\n` +
    `Content-Length: ${length}\r\n\r\n`;
  const answer = await ask({ port: oss.server.httpPort }, head(5 * 1024 ** 3 + 1));
  assert.equal(answer.status, 400);
  assert.match(answer.body.toString(), /<Code>EntityTooLarge<\/Code>/);
});

test('a client that goes away in the middle leaves nothing behind', async () => {
  const whole = formBody([['key', 'never'], ...signed()], content);
  const client = await connectRaw({ port: oss.server.httpPort });
  client.send(
    `POST /${bucket} HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${formType}\r\n` +
      `Content-Length: ${whole.length}\r\n\r\n`,
  );
  client.send(whole.subarray(0, -20));
  client.endSending();
  const answer = await client.response();
  client.destroy();
  assert.equal(answer.status, 400);
  assert.match(answer.body.toString(), /<Code>(RequestTimeout|MalformedRequest)<\/Code>/);
  assert.equal(await isThere('never'), false);
});

test('Content-MD5 is that of the whole body, and the file is the last field that counts', async () => {
  const whole = formBody([['key', 'checked'], ...signed()], content, [['key', 'late']]);
  const md5 = (bytes: Buffer | string): Record<string, string> => ({
    'content-md5': createHash('md5').update(bytes).digest('base64'),
  });
  const refused = await post([], { body: whole, headers: md5('content') });
  assert.deepEqual([refused.status, refused.code], [400, 'InvalidDigest']);
  assert.equal(await isThere('checked'), false);
  assert.equal((await post([], { body: whole, headers: md5(whole) })).status, 204);
  assert.equal((await get('checked')).text, 'content');
  assert.equal(await isThere('late'), false);
});

test('overwriting, versions and the ACL in a header', async () => {
  const forbid: FormFields = [['key', 'once'], ['x-oss-forbid-overwrite', 'true'], ...signed()];
  assert.equal((await post(forbid)).status, 204);
  const again = await post(forbid, { file: { content: 'other' } });
  assert.deepEqual([again.status, again.code], [409, 'FileAlreadyExists']);
  assert.equal((await get('once')).text, 'content');
  const versioned = await oss.bucket();
  await oss.call({
    method: 'PUT',
    bucket: versioned,
    query: { versioning: undefined },
    body: '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>',
  });
  const answer = await post([['key', 'k'], ...signed([{ bucket: versioned }])], {
    bucket: versioned,
    headers: { 'x-oss-object-acl': 'public-read' },
  });
  assert.match(answer.headers['x-oss-version-id'] ?? '', /^[A-Za-z0-9._]{64}$/);
  const open = await oss.call({ bucket: versioned, key: 'k', as: 'anonymous' });
  assert.equal(open.status, 200);
});

test('a form for a bucket whose requests the requester pays for', async () => {
  const paid = await oss.bucket('public-read-write');
  const body =
    '<RequestPaymentConfiguration><Payer>Requester</Payer></RequestPaymentConfiguration>';
  const query = { requestPayment: undefined };
  assert.equal((await oss.call({ method: 'PUT', bucket: paid, query, body })).status, 200);
  const form = (key: Parameters<typeof signFormV1>[0], more: FormFields = []): Promise<Answer> =>
    post([['key', 'k'], ...more, ...signFormV1(key, policy([{ bucket: paid }]))], { bucket: paid });
  const refused = await post([['key', 'k']], { bucket: paid });
  assert.deepEqual([refused.status, refused.headers['x-oss-ec']], [403, '0003-00000703']);
  const stranger = await oss.stranger();
  assert.equal((await form(stranger)).headers['x-oss-ec'], '0003-00000703');
  const agreed = await form(stranger, [['x-oss-request-payer', 'requester']]);
  assert.deepEqual([agreed.status, agreed.headers['x-oss-request-charged']], [204, 'requester']);
  assert.equal((await form(oss.server)).status, 204);
});

test('a form can ask for encryption', async () => {
  const form: FormFields = [
    ['key', 'sealed'],
    ['x-oss-server-side-encryption', 'AES256'],
  ];
  const answer = await post([...form, ...signed()]);
  assert.deepEqual(
    [answer.status, answer.headers['x-oss-server-side-encryption']],
    [204, 'AES256'],
  );
  assert.equal((await get('sealed')).text, 'content');
});

test('a form on a mapped domain', async () => {
  const domain = 'upload.shop.example.com';
  const mapped = await oss.call({
    method: 'POST',
    bucket,
    query: { cname: undefined, comp: 'add' },
    body: `<BucketCnameConfiguration><Cname><Domain>${domain}</Domain></Cname></BucketCnameConfiguration>`,
  });
  assert.equal(mapped.status, 200, mapped.text);
  const answer = await post([['key', 'on/domain'], ['success_action_status', '201'], ...signed()], {
    host: domain,
    path: '/',
  });
  assert.deepEqual(
    [answer.status, textOf(answer.text, 'Location')],
    [201, `http://${domain}/on/domain`],
  );
  assert.equal((await get('on/domain')).text, 'content');
});
