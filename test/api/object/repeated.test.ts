/**
 * Answers from memory on a mapped domain are those that the rooms would give now. Whatever is
 * changed, and by whatever operation, the next answer is compared with one that went all the way:
 * to the same request with a header that makes it another one.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createChance } from '../../support/chance.ts';
import { connectRaw, type RawClient, type RawResponse } from '../../support/raw-client.ts';
import { type Call, openRawOss, type RawOss } from './raw-oss.ts';

const domain = 'www.repeated.example';
const seed = Date.now() % 1_000_000_000;
const steps = 60;

let oss: RawOss;
let client: RawClient;

before(async () => {
  oss = await openRawOss({ OWNERSHIP: 'off' });
  client = await connectRaw({ port: oss.server.httpPort });
});
after(async () => {
  client.destroy();
  await oss.close();
});

async function visit(
  method: string,
  path: string,
  headers = '',
  host = domain,
): Promise<RawResponse> {
  client.send(`${method} ${path} HTTP/1.1\r\nHost: ${host}\r\n${headers}\r\n`);
  return await client.response(method);
}

/** Everything of it that is not each answer's own. */
function withoutOwn({ status, rawHeaders, body }: RawResponse) {
  const own = ['x-oss-request-id', 'date', 'x-oss-server-time'];
  const withoutId = (text: string): string => text.replace(/<RequestId>[^<]*/, '');
  const headers = rawHeaders
    .filter(([name]) => !own.includes(name.toLowerCase()))
    .map(([name, value]) =>
      name === 'x-oss-err'
        ? [name, withoutId(Buffer.from(value, 'base64').toString())]
        : [name, value],
    )
    .sort();
  return { status, headers, text: withoutId(body.toString('latin1')) };
}

const cname = (bucket: string, comp: string, name = domain): Call => ({
  method: 'POST',
  bucket,
  query: { cname: undefined, comp },
  body: `<BucketCnameConfiguration><Cname><Domain>${name}</Domain></Cname></BucketCnameConfiguration>`,
});

const website = (more: string) =>
  '<WebsiteConfiguration><IndexDocument><Suffix>index.html</Suffix>' +
  `<SupportSubDir>true</SupportSubDir></IndexDocument>${more}</WebsiteConfiguration>`;

const rule =
  '<RoutingRules><RoutingRule><RuleNumber>1</RuleNumber><Condition><IncludeHeader>' +
  '<Key>x-any</Key><Equals>1</Equals></IncludeHeader><KeyPrefixEquals>a</KeyPrefixEquals>' +
  '</Condition><Redirect><RedirectType>External</RedirectType><Protocol>https</Protocol>' +
  '<HostName>b.example</HostName></Redirect></RoutingRule></RoutingRules>';

const lifecycle =
  '<LifecycleConfiguration><Rule><ID>r</ID><Prefix></Prefix><Status>Enabled</Status>' +
  '<Expiration><Days>9</Days></Expiration></Rule></LifecycleConfiguration>';

const cors =
  '<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin>' +
  '<AllowedMethod>GET</AllowedMethod></CORSRule><ResponseVary>true</ResponseVary></CORSConfiguration>';

const referer =
  '<RefererConfiguration><AllowEmptyReferer>false</AllowEmptyReferer>' +
  '<RefererList><Referer>http://c.example</Referer></RefererList></RefererConfiguration>';

const deny = JSON.stringify({
  Version: '1',
  Statement: [
    { Effect: 'Deny', Principal: ['*'], Action: ['oss:GetObject'], Resource: ['acs:oss:*:*:*'] },
  ],
});

const document = (bucket: string, name: string, body: string | undefined): Call => {
  const asked = { bucket, query: { [name]: undefined } };
  return body === undefined ? { ...asked, method: 'DELETE' } : { ...asked, method: 'PUT', body };
};

