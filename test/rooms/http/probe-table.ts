/**
 * What nobody's client should send, and what happens to it: each probe is one connection. Used
 * against the room alone and against the whole server (security.md 6, RFC 9112 11).
 */
export interface Probe {
  readonly name: string;
  /** One character is one byte. */
  readonly bytes: string;
  /** Refused before the handler; the connection closes after the answer. */
  readonly refused?: { readonly status: number; readonly code: string };
  /** `METHOD target` that reaches the handler; the connection goes on unless `closes`. */
  readonly accepted?: string;
  readonly body?: string;
  readonly closes?: boolean;
}

const host = 'Host: a.example\r\n';
const malformed = { status: 400, code: 'MalformedRequest' };
const badHost = { status: 400, code: 'BadHost' };
const invalidUri = { status: 400, code: 'InvalidURI' };
const invalidArgument = { status: 400, code: 'InvalidArgument' };
const notImplemented = { status: 400, code: 'NotImplemented' };
const headTooLarge = { status: 431, code: 'RequestHeaderSectionTooLarge' };
const expectationFailed = { status: 417, code: 'ExpectationFailed' };

const get = (target: string, headers = ''): string =>
  `GET ${target} HTTP/1.1\r\n${host}${headers}\r\n`;
const post = (headers: string, body: string): string =>
  `POST /x HTTP/1.1\r\n${host}${headers}\r\n${body}`;
const chunked = (body: string): string => post('Transfer-Encoding: chunked\r\n', body);

