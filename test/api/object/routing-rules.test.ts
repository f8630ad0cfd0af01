/** Routing rules on the wire: the document, redirects, refusals (oss-semantics.md 4). */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { parseXml, type XmlElement } from '../../../src/xml/index.ts';
import { type Call, openRawOss, type RawOss } from './raw-oss.ts';

let oss: RawOss;
let bucket: string;
const endpoint = 'oss.example.net';

before(async () => {
  oss = await openRawOss({ ENDPOINT: `${endpoint},localhost` });
  bucket = await oss.bucket('public-read');
  await oss.put(bucket, 'index.html', 'root');
  await oss.put(bucket, 'error.html', 'sorry');
  await oss.put(bucket, 'page', 'page');
  await oss.put(bucket, 'old/page', 'old');
  await oss.put(bucket, 'closed', 'x', { 'x-oss-object-acl': 'private' });
});
after(() => oss.close());

const website = { website: undefined };
const put = (inside: string, more: Call = {}) =>
  oss.call({
    method: 'PUT',
    bucket,
    query: website,
    body: `<WebsiteConfiguration>${inside}</WebsiteConfiguration>`,
    ...more,
  });
let number = 0;
const rule = (condition: string, redirect: string, others = '') =>
  `<RoutingRule><RuleNumber>${++number}</RuleNumber><Condition>${condition}</Condition>` +
  `<Redirect>${redirect}</Redirect>${others}</RoutingRule>`;
const rules = (...each: string[]) => `<RoutingRules>${each.join('')}</RoutingRules>`;
const external = (more: string) => `<RedirectType>External</RedirectType>${more}`;
const prefix = (text: string) => `<KeyPrefixEquals>${text}</KeyPrefixEquals>`;
const code = (status: number) =>
  `<HttpErrorCodeReturnedEquals>${status}</HttpErrorCodeReturnedEquals>`;
const host = (name: string) => `<HostName>${name}</HostName>`;
const index = '<IndexDocument><Suffix>index.html</Suffix></IndexDocument>';
const error = '<ErrorDocument><Key>error.html</Key></ErrorDocument>';
const mirror = (more: string) =>
  `<RedirectType>Mirror</RedirectType><MirrorURL>http://www.test.example/</MirrorURL>${more}`;

async function open(path: string, more: Call = {}) {
  const answer = await oss.call({
    path,
    host: `${bucket}.${endpoint}`,
    as: 'anonymous',
    ...more,
  });
  return [answer.status, answer.headers.location ?? (answer.code || answer.text)];
}

/** The document as lists: names with texts or children, in order. */
const shape = ({ name, text, children }: XmlElement): unknown =>
  children.length > 0 ? [name, ...children.map(shape)] : [name, text];

async function shown(): Promise<unknown[]> {
  const answer = await oss.call({ bucket, query: website });
  assert.equal(answer.status, 200, answer.text);
  const root = await parseXml(answer.body, { bytesMax: 1e6, elementsMax: 1e4 });
  const found = root.children.find(({ name }) => name === 'RoutingRules');
  return (found?.children ?? []).map(shape);
}

