/**
 * Where the check list of custom-domain.md 13 is played: a real server, real DNS packets, real
 * handshakes verified against an authority; only the clock is the test's. A story is told once and
 * played in every way a caller can sign, address and connect.
 */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseXml } from '../../../src/xml/index.ts';
import { type Answer, document, errorOf, inline, withCertificate } from '../../api/cname/shop.ts';
import {
  createAuthority,
  type LeafOptions,
  type TestAuthority,
  type TestCertificate,
} from '../../support/certificates.ts';
import { type DnsServer, startDnsServer, type TxtValue } from '../../support/dns-server.ts';
import { ask } from '../../support/raw-client.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';
import {
  type RequestToSign,
  requestBytes,
  type SignedRequest,
  signHeaderV1,
  signHeaderV4,
  type TestCredentials,
} from '../../support/sign.ts';
import { createTestWorld, type TestWorld } from '../../support/world.ts';

export { type Answer, errorOf, inline };

export const endpoint = 'oss.shop.test';
export const hour = 3_600_000;

/** How a caller signs, addresses the bucket and connects. */
export interface Way {
  readonly name: string;
  readonly scheme: 'V1' | 'V4';
  readonly addressing: 'path' | 'IP' | 'virtual host' | 'mapped domain';
  readonly isSecure: boolean;
}

const schemes = ['V1', 'V4'] as const;
const addressings = ['path', 'IP', 'virtual host', 'mapped domain'] as const;

export const ways: readonly Way[] = schemes.flatMap((scheme) =>
  addressings.flatMap((addressing) =>
    [false, true].map((isSecure) => ({
      name: `${scheme}, ${addressing}, ${isSecure ? 'HTTPS' : 'HTTP'}`,
      scheme,
      addressing,
      isSecure,
    })),
  ),
);

export const firstWay: Way = ways[0] as Way;

export interface Call {
  readonly method?: string;
  readonly key?: string;
  readonly query?: Record<string, string | undefined>;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
}

/** A request of somebody without a key, or one signed before. */
export interface Visit {
  /** Value of Host. */
  readonly host: string;
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
  readonly isSecure?: boolean;
  /** Server name of the handshake; that of Host when absent, none when empty. */
  readonly serverName?: string;
}

/** One owner's bucket with a domain of its own, seen in one way. */
export interface Place {
  readonly way: Way;
  readonly bucket: string;
  readonly owner: TestCredentials & { readonly accountId: string };
  /** A name nobody has mapped yet, below `shop.example`. */
  readonly domain: string;
  /** The mapped domain that carries the calls, when the way is one. */
  readonly carrier: string | undefined;
  call(call: Call): Promise<Answer>;
  createToken(domain?: string): Promise<Answer>;
  getToken(domain?: string): Promise<Answer>;
  /** PutCname; `elements` are those below CertificateConfiguration. */
  put(elements?: Readonly<Record<string, string>>, domain?: string): Promise<Answer>;
  remove(domain?: string): Promise<Answer>;
  list(): Promise<Answer>;
  /** Domains in the list, without the carrier. */
  listed(): Promise<string[]>;
  /** Id of the certificate bound to a domain; empty when there is none. */
  certId(domain?: string): Promise<string>;
  /** Creates a token and publishes it; resolves to it. */
  prove(domain?: string): Promise<string>;
}

export interface Stage {
  readonly server: TestServer;
  readonly dns: DnsServer;
  readonly world: TestWorld;
  readonly authority: TestAuthority;
  /** Fingerprint of the operator's default certificate. */
  readonly defaultLeaf: string;
  /** A fresh bucket; of a fresh account unless an owner is given. */
  place(way: Way, owner?: Place['owner']): Promise<Place>;
  visit(visit: Visit): Promise<Answer>;
  /** Sends what was signed before, to `host` if that is another one. */
  sendSigned(signed: SignedRequest, more?: Partial<Visit>): Promise<Answer>;
  /** Publishes TXT records at `_dnsauth.` and the domain. */
  publish(domain: string, ...values: TxtValue[]): void;
  /** A leaf for these names, good for years on any clock. */
  issue(names: readonly string[], options?: Partial<LeafOptions>): Promise<TestCertificate>;
  close(): Promise<void>;
}

const validity = { notBefore: Date.UTC(2020, 0, 1), notAfter: Date.UTC(2060, 0, 1) };

