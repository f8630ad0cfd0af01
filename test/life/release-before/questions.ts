/**
 * What is asked of an installation, over HTTP and HTTPS and at its ports, to see whether it is the
 * same after a change of release. The release that made it answers first (make.ts).
 */
import { createHash } from 'node:crypto';
import { leafShown } from '../../support/handshake.ts';
import { ask } from '../../support/raw-client.ts';
import { signHeaderV4, type TestCredentials } from '../../support/sign.ts';

export interface Asked {
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly keys: Readonly<Record<string, TestCredentials>>;
  readonly rooms: {
    readonly engines: {
      // Of another release: only what both have is used.
      readonly metadata: {
        readonly accounts: {
          listAccounts(): Promise<object[]>;
          listCredentials(): Promise<{ secretSealed: string }[]>;
        };
        readonly audit: { listAudit(filter: { limit: number }): Promise<object[]> };
        readonly certificates: {
          listCertificates(after: number, limit: number): Promise<{ keySealed: string }[]>;
        };
      };
    };
  };
}

/** So that no answer holds a port. */
export const fixedSettings = {
  PUBLIC_ENDPOINT: 'oss.fixture.example:9080',
  OWNERSHIP: 'off',
  CONNECTIONS_PER_ADDRESS: '1000',
} as const;

export const buckets = ['alice-box', 'old-home', 'shop-site'] as const;

/** With every kind of character that a key may have. */
export const keys: Readonly<Record<(typeof buckets)[number], readonly string[]>> = {
  'alice-box': ['private.txt', 'public.txt'],
  'old-home': ['a'],
  'shop-site': [
    ' leading and trailing ',
    'a b+c%2F?.txt',
    'copy.css',
    'empty',
    'error.html',
    'folder/',
    'folder/index.html',
    'index.html',
    'large.bin',
    'nul\u0000and\u0001control\nline',
    'replaced',
    'style.css',
    `${'k'.repeat(1000)}/${'ä'.repeat(11)}`,
    'ünïcode/€/𝄞',
    '\u{10ffff}',
  ],
};

export const domains = {
  bound: 'www.shop.example',
  plain: 'plain.shop.example',
  image: 'img.shop.example',
  moved: 'moved.example',
  /** Has a token and is not mapped. */
  waiting: 'waiting.example',
} as const;

/** One line each, in a fixed order: the question, and all of the answer that may not change. */
export async function askEverything(asked: Asked): Promise<string[]> {
  return [
    ...(await askApi(asked)),
    ...(await askObjects(asked)),
    ...(await askDomains(asked)),
    ...(await askPorts(asked)),
  ];
}

async function askApi(asked: Asked): Promise<string[]> {
  const lines = [await signed(asked, 'root', {}), await signed(asked, 'alice', {})];
  lines.push(await signed(asked, 'disabled', {}));
  for (const bucket of buckets) {
    const name = bucket === 'alice-box' ? 'alice' : 'root';
    const queries: Record<string, string | undefined>[] = [
      { 'list-type': '2', 'encoding-type': 'url' },
      { 'encoding-type': 'url', delimiter: '/' },
      { bucketInfo: undefined },
      { stat: undefined },
      { acl: undefined },
      { website: undefined },
      { cname: undefined },
      { comp: 'token', cname: domains.waiting },
    ];
    for (const query of queries) lines.push(await signed(asked, name, { bucket, query }));
  }
  return lines;
}

async function askObjects(asked: Asked): Promise<string[]> {
  const lines: string[] = [];
  for (const bucket of buckets) {
    const name = bucket === 'alice-box' ? 'alice' : 'root';
    for (const key of keys[bucket]) {
      lines.push(await signed(asked, name, { bucket, key }));
      lines.push(await signed(asked, name, { bucket, key, method: 'HEAD' }));
      lines.push(await signed(asked, name, { bucket, key, query: { acl: undefined } }));
      const path = `/${bucket}/${encodeURIComponent(key)}`;
      lines.push(await anonymous(asked, 'http', `127.0.0.1:${asked.httpPort}`, path));
    }
  }
  const range = { range: 'bytes=1000-1999' };
  lines.push(
    await signed(asked, 'root', { bucket: 'shop-site', key: 'large.bin', headers: range }),
  );
  lines.push(await signed(asked, 'root', { bucket: 'shop-site', key: 'deleted' }));
  return lines;
}

