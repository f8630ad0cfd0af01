/**
 * Every document and header that the API reads, spoiled: each request is answered, with a document
 * that can be read when it is refused, and never with the server's own failure. One try is one
 * request.
 */
import assert from 'node:assert/strict';
import type { Campaign } from '../support/campaign.ts';
import { type Chance, createChance } from '../support/chance.ts';
import { ask } from '../support/raw-client.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { requestBytes, signHeaderV4 } from '../support/sign.ts';
import { createTestWorld, type TestWorld } from '../support/world.ts';
import { documents, headerNames, parameterNames, requests, type Seed } from './fuzz/seeds.ts';
import { hostileValues, spoil } from './fuzz/spoil.ts';

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
  readonly body: string;
}

export const run: Campaign['run'] = async ({ size, seed, log }) => {
  const chance = createChance(seed);
  const world = createTestWorld();
  const server = await startTestServer({
    world,
    settings: { OWNERSHIP: 'off', LOG_LEVEL: 'error' },
  });
  const statuses = new Map<number, number>();
  try {
    for (let number = 0; number < size; number++) {
      const name = `${bucket}-${Math.floor(number / freshOneIn) % bucketsMax}`;
      if (number % freshOneIn === 0) await begin(server, world, name);
      const asked = draw(chance, name);
      const answer = await send(server, world, name, asked);
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
      check(answer, asked, number, seed);
      if (number % 10_000 === 9_999) log(`${number + 1} of ${size} requests answered`);
    }
  } finally {
    await server.close();
  }
  const of = (class_: number) =>
    [...statuses].reduce((sum, [status, count]) => {
      return Math.floor(status / 100) === class_ ? sum + count : sum;
    }, 0);
  return { requests: size, taken: of(2) + of(3), refused: of(4) };
};

async function begin(server: TestServer, world: TestWorld, name: string): Promise<void> {
  const blank = { query: {}, headers: {}, key: '', body: '' };
  await send(server, world, name, { ...blank, method: 'PUT' });
  const put = { ...blank, method: 'PUT', key: 'object', body: 'the bytes of an object' };
  await send(server, world, name, put);
}

function draw(chance: Chance, bucketName: string): Asked {
  const isDocument = chance.one(2);
  const seed = chance.pick<Seed>(isDocument ? documents : requests);
  const query = Object.fromEntries(new URLSearchParams(seed.query));
  const headers: Record<string, string> = { ...seed.headers };
  const isHeaderSpoiled = !isDocument || chance.one(5);
  for (let times = isHeaderSpoiled ? 1 + chance.int(3) : 0; times > 0; times--) {
    if (chance.one(3)) query[chance.pick(parameterNames)] = chance.pick(hostileValues);
    else headers[chance.pick(headerNames)] = chance.pick(hostileValues).trim();
  }
  const body = seed.body.replaceAll('{bucket}', bucketName);
  return {
    method: seed.method,
    query,
    headers,
    key: seed.key ?? '',
    body: isDocument ? spoil(body, chance) : body,
  };
}

async function send(server: TestServer, world: TestWorld, name: string, asked: Asked) {
  const signed = signHeaderV4({
    method: asked.method,
    host: 'localhost',
    bucket: name,
    key: asked.key,
    query: asked.query,
    headers: asked.headers,
    at: world.clock.now(),
    credentials: server,
  });
  return await ask({ port: server.httpPort }, requestBytes(signed, asked.body), asked.method);
}

function check(
  { status, headers, body }: Awaited<ReturnType<typeof send>>,
  asked: Asked,
  number: number,
  seed: number,
): void {
  const told = `request ${number} of seed ${seed}: ${JSON.stringify(asked)}`;
  assert.ok(status >= 200 && status < 500, `${status}: ${body.toString()} ${told}`);
  if (status < 400 || asked.method === 'HEAD') return;
  assert.equal(headers['content-type'], 'application/xml', told);
  const text = body.toString();
  assert.match(text, /^<\?xml[^>]*>\s*<Error>[\s\S]*<Code>\w+<\/Code>/, told);
  assert.notEqual(/<Code>(\w+)</.exec(text)?.[1], 'SignatureDoesNotMatch', told);
}