export async function openStage(
  options: { settings?: Record<string, string>; hasDefaultCertificate?: boolean } = {},
): Promise<Stage> {
  const { hasDefaultCertificate = true } = options;
  const authority = await createAuthority(validity);
  const issue: Stage['issue'] = (names, more = {}) =>
    authority.issue({ names, ...validity, ...more });
  const standard = await issue([endpoint, `*.${endpoint}`], { addresses: ['127.0.0.1'] });
  const carried = await issue(['*.carrier.example']);
  const folder = await mkdtemp(join(tmpdir(), 'cnamed-stage-'));
  const files = { chain: join(folder, 'chain.pem'), key: join(folder, 'key.pem') };
  await writeFile(files.chain, standard.chainPem);
  await writeFile(files.key, standard.keyPem);
  const dns = await startDnsServer();
  const world = createTestWorld({ seed: 'check list' });
  const server = await startTestServer({
    world,
    settings: {
      DNS_SERVERS: dns.server,
      ENDPOINT: endpoint,
      ...(hasDefaultCertificate ? { CERTIFICATE: files.chain, CERTIFICATE_KEY: files.key } : {}),
      ...options.settings,
    },
  });
  await rm(folder, { recursive: true, force: true });
  const stage = new PlayedStage({ server, dns, world, authority, issue, standard, carried });
  return stage;
}

interface Props {
  readonly server: TestServer;
  readonly dns: DnsServer;
  readonly world: TestWorld;
  readonly authority: TestAuthority;
  readonly issue: Stage['issue'];
  readonly standard: TestCertificate;
  /** Covers every carrier domain. */
  readonly carried: TestCertificate;
}

class PlayedStage implements Stage {
  readonly server: TestServer;
  readonly dns: DnsServer;
  readonly world: TestWorld;
  readonly authority: TestAuthority;
  readonly issue: Stage['issue'];
  readonly defaultLeaf: string;
  readonly #carried: TestCertificate;
  #count = 0;

  constructor(props: Props) {
    this.server = props.server;
    this.dns = props.dns;
    this.world = props.world;
    this.authority = props.authority;
    this.issue = props.issue;
    this.defaultLeaf = props.standard.x509.fingerprint256;
    this.#carried = props.carried;
  }

  async place(way: Way, owner?: Place['owner']): Promise<Place> {
    const number = ++this.#count;
    const names = { bucket: `bucket-${number}`, domain: `d${number}.shop.example` };
    const owning = owner ?? (await this.server.rooms.accounts.createAccount(`owner-${number}`));
    const plain = new PlayedPlace(this, { ...names, way: firstWay, owner: owning });
    await expectOk(plain.call({ method: 'PUT' }));
    if (way.addressing !== 'mapped domain') {
      return new PlayedPlace(this, { ...names, way, owner: owning });
    }
    const carrier = `c${number}.carrier.example`;
    await plain.prove(carrier);
    await expectOk(plain.put(inline(this.#carried), carrier));
    return new PlayedPlace(this, { ...names, way, owner: owning, carrier });
  }

  visit(visit: Visit): Promise<Answer> {
    const { host, path = '/', method = 'GET', headers = {} } = visit;
    return this.sendSigned({ method, target: path, headers: { host, ...headers } }, visit);
  }

  async sendSigned(signed: SignedRequest, more: Partial<Visit> = {}): Promise<Answer> {
    const { isSecure = false, body, method = signed.method } = more;
    const host = more.host ?? signed.headers.host ?? '';
    const bytes = requestBytes({ ...signed, headers: { ...signed.headers, host } }, body);
    const response = await ask(this.#target(isSecure, more.serverName ?? host), bytes, method);
    const text = response.body.toString();
    const isXml = response.headers['content-type'] === 'application/xml' && text.startsWith('<?');
    const limits = { bytesMax: 1024 * 1024, elementsMax: 10_000 };
    return { ...response, text, xml: isXml ? await parseXml(response.body, limits) : undefined };
  }

  publish(domain: string, ...values: TxtValue[]): void {
    this.dns.txt(`_dnsauth.${domain}`, ...values);
  }

  async close(): Promise<void> {
    await this.server.close();
    await this.dns.close();
  }

  #target(isSecure: boolean, host: string) {
    if (!isSecure) return { port: this.server.httpPort };
    const servername = /^[0-9.:]*$/.test(host) ? '' : host.replace(/\.?(?::\d*)?$/, '');
    // The client's own clock is the real one: certificates are good for both.
    const tls = { servername, rejectUnauthorized: true, ca: this.authority.certificatePem };
    return { port: this.server.httpsPort, tls };
  }
}

class PlayedPlace implements Place {
  readonly way: Way;
  readonly bucket: string;
  readonly owner: Place['owner'];
  readonly domain: string;
  readonly carrier: string | undefined;
  readonly #stage: Stage;

  constructor(
    stage: Stage,
    facts: Pick<Place, 'way' | 'bucket' | 'owner' | 'domain'> & { readonly carrier?: string },
  ) {
    this.#stage = stage;
    this.way = facts.way;
    this.bucket = facts.bucket;
    this.owner = facts.owner;
    this.domain = facts.domain;
    this.carrier = facts.carrier;
  }

  call(call: Call): Promise<Answer> {
    const { scheme, addressing, isSecure } = this.way;
    const sign = scheme === 'V1' ? signHeaderV1 : signHeaderV4;
    const isInPath = addressing === 'path' || addressing === 'IP';
    const request: RequestToSign = {
      method: call.method ?? 'GET',
      host: this.#host(),
      bucket: this.bucket,
      key: call.key ?? '',
      style: isInPath ? 'path' : 'virtual',
      query: call.query ?? {},
      headers: call.headers ?? {},
      credentials: this.owner,
      at: this.#stage.world.clock.now(),
    };
    return this.#stage.sendSigned(sign(request), {
      isSecure,
      ...(call.body === undefined ? {} : { body: call.body }),
    });
  }

  #host(): string {
    const { httpPort, httpsPort } = this.#stage.server;
    switch (this.way.addressing) {
      case 'path':
        return endpoint;
      case 'IP':
        return `127.0.0.1:${this.way.isSecure ? httpsPort : httpPort}`;
      case 'virtual host':
        return `${this.bucket}.${endpoint}`;
      case 'mapped domain':
        return this.carrier ?? '';
    }
  }

