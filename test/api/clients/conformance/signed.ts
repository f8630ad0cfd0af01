/** What the client signs for others to use: URLs and forms, used by somebody without a client. */
import assert from 'node:assert/strict';
import type { Scenario, Stage, Untyped } from './scenario.ts';

const key = 'letters/ключ +&.txt';
const type = 'text/plain';

type Sign = (client: Untyped, method: 'GET' | 'PUT', contentType?: string) => Promise<string>;

const signers: Readonly<Record<string, Sign>> = {
  signatureUrl: async (client, method, contentType) =>
    client.signatureUrl(key, { method, expires: 60, 'Content-Type': contentType }),
  asyncSignatureUrl: (client, method, contentType) =>
    client.asyncSignatureUrl(key, { method, expires: 60, 'Content-Type': contentType }),
  signatureUrlV4: (client, method, contentType) => {
    const headers = contentType === undefined ? {} : { 'Content-Type': contentType };
    return client.signatureUrlV4(method, 60, { headers }, key);
  },
};

async function urls({ client, visit }: Stage): Promise<void> {
  for (const [name, sign] of Object.entries(signers)) {
    const body = Buffer.from(name);
    const headers = { 'Content-Type': type };
    const put = await sign(client, 'PUT', type);
    const stored = await visit(name, put, { method: 'PUT', headers, body });
    assert.equal(stored.status, 200, stored.body.toString());
    const got = await visit(name, await sign(client, 'GET'));
    assert.deepEqual([got.status, got.body.toString()], [200, name]);
  }
  await client.delete(key);
}

async function forms({ client, visit, bucket, bucketUrl, accessKeyId }: Stage): Promise<void> {
  const expiration = new Date(Date.now() + 60_000).toISOString();
  const date = new Date();
  const text = date.toISOString().replace(/[-:]|\.\d{3}/g, '');
  const fieldsV4 = {
    'x-oss-signature-version': 'OSS4-HMAC-SHA256',
    'x-oss-credential': `${accessKeyId}/${text.slice(0, 8)}/cn-hangzhou/oss/aliyun_v4_request`,
    'x-oss-date': text,
  };
  const conditions = Object.entries(fieldsV4).map(([name, value]) => ({ [name]: value }));
  const policyV4 = { expiration, conditions: [{ bucket }, ...conditions] };
  const signed: Record<string, Record<string, string>> = {
    calculatePostSignature: client.calculatePostSignature({
      expiration,
      conditions: [{ bucket }],
    }),
    signPostObjectPolicyV4: {
      ...fieldsV4,
      policy: Buffer.from(JSON.stringify(policyV4)).toString('base64'),
      'x-oss-signature': client.signPostObjectPolicyV4(policyV4, date),
    },
  };
  for (const [method, fields] of Object.entries(signed)) {
    const form = new FormData();
    form.append('key', method);
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    form.append('file', new Blob(['content']), 'a.txt');
    const written = new Response(form);
    const body = new Uint8Array(await written.arrayBuffer());
    const headers = { 'Content-Type': written.headers.get('content-type') ?? '' };
    const answer = await visit(method, bucketUrl, { method: 'POST', headers, body });
    assert.equal(answer.status, 204, answer.body.toString());
    assert.equal((await client.get(method)).content.toString(), 'content');
    await client.delete(method);
  }
}

export const signed: readonly Scenario[] = [
  {
    title: 'signs URLs to write and to read by',
    where: 'at a name',
    answers: Object.keys(signers).flatMap((method) => [
      ['PutObject', method] as const,
      ['GetObject', method] as const,
    ]),
    run: urls,
  },
  {
    title: 'signs forms',
    where: 'everywhere',
    answers: [
      ['PostObject', 'calculatePostSignature'],
      ['PostObject', 'signPostObjectPolicyV4'],
    ],
    run: forms,
  },
];
