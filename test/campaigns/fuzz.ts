/**
 * Everything that the API reads, spoiled: documents, headers, parameters, forms and their policies,
 * calls of the security token service, signatures of every kind. Each request is answered, with a
 * document that can be read when it is refused, and never with the server's own failure. One try is
 * one request.
 */
import assert from 'node:assert/strict';
import type { Campaign } from '../support/campaign.ts';
import { type Chance, createChance } from '../support/chance.ts';
import { ask } from '../support/raw-client.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { requestBytes, type SignedRequest, signHeaderV4 } from '../support/sign.ts';
import { createTestWorld, type TestWorld } from '../support/world.ts';
import { type Callers, createCallers, signSomehow } from './fuzz/callers.ts';
import { drawForm } from './fuzz/forms.ts';
import { asByteString, drawHeader, drawParameter, drawRequest } from './fuzz/requests.ts';
import { documents } from './fuzz/seeds.ts';
import { spoil } from './fuzz/spoil.ts';
import { callSts } from './fuzz/sts.ts';

export const name = 'fuzz';
export const issueSize = 200_000;

const bucket = 'fuzz-bucket';
/** What a bucket was told in between should not stand in the way of what comes. */
const freshOneIn = 100;
/** An account has a hundred at most; later ones are old ones again. */
const bucketsMax = 90;

interface Asked {
  readonly method: string;
  readonly query: Record<string, string>;
  readonly headers: Record<string, string>;
  readonly key: string;
  readonly body: string | Buffer;
}

interface Given {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
}

/** One request and its answer; `told` is what a failure shows. */
interface Tried {
  readonly kind: Kind;
  readonly method: string;
  /** What was signed was sent, so no signature may be called wrong. */
  readonly isSigned: boolean;
  readonly told: string;
  readonly given: Given;
}

interface Stage {
  readonly server: TestServer;
  readonly world: TestWorld;
  readonly callers: Callers;
  readonly chance: Chance;
  /** Of the bucket. */
  readonly name: string;
}

const kinds = ['document', 'document', 'request', 'request', 'form', 'sts', 'signature'] as const;
type Kind = (typeof kinds)[number];

export const run: Campaign['run'] = async ({ size, seed, log }) => {
  const chance = createChance(seed);
  const world = createTestWorld();
  const server = await startTestServer({ world, settings: { OWNERSHIP: 'off' } });
  const seen: Record<string, number> = {};
  try {
    const callers = await createCallers(server, world);
    for (let number = 0; number < size; number++) {
      const name = `${bucket}-${Math.floor(number / freshOneIn) % bucketsMax}`;
      const stage: Stage = { server, world, callers, chance, name };
      if (number % freshOneIn === 0) await begin(stage);
      const tried = await tries[chance.pick(kinds)](stage);
      check(tried, `request ${number} of seed ${seed}`);
      const what = `${tried.kind} ${tried.given.status < 400 ? 'taken' : 'refused'}`;
      seen[what] = (seen[what] ?? 0) + 1;
      if (number % 10_000 === 9_999) log(`${number + 1} of ${size} requests answered`);
    }
  } finally {
    await server.close();
  }
  return { requests: size, ...seen };
};

/** Of the bucket in its turn; some of them are open to everybody, as browsers' forms need. */
async function begin(stage: Stage): Promise<void> {
  const blank = { query: {}, headers: {}, key: '', body: '' };
  const headers: Record<string, string> = {};
  if (stage.chance.one(2)) headers['x-oss-acl'] = 'public-read-write';
  for (const asked of [
    { ...blank, method: 'PUT', headers },
    { ...blank, method: 'PUT', key: 'object', body: 'the bytes of an object' },
  ]) {
    const { world, name, server } = stage;
    const at = world.clock.now();
    const request = { ...asked, host: 'localhost', bucket: name, at, credentials: server };
    await exchange(stage, signHeaderV4(request), asked.body);
  }
}