function changesOf(bucket: string, other: string, pick: ReturnType<typeof createChance>): Call[] {
  const key = pick.pick(['a.txt', 'index.html', 'docs/index.html', 'docs/']);
  const acl = pick.pick(['private', 'public-read', 'default']);
  return [
    {
      method: 'PUT',
      bucket,
      key,
      body: `text ${pick.int(1_000)}`.repeat(1 + pick.int(400)),
      headers: { 'content-type': 'text/html' },
    },
    { method: 'PUT', bucket, key, body: pick.bytes(pick.int(40_000)) },
    {
      method: 'PUT',
      bucket,
      key,
      headers: { 'x-oss-symlink-target': 'a.txt' },
      query: { symlink: undefined },
    },
    { method: 'PUT', bucket, key, query: { acl: undefined }, headers: { 'x-oss-object-acl': acl } },
    {
      method: 'PUT',
      bucket,
      key,
      body: `<Tagging><TagSet><Tag><Key>t</Key><Value>${pick.int(9)}</Value></Tag></TagSet></Tagging>`,
      query: { tagging: undefined },
    },
    { method: 'DELETE', bucket, key },
    {
      method: 'PUT',
      bucket,
      query: { acl: undefined },
      headers: { 'x-oss-acl': pick.pick(['private', 'public-read']) },
    },
    document(bucket, 'website', pick.pick([website(''), website(rule), undefined])),
    document(bucket, 'lifecycle', pick.pick([lifecycle, undefined])),
    document(bucket, 'cors', pick.pick([cors, undefined])),
    document(bucket, 'referer', pick.pick([referer, referer.replace('false', 'true')])),
    document(bucket, 'policy', pick.pick([deny, undefined, undefined])),
    document(
      bucket,
      'publicAccessBlock',
      pick.pick([
        '<PublicAccessBlockConfiguration><BlockPublicAccess>true</BlockPublicAccess></PublicAccessBlockConfiguration>',
        undefined,
        undefined,
      ]),
    ),
    cname(other, 'delete'),
    cname(bucket, 'delete'),
    cname(bucket, 'add'),
  ];
}

test(`no answer is older than the last change (seed ${seed})`, async (context) => {
  context.diagnostic(`seed ${seed}`);
  const pick = createChance(seed);
  const [bucket, other] = [await oss.bucket('public-read'), await oss.bucket('public-read')];
  await oss.put(bucket, 'a.txt', 'first', { 'content-type': 'text/html' });
  await oss.put(bucket, 'index.html', 'root', { 'content-type': 'text/html' });
  assert.equal((await oss.call(cname(bucket, 'add'))).status, 200);
  const paths = ['/a.txt', '/index.html', '/', '/docs/', '/docs/index.html', '/none'];
  let made = 0;
  for (let step = 0; step < steps; step++) {
    // While the domain is unmapped these are visits of a name that nobody knows: so many a second.
    oss.world.advance(1_000);
    for (const path of paths) {
      for (const method of ['GET', 'HEAD']) {
        const coding = pick.pick(['', 'Accept-Encoding: gzip, br\r\n']);
        const whole = withoutOwn(await visit(method, path, `X-Another: 1\r\n${coding}`));
        for (let time = 0; time < 2; time++) {
          const again = withoutOwn(await visit(method, path, coding));
          assert.deepEqual(again, whole, `${step} ${method} ${path} ${coding}`);
        }
      }
    }
    const change = pick.pick(changesOf(bucket, other, pick));
    // A public ACL is refused while public access is blocked, and what is gone cannot be changed.
    const { status, text } = await oss.call(change);
    assert.ok([403, 404, 409].includes(status) || status < 300, text);
    if (status < 300) made += 1;
    // Often one more visit before the change was all there was: what it kept must not be used.
    for (const path of paths) await visit('GET', path);
  }
  assert.ok(made > steps / 2, `${made} changes were made`);
});

test('a domain that moves takes its pages along', async () => {
  const moved = 'moved.example';
  const [one, two] = [await oss.bucket('public-read'), await oss.bucket('public-read')];
  await oss.put(one, 'p', 'one');
  await oss.put(two, 'p', 'two');
  for (const bucket of [one, two, one]) {
    assert.equal((await oss.call(cname(bucket, 'add', moved))).status, 200);
    const expected = bucket === one ? 'one' : 'two';
    for (let time = 0; time < 3; time++) {
      assert.equal((await visit('GET', '/p', '', moved)).body.toString(), expected);
    }
    assert.equal((await oss.call(cname(bucket, 'delete', moved))).status, 200);
    assert.equal((await visit('GET', '/p', '', moved)).status, 404);
  }
});