export const requestLines: readonly Probe[] = [
  { name: 'a request line without a version', bytes: 'GET /x\r\n\r\n', refused: malformed },
  { name: 'no version but a Host', bytes: `GET /x\r\n${host}\r\n`, refused: malformed },
  { name: 'HTTP/2.0 as text', bytes: `GET /x HTTP/2.0\r\n${host}\r\n`, refused: malformed },
  { name: 'HTTP/1.2', bytes: `GET /x HTTP/1.2\r\n${host}\r\n`, refused: malformed },
  { name: 'http in lower case', bytes: `GET /x http/1.1\r\n${host}\r\n`, refused: malformed },
  { name: 'the HTTP/2 preface', bytes: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', refused: malformed },
  {
    name: 'a space after the version',
    bytes: `GET /x HTTP/1.1 \r\n${host}\r\n`,
    refused: malformed,
  },
  { name: 'an unknown method', bytes: `FOO /x HTTP/1.1\r\n${host}\r\n`, refused: malformed },
  { name: 'a method in lower case', bytes: `get /x HTTP/1.1\r\n${host}\r\n`, refused: malformed },
  { name: 'bytes that are no text', bytes: '\x00\x01\x02\r\n\r\n', refused: malformed },
  {
    name: 'a TLS handshake in the clear',
    bytes: '\x16\x03\x01\x00\x05hello\r\n',
    refused: malformed,
  },
  { name: 'bare line feeds', bytes: 'GET /x HTTP/1.1\nHost: a.example\n\n', refused: malformed },
  { name: 'empty lines in front', bytes: `\r\n\r\n${get('/x')}`, accepted: 'GET /x' },
  { name: 'HTTP/1.0', bytes: `GET /x HTTP/1.0\r\n${host}\r\n`, accepted: 'GET /x', closes: true },
];

export const targets: readonly Probe[] = [
  { name: 'a fragment', bytes: get('/x#y'), refused: invalidUri },
  { name: 'a space in the target', bytes: get('/x y'), refused: malformed },
  { name: 'a tab in the target', bytes: get('/x\ty'), refused: malformed },
  { name: 'NUL in the target', bytes: get('/x\0y'), refused: malformed },
  { name: 'bytes above 127 in the target', bytes: get('/x\xc3\xbc'), refused: malformed },
  { name: 'a target that is no path', bytes: get('x'), refused: malformed },
  { name: 'an asterisk without OPTIONS', bytes: get('*'), refused: invalidUri },
  { name: 'an absolute target', bytes: get('http://a.example/x?y'), accepted: 'GET /x?y' },
  {
    name: 'an absolute target with the usual port and other case',
    bytes: get('HTTP://A.example.:80/x'),
    accepted: 'GET /x',
  },
  {
    name: 'an absolute target without a path',
    bytes: get('http://a.example?y'),
    accepted: 'GET /?y',
  },
  { name: 'an absolute target for another host', bytes: get('http://evil/x'), refused: badHost },
  {
    name: 'an absolute target for another port',
    bytes: get('http://a.example:81/x'),
    refused: badHost,
  },
  { name: 'a user in the absolute target', bytes: get('http://u@a.example/x'), refused: badHost },
  {
    name: 'an absolute target of another scheme',
    bytes: get('ftp://a.example/x'),
    refused: invalidUri,
  },
  { name: 'dot segments', bytes: get('/a/../b/./c//d'), accepted: 'GET /a/../b/./c//d' },
  { name: 'a percent sign without digits', bytes: get('/x?a=%zz'), refused: invalidUri },
  { name: 'half an escape', bytes: get('/x?a=%4'), refused: invalidUri },
  { name: 'a query that is no UTF-8', bytes: get('/x?a=%ff'), refused: invalidArgument },
  { name: 'an overlong form in the query', bytes: get('/x?a=%c0%af'), refused: invalidArgument },
  {
    name: '64 parameters',
    bytes: get(`/x?${'a&'.repeat(64)}`),
    accepted: `GET /x?${'a&'.repeat(64)}`,
  },
  { name: '65 parameters', bytes: get(`/x?${'a&'.repeat(65)}`), refused: invalidArgument },
  {
    name: 'a target of 8 KiB',
    bytes: get(`/${'x'.repeat(8191)}`),
    accepted: `GET /${'x'.repeat(8191)}`,
  },
  {
    name: 'a target of more than 8 KiB',
    bytes: get(`/${'x'.repeat(8192)}`),
    refused: { status: 414, code: 'UriTooLong' },
  },
  {
    name: 'a target beyond the whole head',
    bytes: get(`/${'x'.repeat(30_000)}`),
    refused: headTooLarge,
  },
];

export const hosts: readonly Probe[] = [
  { name: 'no Host', bytes: 'GET /x HTTP/1.1\r\n\r\n', refused: badHost },
  { name: 'no Host in HTTP/1.0', bytes: 'GET /x HTTP/1.0\r\n\r\n', refused: badHost },
  { name: 'the same Host twice', bytes: get('/x', host), refused: badHost },
  { name: 'two Hosts', bytes: get('/x', 'Host: b.example\r\n'), refused: badHost },
  {
    name: 'a second Host in other case',
    bytes: get('/x', 'hOST: b.example\r\n'),
    refused: badHost,
  },
  { name: 'an empty Host', bytes: 'GET /x HTTP/1.1\r\nHost:\r\n\r\n', refused: badHost },
  ...['a/b', 'u@b', 'a b', 'a,b', 'a\\b', 'a?b', 'a#b', 'caf\xe9', 'a\tb'].map((value) => ({
    name: `the Host ${JSON.stringify(value)}`,
    bytes: `GET /x HTTP/1.1\r\nHost: ${value}\r\n\r\n`,
    refused: badHost,
  })),
  { name: 'NUL in Host', bytes: 'GET /x HTTP/1.1\r\nHost: a\0b\r\n\r\n', refused: malformed },
  {
    name: 'a space before the colon',
    bytes: 'GET /x HTTP/1.1\r\nHost : a\r\n\r\n',
    refused: malformed,
  },
];

export const headers: readonly Probe[] = [
  { name: 'a folded header', bytes: get('/x', 'X-A: b\r\n c\r\n'), refused: malformed },
  {
    name: 'a fold before any header',
    bytes: `GET /x HTTP/1.1\r\n X: y\r\n${host}\r\n`,
    refused: malformed,
  },
  { name: 'a bare line feed in a header', bytes: get('/x', 'X: y\nZ: z\r\n'), refused: malformed },
  { name: 'a bare carriage return', bytes: get('/x', 'X: a\rb\r\n'), refused: malformed },
  { name: 'NUL in a value', bytes: get('/x', 'X: a\0b\r\n'), refused: malformed },
  { name: 'NUL in a name', bytes: get('/x', 'X\0: a\r\n'), refused: malformed },
  { name: 'a line without a colon', bytes: get('/x', 'Xab\r\n'), refused: malformed },
  { name: 'a header without a name', bytes: get('/x', ': v\r\n'), refused: malformed },
  {
    name: 'names of the prototype',
    bytes: get('/x', '__proto__: a\r\nconstructor: b\r\n'),
    accepted: 'GET /x',
  },
  { name: 'latin1 in a value', bytes: get('/x', 'X: \xff\xfe\r\n'), accepted: 'GET /x' },
  { name: '100 headers', bytes: get('/x', 'X: a\r\n'.repeat(99)), accepted: 'GET /x' },
  { name: '101 headers', bytes: get('/x', 'X: a\r\n'.repeat(100)), refused: headTooLarge },
  { name: '2,500 headers', bytes: get('/x', 'X: a\r\n'.repeat(2_499)), refused: headTooLarge },
  {
    name: 'headers of 16 KiB',
    bytes: get('/x', `X: ${'a'.repeat(16_384 - 17 - 5)}\r\n`),
    accepted: 'GET /x',
  },
  {
    name: 'one byte more',
    bytes: get('/x', `X: ${'a'.repeat(16_384 - 17 - 4)}\r\n`),
    refused: headTooLarge,
  },
  {
    name: 'headers without end',
    bytes: get('/x', `X: ${'a'.repeat(100_000)}\r\n`),
    refused: headTooLarge,
  },
];

export const lengths: readonly Probe[] = [
  {
    name: 'length, then coding (CL.TE)',
    bytes: post('Content-Length: 6\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\nG'),
    refused: malformed,
  },
  {
    name: 'coding, then length (TE.CL)',
    bytes: post('Transfer-Encoding: chunked\r\nContent-Length: 3\r\n', '0\r\n\r\n'),
    refused: malformed,
  },
  {
    name: 'a coding in HTTP/1.0',
    bytes: `POST /x HTTP/1.0\r\n${host}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    refused: malformed,
  },
  ...[
    ['two codings', 'gzip, chunked', notImplemented],
    ['the coding identity', 'identity', notImplemented],
    ['an unknown coding', 'xchunked', notImplemented],
    ['a coding after chunked', 'chunked, identity', malformed],
    ['a vertical tab before chunked', '\x0bchunked', malformed],
  ].map(([name, value, refused]) => ({
    name: name as string,
    bytes: post(`Transfer-Encoding: ${value}\r\n`, '0\r\n\r\n'),
    refused: refused as typeof malformed,
  })),
  {
    name: 'chunked twice',
    bytes: post('Transfer-Encoding: chunked\r\n'.repeat(2), '0\r\n\r\n'),
    refused: malformed,
  },
  {
    name: 'a space before the colon of the coding',
    bytes: post('Transfer-Encoding : chunked\r\n', '0\r\n\r\n'),
    refused: malformed,
  },
  {
    name: 'the same length twice',
    bytes: post('Content-Length: 1\r\n'.repeat(2), 'a'),
    refused: malformed,
  },
  {
    name: 'two lengths',
    bytes: post('Content-Length: 1\r\nContent-Length: 2\r\n', 'ab'),
    refused: malformed,
  },
  ...['1, 1', '-1', '+1', '0x1', '1 1', '1.0', '', '9'.repeat(24)].map((value) => ({
    name: `the length ${JSON.stringify(value)}`,
    bytes: post(`Content-Length: ${value}\r\n`, 'a'),
    refused: malformed,
  })),
  {
    name: 'a length beyond exact numbers',
    bytes: post('Content-Length: 1152921504606846976\r\n', 'a'),
    refused: { status: 400, code: 'EntityTooLarge' },
  },
  {
    name: 'a length with zeros in front',
    bytes: post('Content-Length: 001\r\n', 'a'),
    accepted: 'POST /x',
    body: 'a',
  },
  {
    name: 'a chunk extension',
    bytes: chunked('3;a=b\r\nabc\r\n0\r\n\r\n'),
    accepted: 'POST /x',
    body: 'abc',
  },
  {
    name: 'a trailer',
    bytes: chunked('3\r\nabc\r\n0\r\nHost: evil\r\n\r\n'),
    accepted: 'POST /x',
    body: 'abc',
  },
  { name: 'an empty chunked body', bytes: chunked('0\r\n\r\n'), accepted: 'POST /x', body: '' },
];

/** The head is fine; the body breaks while somebody reads it. */
export const brokenBodies: readonly Probe[] = [
  { name: 'line feeds between chunks', bytes: chunked('3\nabc\n0\n\n'), refused: malformed },
  {
    name: 'a line feed in an extension',
    bytes: chunked('3;a=b\nabc\r\n0\r\n\r\n'),
    refused: malformed,
  },
  { name: 'a negative chunk', bytes: chunked('-3\r\nabc\r\n0\r\n\r\n'), refused: malformed },
  { name: 'a chunk size with 0x', bytes: chunked('0x3\r\nabc\r\n0\r\n\r\n'), refused: malformed },
  {
    name: 'a chunk size beyond 64 bits',
    bytes: chunked(`${'f'.repeat(17)}\r\nabc\r\n0\r\n\r\n`),
    refused: malformed,
  },
  {
    name: 'a chunk longer than its size',
    bytes: chunked('3\r\nabcd\r\n0\r\n\r\n'),
    refused: malformed,
  },
  {
    name: 'a space after the chunk size',
    bytes: chunked('3 \r\nabc\r\n0\r\n\r\n'),
    refused: malformed,
  },
  {
    name: 'an endless chunk extension',
    bytes: chunked(`3;${'a'.repeat(20_000)}\r\nabc\r\n0\r\n\r\n`),
    refused: malformed,
  },
];

export const switches: readonly Probe[] = [
  {
    name: 'an upgrade to WebSocket',
    bytes: get('/x', 'Connection: Upgrade\r\nUpgrade: websocket\r\n'),
    refused: notImplemented,
  },
  {
    name: 'an upgrade to HTTP/2',
    bytes: get(
      '/x',
      'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n',
    ),
    refused: notImplemented,
  },
  {
    name: 'CONNECT',
    bytes: `CONNECT a.example:443 HTTP/1.1\r\n${host}\r\n`,
    refused: { status: 405, code: 'MethodNotAllowed' },
  },
  {
    name: 'another expectation',
    bytes: post('Expect: 200-ok\r\nContent-Length: 1\r\n', 'a'),
    refused: expectationFailed,
  },
  {
    name: 'two expectations',
    bytes: post('Expect: 100-continue, x\r\nContent-Length: 1\r\n', 'a'),
    refused: expectationFailed,
  },
  {
    name: 'an expectation in HTTP/1.0',
    bytes: `POST /x HTTP/1.0\r\n${host}Expect: x\r\nContent-Length: 1\r\n\r\na`,
    accepted: 'POST /x',
    body: 'a',
    closes: true,
  },
];

export const probes: readonly Probe[] = [
  ...requestLines,
  ...targets,
  ...hosts,
  ...headers,
  ...lengths,
  ...brokenBodies,
  ...switches,
];
