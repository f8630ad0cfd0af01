/**
 * A real server, a real DNS server and two accounts, for black-box tests of the five operations.
 * Only the clock is the test's. Every call is one request on a socket of its own, as bytes.
 */
import { createHash } from 'node:crypto';
import { parseXml, type XmlElement } from '../../../src/xml/index.ts';
import type { TestCertificate } from '../../support/certificates.ts';
import { type DnsServer, startDnsServer } from '../../support/dns-server.ts';
import { ask, type RawResponse } from '../../support/raw-client.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';
import {
  requestBytes,
  signHeaderV1,
  signHeaderV4,
  type TestCredentials,
} from '../../support/sign.ts';
import { createTestWorld, type TestWorld } from '../../support/world.ts';

export const endpoint = 'oss.shop.test';
export const bucket = 'shop-assets';
export const domain = 'img.shop.example';

export interface Call {
  readonly method?: 'GET' | 'POST' | 'PUT';
  readonly bucket?: string;
  /** In wire order; `undefined` is sent without `=`. */
  readonly query: Record<string, string | undefined>;
  readonly body?: string | Buffer;
  readonly headers?: Record<string, string>;
  readonly as?: TestCredentials;
  readonly scheme?: 'v1' | 'v4';
  readonly addressing?: 'path' | 'virtual-host' | 'mapped-domain';
  readonly isSecure?: boolean;
}

export interface Answer extends RawResponse {
  readonly text: string;
  /** Root of the body; `undefined` when there is none. */
  readonly xml: XmlElement | undefined;
}

export interface Shop {
  readonly server: TestServer;
  readonly dns: DnsServer;
  readonly world: TestWorld;
  readonly ann: TestCredentials;
  readonly ben: TestCredentials;
  call(call: Call): Promise<Answer>;
  putCname(cname: string, call?: Partial<Call>): Promise<Answer>;
  createToken(name?: string, call?: Partial<Call>): Promise<Answer>;
  getToken(name?: string, call?: Partial<Call>): Promise<Answer>;
  list(call?: Partial<Call>): Promise<Answer>;
  deleteCname(name?: string, call?: Partial<Call>): Promise<Answer>;
  makeBucket(name: string, as?: TestCredentials): Promise<void>;
  /** Creates a token and publishes it. */
  prove(name: string, call?: Partial<Call>): Promise<string>;
  close(): Promise<void>;
}

export async function openShop(settings: Record<string, string> = {}): Promise<Shop> {
  const dns = await startDnsServer();
  const world = createTestWorld({ seed: 'shop' });
  const server = await startTestServer({
    world,
    settings: { DNS_SERVERS: dns.server, ENDPOINT: `localhost,${endpoint}`, ...settings },
  });
  const { accessKeyId, accessKeySecret } = server;
  const ann = { accessKeyId, accessKeySecret };
  const ben = await server.rooms.accounts.createAccount('ben');

  async function call(call: Call): Promise<Answer> {
    const { addressing = 'path', scheme = 'v4', isSecure = false, method = 'POST' } = call;
    const port = isSecure ? server.httpsPort : server.httpPort;
    const name = call.bucket ?? bucket;
    const hosts = {
      path: `127.0.0.1:${port}`,
      'virtual-host': `${name}.${endpoint}`,
      'mapped-domain': domain,
    };
    const signed = (scheme === 'v1' ? signHeaderV1 : signHeaderV4)({
      method,
      host: hosts[addressing],
      bucket: name,
      style: addressing === 'path' ? 'path' : 'virtual',
      query: call.query,
      ...(call.headers ? { headers: call.headers } : {}),
      credentials: call.as ?? ann,
      at: world.clock.now(),
    });
    const tls = isSecure ? { tls: { servername: domain } } : {};
    const response = await ask({ port, ...tls }, requestBytes(signed, call.body), method);
    const text = response.body.toString();
    const limits = { bytesMax: 1024 * 1024, elementsMax: 10_000 };
    const xml = text === '' ? undefined : await parseXml(response.body, limits);
    return { ...response, text, xml };
  }

  const post =
    (comp: string) =>
    (name: string, more: Partial<Call> = {}) =>
      call({
        query: { cname: undefined, comp },
        body: document(`<Domain>${name}</Domain>`),
        ...more,
      });
  const createToken = post('token');
  const shop: Shop = {
    server,
    dns,
    world,
    ann,
    ben,
    call,
    putCname: (cname, more = {}) =>
      call({ query: { cname: undefined, comp: 'add' }, body: document(cname), ...more }),
    createToken: (name = domain, more) => createToken(name, more),
    getToken: (name = domain, more = {}) =>
      call({ method: 'GET', query: { comp: 'token', cname: name }, ...more }),
    list: (more = {}) => call({ method: 'GET', query: { cname: undefined }, ...more }),
    deleteCname: (name = domain, more) => post('delete')(name, more),
    async makeBucket(name, as = ann) {
      const made = await call({ method: 'PUT', bucket: name, query: {}, as });
      if (made.status !== 200) throw new Error(`${made.status} ${made.text}`);
    },
    async prove(name, more) {
      const answer = await createToken(name, more);
      const token = answer.xml?.child('Token')?.text;
      if (token === undefined) throw new Error(`${answer.status} ${answer.text}`);
      dns.txt(`_dnsauth.${name}`, token);
      return token;
    },
    async close() {
      await server.close();
      await dns.close();
    },
  };
  await shop.makeBucket(bucket);
  return shop;
}

/** What stands below `Cname`, in its document. */
export function document(cname: string): string {
  return `<BucketCnameConfiguration><Cname>${cname}</Cname></BucketCnameConfiguration>`;
}

/** A `Cname` with these elements below CertificateConfiguration. */
export function withCertificate(
  elements: Readonly<Record<string, string>>,
  name: string = domain,
): string {
  const inside = Object.entries(elements).map(([key, value]) => `<${key}>${value}</${key}>`);
  const configuration = inside.join('');
  return `<Domain>${name}</Domain>
<CertificateConfiguration>${configuration}</CertificateConfiguration>`;
}

export const inline = (leaf: TestCertificate) => ({
  Certificate: leaf.chainPem,
  PrivateKey: leaf.keyPem,
});

export function md5Of(text: string): string {
  return createHash('md5').update(text).digest('base64');
}

/** `Code` and the text of each further element of an error document. */
export function errorOf(answer: Answer): Record<string, string> {
  const facts: Record<string, string> = { Status: String(answer.status) };
  for (const child of answer.xml?.children ?? []) facts[child.name] = child.text;
  return facts;
}