async function askDomains(asked: Asked): Promise<string[]> {
  const lines: string[] = [];
  for (const domain of Object.values(domains)) {
    const paths = ['/', '/style.css', '/empty', '/folder/', '/nothing-here', '/public.txt'];
    for (const path of paths) {
      lines.push(await anonymous(asked, 'http', domain, path));
      const isServed = (await leafShown(asked.httpsPort, domain)) !== undefined;
      if (isServed) lines.push(await anonymous(asked, 'https', domain, path));
    }
    lines.push(`certificate of ${domain}: ${await leafShown(asked.httpsPort, domain)}`);
  }
  return lines;
}

async function askPorts({ rooms }: Asked): Promise<string[]> {
  const { accounts, audit, certificates } = rooms.engines.metadata;
  const credentials = await accounts.listCredentials();
  const stored = await certificates.listCertificates(0, 100);
  const answers = {
    accounts: await accounts.listAccounts(),
    credentials: credentials.map(({ secretSealed: _, ...rest }) => rest),
    audit: await audit.listAudit({ limit: 1000 }),
    certificates: stored.map(({ keySealed: _, ...rest }) => rest),
  };
  return Object.entries(answers).map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
}

interface Question {
  readonly method?: string;
  readonly bucket?: string;
  readonly key?: string;
  readonly query?: Record<string, string | undefined>;
  readonly headers?: Record<string, string>;
}

async function signed(asked: Asked, name: string, question: Question): Promise<string> {
  const credentials = asked.keys[name];
  if (credentials === undefined) throw new Error(`There is no key named ${name}.`);
  const host = `127.0.0.1:${asked.httpPort}`;
  const { method, target, headers } = signHeaderV4({
    ...question,
    host,
    credentials,
    at: Date.now(),
  });
  const answer = await ask({ port: asked.httpPort }, headText(method, target, headers), method);
  const shown = question.key === undefined ? target : `/${question.bucket}/${question.key}`;
  return line(`${name} ${method} ${JSON.stringify(shown)}`, answer);
}

async function anonymous(
  asked: Asked,
  scheme: 'http' | 'https',
  host: string,
  path: string,
): Promise<string> {
  const target =
    scheme === 'http'
      ? { port: asked.httpPort }
      : { port: asked.httpsPort, tls: { servername: host } };
  const answer = await ask(target, headText('GET', path, { host }), 'GET');
  const shown = host.startsWith('127.') ? path : `${scheme}://${host}${path}`;
  return line(`anonymous GET ${shown}`, answer);
}

function headText(method: string, target: string, headers: Record<string, string>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${target} HTTP/1.1\r\n${lines.join('')}Connection: close\r\n\r\n`;
}

/** What the object says of itself; not what the server says of the moment. */
const keptHeaders = [
  'content-type',
  'content-length',
  'content-range',
  'cache-control',
  'content-encoding',
  'content-disposition',
  'etag',
  'last-modified',
  'content-md5',
  'x-oss-object-type',
  'x-oss-hash-crc64ecma',
  'x-oss-storage-class',
  'x-oss-meta-colour',
  'x-oss-force-download',
];

function line(
  question: string,
  answer: { status: number; headers: Readonly<Record<string, string>>; body: Buffer },
): string {
  const isXml = answer.headers['content-type'] === 'application/xml';
  const headers = keptHeaders
    .filter((name) => answer.headers[name] !== undefined && !(isXml && name === 'content-length'))
    .map((name) => `${name}: ${answer.headers[name]}`);
  const body = isXml ? momentless(answer.body.toString('utf8')) : digest(answer.body);
  return `${question} -> ${answer.status} ${headers.join('; ')} ${body}`;
}

/** Without the numbers of the request and of the port. */
function momentless(xml: string): string {
  return xml
    .replace(/<(RequestId|HostId|ServerTime|RequestTime)>[^<]*<\/\1>/g, '')
    .replace(/127\.0\.0\.1:\d+/g, 'HOST')
    .replace(/\n/g, '');
}

function digest(bytes: Buffer): string {
  if (bytes.length === 0) return 'no body';
  return `sha256 ${createHash('sha256').update(bytes).digest('hex')}`;
}
