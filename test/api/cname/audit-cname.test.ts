/** The five CNAME operations held to the letter: custom-domain.md. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connectRaw } from '../../support/raw-client.ts';
import { requestBytes, signHeaderV4 } from '../../support/sign.ts';
import { bucket, document, domain, errorOf, openShop, type Shop } from './shop.ts';

let shop: Shop;
before(async () => {
  shop = await openShop();
});
after(() => shop.close());

/** One POST with a chunked body, which announces no length. */
async function postChunked(comp: string, body: string) {
  const port = shop.server.httpPort;
  const signed = signHeaderV4({
    method: 'POST',
    host: `127.0.0.1:${port}`,
    bucket,
    query: { cname: undefined, comp },
    headers: { 'transfer-encoding': 'chunked' },
    credentials: shop.ann,
    at: shop.world.clock.now(),
  });
  const head = requestBytes(signed).toString('latin1').replace('content-length: 0\r\n', '');
  const client = await connectRaw({ port });
  client.send(`${head}${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`);
  const { status, body: answer } = await client.response('POST');
  client.destroy();
  return { status, text: answer.toString() };
}

const padded = (bytes: number, inside = '') =>
  document(`<Domain>${domain}</Domain>${inside}<!-- ${'x'.repeat(bytes)} -->`);

test('64 KiB are enough without a certificate, chunked or not', async () => {
  for (const comp of ['add', 'token', 'delete']) {
    const large = padded(65 * 1024);
    const chunked = await postChunked(comp, large);
    assert.equal(chunked.status, 400);
    assert.match(chunked.text, /<Code>EntityTooLarge</, comp);
    const plain = await shop.call({ query: { cname: undefined, comp }, body: large });
    assert.equal(errorOf(plain).Code, 'EntityTooLarge', comp);
    const small = await postChunked(comp, padded(60 * 1024));
    assert.doesNotMatch(small.text, /EntityTooLarge/, comp);
  }
  const configuration = '<Certificate>x</Certificate><PrivateKey>x</PrivateKey>';
  const inside = `<CertificateConfiguration>${configuration}</CertificateConfiguration>`;
  const certified = await postChunked('add', padded(65 * 1024, inside));
  assert.match(certified.text, /<Code>NeedVerifyDomainOwnership</);
  const tooLarge = await postChunked('add', padded(257 * 1024, inside));
  assert.match(tooLarge.text, /<Code>EntityTooLarge</);
});

test('domains that are refused have the published second-level code, or one of ours', async () => {
  for (const call of [shop.createToken, shop.getToken, shop.deleteCname]) {
    const short = errorOf(await call('w.c'));
    assert.equal(short.Message, 'Entire hostname must be longer than 3 ASCII characters.');
    assert.deepEqual([short.Code, short.EC], ['InvalidArgument', '0017-00000249']);
    const odd = errorOf(await call('a_b.example'));
    assert.deepEqual([odd.Code, odd.EC], ['InvalidArgument', '9017-00000249']);
  }
});

test('sub-resources are a set, and an empty value is none', async () => {
  const body = document(`<Domain>${domain}</Domain>`);
  for (const query of [
    { comp: 'token', cname: undefined },
    { cname: '', comp: 'token' },
    { cname: undefined, comp: 'token' },
  ]) {
    const answer = await shop.call({ query, body });
    assert.equal(answer.status, 200, answer.text);
  }
  const unnamed = await shop.call({ method: 'GET', query: { comp: 'token', cname: '' } });
  assert.deepEqual([unnamed.status, errorOf(unnamed).Code], [400, 'InvalidArgument']);
  const list = await shop.call({ method: 'GET', query: { cname: domain } });
  assert.equal(list.xml?.name, 'ListCnameResult');
  const other = await shop.call({ query: { cname: undefined, comp: 'replace' }, body });
  assert.deepEqual([other.status, errorOf(other).Code], [400, 'NotImplemented']);
  const none = await shop.call({ query: { cname: undefined }, body });
  assert.deepEqual([none.status, errorOf(none).Code], [405, 'MethodNotAllowed']);
});

test('a missing bucket is told before the document is read, to all five', async () => {
  const missing = { bucket: 'no-such-bucket' };
  const answers = [
    await shop.putCname('', missing),
    await shop.createToken(domain, { ...missing, body: 'no document' }),
    await shop.getToken(domain, missing),
    await shop.list(missing),
    await shop.deleteCname(domain, { ...missing, headers: { 'content-md5': 'no digest' } }),
  ];
  for (const answer of answers) {
    const { Status, Code, BucketName, EC } = errorOf(answer);
    assert.deepEqual(
      [Status, Code, BucketName, EC],
      ['404', 'NoSuchBucket', 'no-such-bucket', '0015-00000101'],
    );
  }
});