test('every field is shown as it was put', async () => {
  const odd = '1~!@#$%^&amp;*()-_=+|\\[]{}&lt;&gt;,./?`~ ';
  const headers =
    '<IncludeHeader><Key>host</Key><Equals>a.example</Equals></IncludeHeader>' +
    '<IncludeHeader><Key>k</Key><StartsWith>s</StartsWith><EndsWith>e</EndsWith></IncludeHeader>';
  const condition = `${prefix(odd)}<KeySuffixEquals>${odd}</KeySuffixEquals>${code(404)}${headers}`;
  const mirrored =
    '<RedirectType>Mirror</RedirectType><PassQueryString>true</PassQueryString>' +
    '<ReplaceKeyPrefixWith>${key}.jpg</ReplaceKeyPrefixWith>' +
    '<EnableReplacePrefix>true</EnableReplacePrefix>' +
    '<MirrorURL>http://www.test.example/</MirrorURL>' +
    '<MirrorURLSlave>https://www.slave.example/</MirrorURLSlave>' +
    '<MirrorURLProbe>http://www.test.example/index.html</MirrorURLProbe>' +
    '<MirrorPassQueryString>true</MirrorPassQueryString>' +
    '<MirrorFollowRedirect>false</MirrorFollowRedirect><MirrorCheckMd5>true</MirrorCheckMd5>' +
    '<MirrorSNI>true</MirrorSNI><MirrorDstRegion>cn-shenzhen</MirrorDstRegion>' +
    '<MirrorHeaders><PassAll>true</PassAll><Pass>a-1</Pass><Pass>a-2</Pass><Remove>a-3</Remove>' +
    '<Set><Key>a-4</Key><Value>v</Value></Set></MirrorHeaders>' +
    '<MirrorMultiAlternates><MirrorMultiAlternate>' +
    '<MirrorMultiAlternateNumber>1</MirrorMultiAlternateNumber>' +
    '<MirrorMultiAlternateURL>http://www.a.example/</MirrorMultiAlternateURL>' +
    '</MirrorMultiAlternate></MirrorMultiAlternates>' +
    '<TransparentMirrorResponseCodes>400,404</TransparentMirrorResponseCodes>' +
    '<MirrorUsingRole>true</MirrorUsingRole>' +
    '<MirrorUserLastModified>true</MirrorUserLastModified>' +
    '<MirrorIsExpressTunnel>true</MirrorIsExpressTunnel>' +
    '<MirrorPassOriginalSlashes>true</MirrorPassOriginalSlashes>' +
    '<MirrorAllowHeadObject>true</MirrorAllowHeadObject>';
  const elsewhere =
    '<RedirectType>AliCDN</RedirectType><Protocol>https</Protocol>' +
    `${host('oss.example.com')}<PassQueryString>false</PassQueryString>` +
    '<ReplaceKeyWith>${key}.suffix</ReplaceKeyWith><HttpRedirectCode>303</HttpRedirectCode>';
  const lua = '<LuaConfig><Script>a.lua</Script></LuaConfig>';
  const document = rules(rule(condition, mirrored), rule(code(403), elsewhere, lua));
  const loud = document.replaceAll('>true<', '>True<').replaceAll('>false<', '>FALSE<');
  assert.equal((await put(loud)).status, 200);
  const sent = await parseXml(Buffer.from(document), { bytesMax: 1e6, elementsMax: 1e4 });
  assert.deepEqual(await shown(), sent.children.map(shape));
});

test('what a rule leaves out is shown as the service shows it', async () => {
  const secret = '<AccessKeyId>i</AccessKeyId><AccessKeySecret>s3cret</AccessKeySecret>';
  await put(
    index +
      rules(
        rule(code(403), `${host('a.example')}<HttpRedirectCode>301</HttpRedirectCode>`),
        rule(code(404), mirror('<PassQueryString>true</PassQueryString>')),
        rule(code(404), mirror(`<MirrorAuth>${secret}</MirrorAuth>`)),
      ),
  );
  const [plain, passing, signed] = await shown();
  assert.match(JSON.stringify(plain), /\["RedirectType","External"\]/);
  const text = JSON.stringify(passing);
  for (const [name, value] of Object.entries({
    PassQueryString: true,
    MirrorPassQueryString: true,
    MirrorFollowRedirect: true,
    MirrorCheckMd5: false,
    MirrorUsingRole: false,
    MirrorUserLastModified: false,
    MirrorIsExpressTunnel: false,
    MirrorPassOriginalSlashes: false,
    MirrorAllowHeadObject: false,
  })) {
    assert.ok(text.includes(`["${name}","${value}"]`), `${name} ${text}`);
  }
  assert.match(JSON.stringify(signed), /\["MirrorAuth",\["AccessKeyId","i"\]\]/);
  assert.doesNotMatch(JSON.stringify(signed), /s3cret/);
});