  createToken(domain = this.domain): Promise<Answer> {
    return this.#post('token', `<Domain>${domain}</Domain>`);
  }

  getToken(domain = this.domain): Promise<Answer> {
    return this.call({ query: { comp: 'token', cname: domain } });
  }

  put(elements?: Readonly<Record<string, string>>, domain = this.domain): Promise<Answer> {
    const plain = `<Domain>${domain}</Domain>`;
    return this.#post('add', elements ? withCertificate(elements, domain) : plain);
  }

  remove(domain = this.domain): Promise<Answer> {
    return this.#post('delete', `<Domain>${domain}</Domain>`);
  }

  list(): Promise<Answer> {
    return this.call({ query: { cname: undefined } });
  }

  async listed(): Promise<string[]> {
    const { xml } = await expectOk(this.list());
    const domains = xml?.children.map((child) => child.child('Domain')?.text ?? '') ?? [];
    return domains.filter((domain) => domain !== '' && domain !== this.carrier);
  }

  async certId(domain = this.domain): Promise<string> {
    const { xml } = await expectOk(this.list());
    const entry = xml?.children.find((child) => child.child('Domain')?.text === domain);
    return entry?.child('Certificate')?.child('CertId')?.text ?? '';
  }

  async prove(domain = this.domain): Promise<string> {
    const { xml } = await expectOk(this.createToken(domain));
    const token = xml?.child('Token')?.text ?? '';
    this.#stage.publish(domain, token);
    return token;
  }

  #post(comp: string, cname: string): Promise<Answer> {
    const query = { cname: undefined, comp };
    return this.call({ method: 'POST', query, body: document(cname) });
  }
}

/** The answer, which must be a success. */
export async function expectOk(asked: Promise<Answer>): Promise<Answer> {
  const answer = await asked;
  if (answer.status === 200) return answer;
  throw new Error(`Expected 200, got ${answer.status}: ${answer.text}`);
}

/** What `refusalOf` says of a visit to a domain that nobody has mapped. */
export const unknownHost = '404 NoSuchBucket 0015-00000101';

/** Status, `Code` and second-level code of a refusal, as one text. */
export function refusalOf(answer: Answer): string {
  const { Status, Code = '', EC = '' } = errorOf(answer);
  return `${Status} ${Code} ${EC}`;
}