const tries: Readonly<Record<Kind, (stage: Stage) => Promise<Tried>>> = {
  async document(stage) {
    const { chance, name } = stage;
    const seed = chance.pick(documents);
    const body = spoil(seed.body.replaceAll('{bucket}', name), chance);
    const asked = askedOf(seed, body);
    if (chance.one(5)) spoilHead(asked, name, chance);
    return await send(stage, 'document', asked);
  },
  async request(stage) {
    const { chance, name } = stage;
    const seed = drawRequest(chance);
    const asked = askedOf(seed, seed.body);
    spoilHead(asked, name, chance);
    return await send(stage, 'request', asked);
  },
  async form(stage) {
    const { chance, name, world, callers, server } = stage;
    const credentials = chance.pick(callers.all);
    const now = world.clock.now();
    const { headers, body } = drawForm(chance, { bucket: name, now, credentials });
    const host = 'localhost';
    const signed = { method: 'POST', target: `/${name}`, headers: { host, ...headers } };
    const told = JSON.stringify({ signed, body: body.toString('latin1') });
    const given = await ask({ port: server.httpPort }, requestBytes(signed, body), 'POST');
    const text = given.body.toString();
    return { kind: 'form', method: 'POST', isSigned: false, told, given: { ...given, text } };
  },
  async sts({ chance, callers, server, world }) {
    const credentials = chance.pick(callers.assuming);
    const stage = { port: server.httpPort, roleArn: callers.roleArn, now: world.clock.now() };
    const given = await callSts(chance, { ...stage, credentials });
    const told = given.text;
    return { kind: 'sts', method: 'POST', isSigned: false, told, given };
  },
  /** Sound requests whose signature is spoiled, in the header or in the URL. */
  async signature(stage) {
    const { chance } = stage;
    const seed = drawRequest(chance);
    const asked = askedOf(seed, seed.body);
    const signed = sign(stage, asked);
    const { headers, target, method } = signed;
    const spoiled = { method, ...spoilSignature(chance, headers, target) };
    const given = await exchange(stage, spoiled, asked.body);
    return { kind: 'signature', method, isSigned: false, told: JSON.stringify(spoiled), given };
  },
};

function askedOf(seed: { method: string; query: string; key?: string }, body: string): Asked {
  const query = Object.fromEntries(new URLSearchParams(seed.query));
  return { method: seed.method, query, headers: {}, key: seed.key ?? '', body };
}

function spoilHead({ query, headers }: Asked, name: string, chance: Chance): void {
  for (let times = 1 + chance.int(3); times > 0; times--) {
    const isParameter = chance.one(3);
    const [field, value] = isParameter ? drawParameter(chance) : drawHeader(chance);
    (isParameter ? query : headers)[field] = value.replaceAll('{bucket}', name);
  }
}

function sign({ chance, world, callers, name }: Stage, asked: Asked): SignedRequest {
  const at = world.clock.now();
  const credentials = chance.pick(callers.all);
  return signSomehow(chance, { ...asked, host: 'localhost', bucket: name, at, credentials });
}

/** What a signature stands in, less or otherwise. */
function spoilSignature(
  chance: Chance,
  headers: Readonly<Record<string, string>>,
  target: string,
): Pick<SignedRequest, 'headers' | 'target'> {
  const places = ['authorization', 'x-oss-date', 'x-oss-content-sha256', 'x-oss-security-token'];
  const place = chance.pick(places);
  if (headers.authorization !== undefined || chance.one(8)) {
    const value = asByteString(spoil(headers[place] ?? 'OSS a:b', chance));
    return { target, headers: { ...headers, [place]: value } };
  }
  const [path = '', query = ''] = target.split('?');
  const spoiled = encodeURI(spoil(query, chance).toWellFormed()).slice(0, 6_000);
  return { target: `${path}?${spoiled}`, headers };
}

async function send(stage: Stage, kind: Kind, asked: Asked): Promise<Tried> {
  const signed = sign(stage, asked);
  const given = await exchange(stage, signed, asked.body);
  const told = JSON.stringify({ signed, body: asked.body });
  // The tests' own V1 does not know every parameter that V1 signs.
  const isSigned = `${signed.headers.authorization} ${signed.target}`.includes('OSS4-HMAC-SHA256');
  return { kind, method: asked.method, isSigned, told, given };
}

async function exchange(
  { server }: Stage,
  signed: SignedRequest,
  body: string | Buffer,
): Promise<Given> {
  const bytes = requestBytes(signed, body);
  const given = await ask({ port: server.httpPort }, bytes, signed.method);
  return { ...given, text: given.body.toString() };
}

function check({ kind, method, isSigned, told, given }: Tried, number: string): void {
  const { status, headers, text } = given;
  const shown = `${number}, ${kind}: ${told}`;
  assert.ok(status >= 200 && status < 500, `${status}: ${text} ${shown}`);
  if (status < 400 || method === 'HEAD') return;
  if (/^application\/json/.test(String(headers['content-type'])) && kind === 'sts') {
    assert.match(JSON.parse(text).Code, /^[\w.]+$/, shown);
    return;
  }
  assert.match(String(headers['content-type']), /^(application|text)\/xml/, shown);
  assert.match(text, /^<\?xml[^>]*>\s*<Error>[\s\S]*<Code>[\w.]+<\/Code>/, shown);
  if (isSigned) assert.doesNotMatch(text, /<Code>SignatureDoesNotMatch</, `${text} ${shown}`);
}