test('rules that are refused', async () => {
  const good = external(host('a.example'));
  const header = '<IncludeHeader><Key>k</Key></IncludeHeader>';
  const passes = '<Pass>a</Pass>'.repeat(11);
  const one = rule(code(404), good);
  const table: [string, string][] = [
    [rules(...Array.from({ length: 21 }, () => rule('', good))), 'InvalidArgument'],
    [rules(one, one), 'InvalidArgument'],
    [rules(one.replace(/<RuleNumber>.*<\/RuleNumber>/, '')), 'MalformedXML'],
    [rules(one.replace(/<RuleNumber>.*?</, '<RuleNumber>0<')), 'InvalidArgument'],
    [rules(one.replace(/<RuleNumber>.*?</, '<RuleNumber>-1<')), 'InvalidArgument'],
    [rules(one.replace(/<Condition>.*<\/Condition>/, '')), 'MalformedXML'],
    [rules(one.replace(/<Redirect>.*<\/Redirect>/, '')), 'MalformedXML'],
    [rules(rule(code(1000), good)), 'InvalidArgument'],
    [rules(rule(header.repeat(11), good)), 'InvalidArgument'],
    [rules(rule('<IncludeHeader><Equals>a</Equals></IncludeHeader>', good)), 'MalformedXML'],
    [rules(rule('', '<RedirectType>Elsewhere</RedirectType>')), 'InvalidArgument'],
    [rules(rule('', external(''))), 'InvalidArgument'],
    [rules(rule('', '<RedirectType>Internal</RedirectType>')), 'InvalidArgument'],
    [rules(rule('', external(host('a b')))), 'InvalidArgument'],
    [rules(rule('', external(host('a.example/path')))), 'InvalidArgument'],
    [rules(rule('', external('<Protocol>ftp</Protocol>'))), 'InvalidArgument'],
    [rules(rule('', `${good}<HttpRedirectCode>200</HttpRedirectCode>`)), 'InvalidArgument'],
    [rules(rule('', `${good}<PassQueryString>perhaps</PassQueryString>`)), 'MalformedXML'],
    [
      rules(
        rule(
          '',
          `${good}<ReplaceKeyWith>a</ReplaceKeyWith><ReplaceKeyPrefixWith>b</ReplaceKeyPrefixWith>`,
        ),
      ),
      'InvalidArgument',
    ],
    [
      rules(
        rule(
          '',
          `${good}<ReplaceKeyWith>a</ReplaceKeyWith><EnableReplacePrefix>true</EnableReplacePrefix>`,
        ),
      ),
      'InvalidArgument',
    ],
    [rules(rule(code(403), mirror(''))), 'InvalidArgument'],
    [rules(rule('', mirror(''))), 'InvalidArgument'],
    [rules(rule(code(404), '<RedirectType>Mirror</RedirectType>')), 'MalformedXML'],
    [rules(rule(code(404), mirror('').replace('http:', 'ftp:'))), 'InvalidArgument'],
    [rules(rule(code(404), mirror('').replace('example/', 'example'))), 'InvalidArgument'],
    [rules(rule(code(404), mirror('<MirrorCheckMd5>2</MirrorCheckMd5>'))), 'MalformedXML'],
    [rules(rule(code(404), mirror(`<MirrorHeaders>${passes}</MirrorHeaders>`))), 'InvalidArgument'],
    [
      rules(rule(code(404), mirror('<MirrorHeaders><Pass>a:b</Pass></MirrorHeaders>'))),
      'InvalidArgument',
    ],
  ];
  for (const [inside, expected] of table) {
    const answer = await put(inside);
    assert.deepEqual([answer.status, answer.code], [400, expected], inside.slice(0, 300));
  }
});

test('a redirect names scheme, host, key and query as the rule says', async () => {
  await put(
    index +
      error +
      rules(
        rule(
          prefix('old/'),
          external(
            `<Protocol>https</Protocol>${host('www.example.com:8443')}` +
              '<ReplaceKeyPrefixWith>n w/\u4e2d/</ReplaceKeyPrefixWith>' +
              '<HttpRedirectCode>302</HttpRedirectCode><PassQueryString>true</PassQueryString>',
          ),
        ),
        rule(prefix('own'), external('<ReplaceKeyWith>to/${key}.txt</ReplaceKeyWith>')),
        rule(
          '<IncludeHeader><Key>X-Mobile</Key></IncludeHeader>',
          `<RedirectType>AliCDN</RedirectType>${host('m.example')}`,
        ),
        rule(code(404) + prefix('gone'), external(host('archive.example'))),
        rule(
          code(404) + prefix('inner'),
          '<RedirectType>Internal</RedirectType><ReplaceKeyWith>page</ReplaceKeyWith>',
        ),
      ),
  );
  const virtual = `${bucket}.${endpoint}`;
  const table: [string, Call, number, string][] = [
    ['/old/page?a=b&c', {}, 302, 'https://www.example.com:8443/n%20w/%E4%B8%AD/page?a=b&c'],
    ['/own?a=b', {}, 301, `http://${virtual}/to/own.txt`],
    ['/page', { headers: { 'x-mobile': '1' } }, 301, 'http://m.example/page'],
    ['/', { headers: { 'x-mobile': '1' } }, 301, 'http://m.example/'],
    ['/page', {}, 200, 'page'],
    ['/', {}, 200, 'root'],
    ['/gone%20%26', {}, 301, 'http://archive.example/gone%20%26'],
    ['/other', {}, 404, 'sorry'],
    ['/inner', {}, 200, 'page'],
  ];
  for (const [path, more, status, expected] of table) {
    assert.deepEqual(await open(path, more), [status, expected], path);
    const head = await open(path, { ...more, method: 'HEAD' });
    assert.equal(head[0], status);
    if (status < 400 && status > 300) assert.equal(head[1], expected);
  }
  const inPath = await oss.call({ bucket, key: 'own', as: 'anonymous' });
  assert.equal(inPath.headers.location, `http://localhost/${bucket}/to/own.txt`);
  const signed = await oss.call({ bucket, key: 'gone' });
  assert.deepEqual([signed.status, signed.headers.location], [301, 'http://archive.example/gone']);
  assert.match((await oss.call({ bucket, headers: { 'x-mobile': '1' } })).text, /ListBucketResult/);
  const version = await oss.call({ bucket, key: 'old/page', query: { versionId: 'null' } });
  assert.deepEqual([version.status, version.text], [200, 'old']);
  const written = await oss.call({ method: 'PUT', bucket, key: 'old/w' });
  assert.equal(written.status, 200);
});

test('rules for refusals, and what they cannot open', async () => {
  const leads = (status: number) => rule(code(status), external(host(`s${status}.example`)));
  await put(rules(leads(403), leads(412), leads(416)));
  assert.deepEqual(await open('/closed'), [301, 'http://s403.example/closed']);
  assert.deepEqual(await open('/'), [301, 'http://s403.example/']);
  const range = { headers: { range: 'bytes=9-', 'x-oss-range-behavior': 'standard' } };
  assert.deepEqual(await open('/page', range), [301, 'http://s416.example/page']);
  const match = { headers: { 'if-match': '"x"' } };
  assert.deepEqual(await open('/page', match), [301, 'http://s412.example/page']);
  assert.deepEqual(await open('/missing'), [404, 'NoSuchKey']);
  assert.deepEqual(await open('/closed?versionId=null'), [403, 'AccessDenied']);
  const cors =
    '<CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>';
  await oss.call({
    method: 'PUT',
    bucket,
    query: { cors: undefined },
    body: `<CORSConfiguration>${cors}</CORSConfiguration>`,
  });
  const redirected = await oss.call({
    bucket,
    key: 'closed',
    as: 'anonymous',
    headers: { origin: 'https://a.example' },
  });
  assert.equal(redirected.headers['access-control-allow-origin'], '*');
  const inner = (key: string) =>
    `<RedirectType>Internal</RedirectType><ReplaceKeyWith>${key}</ReplaceKeyWith>`;
  await put(index + rules(rule(prefix('in'), inner('closed')), rule(code(403), inner('page'))));
  assert.deepEqual(await open('/in'), [403, 'AccessDenied'], 'a rule opens nothing');
  assert.deepEqual(await open('/closed'), [200, 'page'], 'a rule may say why');
});
