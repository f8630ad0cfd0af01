import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createOwnershipProofs, txtNameOf } from '../../../src/cname/ownership.ts';
import { createQuestionLimit } from '../../../src/cname/question-limit.ts';
import type { CnameRules, OwnershipProof } from '../../../src/cname/types.ts';
import type { TxtAnswer, TxtResolver } from '../../../src/dns/index.ts';
import type { Bucket, CnameToken } from '../../../src/stores/index.ts';
import { createTestWorld, testEpoch } from '../../support/world.ts';

const domain = 'img.shop.example';
const txtName = '_dnsauth.img.shop.example';
const token = '5a0e6f1c94b27d83e1f0a96c7b3d2481';
const lifetimeMs = 72 * 3_600_000;
const resolver = '192.0.2.53';

function bucketOf(id: number, accountId = '1489350077620211'): Bucket {
  const facts = {
    acl: 'private',
    storageClass: 'Standard',
    redundancy: 'LRS',
    documents: [],
    versioning: undefined,
  } as const;
  return { id, name: `bucket-${id}`, accountId, createdAt: 0, ...facts };
}

/** DNS in which every question fails as unexpected until the test plants an answer. */
class PlantedDns implements TxtResolver {
  readonly asked: string[] = [];
  readonly #answers = new Map<string, TxtAnswer | Promise<TxtAnswer>>();

  plant(name: string, answer: TxtAnswer | Promise<TxtAnswer>): void {
    this.#answers.set(name, answer);
  }

  async askTxt(name: string): Promise<TxtAnswer> {
    this.asked.push(name);
    const answer = this.#answers.get(name);
    if (answer === undefined) throw new Error(`unexpected question for ${name}`);
    return answer;
  }
}

function found(...records: string[]): TxtAnswer {
  return { outcome: 'found', records, resolver };
}

function stage(rules: Partial<CnameRules> = {}) {
  const world = createTestWorld();
  const dns = new PlantedDns();
  const tokens = new Map<string, CnameToken>();
  const issue = (bucketId: number, name: string, text: string) => {
    const createdAt = world.clock.now();
    const fresh = { domain: name, token: text, createdAt, expiresAt: createdAt + lifetimeMs };
    tokens.set(`${bucketId} ${name}`, fresh);
  };
  const cnames = {
    async findToken(bucketId: number, name: string, now: number) {
      const found = tokens.get(`${bucketId} ${name}`);
      return found !== undefined && found.expiresAt > now ? found : undefined;
    },
    async findTokenOfAnyAge(bucketId: number, name: string) {
      return tokens.get(`${bucketId} ${name}`);
    },
  };
  const all: CnameRules = {
    ownership: 'dns',
    allowList: [],
    tokenLifetimeMs: lifetimeMs,
    cnamesPerBucketMax: 100,
    tokensPerBucketMax: 1_000,
    transfer: 'deny',
    endpoints: ['localhost'],
    ...rules,
  };
  const proofs = createOwnershipProofs({
    cnames,
    dns,
    rules: all,
    takeQuestion: createQuestionLimit(world.clock).take,
  });
  const prove = (bucket = bucketOf(1), name = domain) =>
    proofs.proveOwnership({ domain: name, bucket, now: world.clock.now() });
  return { world, dns, tokens, issue, prove };
}

function refusal(proof: OwnershipProof) {
  assert.equal(proof.outcome, 'refused', JSON.stringify(proof));
  for (const part of [domain, 'bucket-1', txtName]) assert.ok(proof.message.includes(part), part);
  assert.match(proof.message, /^[\x20-\x7e]+$/);
  return proof;
}

describe('the proof of ownership', () => {
  it('looks at _dnsauth. and the full domain, at every depth', () => {
    assert.equal(txtNameOf('example.com'), '_dnsauth.example.com');
    assert.equal(txtNameOf('a.b.example.com'), '_dnsauth.a.b.example.com');
  });

  it('holds when any record is the token; the evidence tells who answered what', async () => {
    const { dns, issue, prove } = stage();
    issue(1, domain, token);
    dns.plant(txtName, found('other', ` "${token}" `));
    const proof = await prove();
    assert.equal(proof.outcome, 'proven');
    assert.equal(proof.token, token);
    const { answerHash, ...evidence } = proof.evidence;
    assert.deepEqual(evidence, { method: 'dns', txtName, resolver, answer: 'found' });
    assert.match(answerHash ?? '', /^[0-9a-f]{64}$/);
  });

  it('has the same evidence when a resolver turns the records round', async () => {
    const { dns, issue, prove } = stage();
    issue(1, domain, token);
    dns.plant(txtName, found('a', token));
    const first = await prove();
    dns.plant(txtName, found(token, 'a'));
    assert.deepEqual(await prove(), first);
  });

  it('asks no question without a live token, and says to make one', async () => {
    const { dns, prove } = stage();
    const proof = refusal(await prove());
    assert.equal(proof.what, 'no-token');
    assert.match(proof.message, /CreateCnameToken/);
    assert.deepEqual(dns.asked, []);
  });

  it('lives until the token expires, to the millisecond', async () => {
    const { world, dns, issue, prove } = stage();
    issue(1, domain, token);
    dns.plant(txtName, found(token));
    world.advance(lifetimeMs - 1);
    assert.equal((await prove()).outcome, 'proven');
    world.advance(1);
    const proof = refusal(await prove());
    assert.equal(proof.what, 'token-expired');
    const since = new Date(testEpoch + lifetimeMs).toUTCString();
    assert.ok(proof.message.includes(since), proof.message);
    assert.match(proof.message, /new one with CreateCnameToken, change the TXT record/);
    assert.equal(dns.asked.length, 1);
  });

  it('never accepts the token of another bucket', async () => {
    const { dns, issue, prove } = stage();
    issue(1, domain, token);
    issue(2, domain, 'f'.repeat(32));
    dns.plant(txtName, found('f'.repeat(32)));
    assert.equal(refusal(await prove()).what, 'something-else-there');
    assert.equal((await prove(bucketOf(2))).outcome, 'proven');
  });

  it('tells apart nothing there, something else there, and a failing resolver', async () => {
    const { dns, issue, prove } = stage();
    issue(1, domain, token);
    dns.plant(txtName, { outcome: 'none', reason: 'no-such-name', resolver });
    const nothing = refusal(await prove());
    assert.equal(nothing.what, 'nothing-there');
    assert.match(nothing.message, /there is no TXT record at _dnsauth\.img\.shop\.example/);
    assert.ok(nothing.message.includes(token));
    assert.equal(nothing.evidence.answer, 'none: no-such-name');

    dns.plant(txtName, found('v=spf1 -all', 'x', 'y'));
    const other = refusal(await prove());
    assert.equal(other.what, 'something-else-there');
    assert.match(other.message, /"v=spf1 -all" and 2 more records/);
    assert.ok(other.message.includes(token));

    dns.plant(txtName, { outcome: 'failed', reason: 'servfail', resolver });
    const failed = refusal(await prove());
    assert.equal(failed.what, 'resolver-failed');
    assert.match(failed.message, /the resolver 192\.0\.2\.53 answered SERVFAIL/);
    assert.equal(failed.evidence.answer, 'failed: servfail');

    dns.plant(txtName, { outcome: 'failed', reason: 'no-servers', resolver: '' });
    assert.match(refusal(await prove()).message, /no DNS server is configured/);
  });

  it('shows a foreign record shortened and with every odd byte escaped', async () => {
    const { dns, issue, prove } = stage();
    issue(1, domain, token);
    dns.plant(txtName, found(`a"b\\c\0\x1b\xff${'z'.repeat(60_000)}`, 'x'));
    const { message } = refusal(await prove());
    assert.ok(message.includes('"a\\"b\\\\c\\000\\027\\255zzz'), message);
    assert.ok(message.includes('zzz..." and 1 more record.'), message);
    assert.ok(message.length < 600, String(message.length));
  });

  it('is not slowed down by a record made of padding', async () => {
    const { dns, issue, prove } = stage();
    issue(1, domain, token);
    const hostile = `${'" '.repeat(30_000)}x${'" '.repeat(30_000)}x`;
    dns.plant(txtName, found(...Array.from({ length: 64 }, () => hostile)));
    const startedAt = performance.now();
    assert.equal(refusal(await prove()).what, 'something-else-there');
    // Linear work takes milliseconds; the quadratic kind took minutes.
    assert.ok(performance.now() - startedAt < 5_000);
  });
});

describe('the questions of ownership proofs', () => {
  it('are shared by concurrent calls for one bucket and domain, and by nobody else', async () => {
    const { dns, issue, prove } = stage();
    issue(1, domain, token);
    issue(2, domain, 'f'.repeat(32));
    const { promise, resolve } = Promise.withResolvers<TxtAnswer>();
    dns.plant(txtName, promise);
    const calls = [prove(), prove(), prove(), prove(bucketOf(2))];
    await new Promise(setImmediate);
    assert.equal(dns.asked.length, 2);
    resolve(found(token));
    const outcomes = (await Promise.all(calls)).map(({ outcome }) => outcome);
    assert.deepEqual(outcomes, ['proven', 'proven', 'proven', 'refused']);
  });

  it('are asked again by the next call: no answer is kept', async () => {
    const { dns, issue, prove } = stage();
    issue(1, domain, token);
    dns.plant(txtName, { outcome: 'none', reason: 'no-such-record', resolver });
    refusal(await prove());
    dns.plant(txtName, found(token));
    assert.equal((await prove()).outcome, 'proven');
    dns.plant(txtName, { outcome: 'none', reason: 'no-such-record', resolver });
    refusal(await prove());
    assert.equal(dns.asked.length, 3);
  });

  it('are 600 a minute for one account, over any sixty seconds', async () => {
    const { world, dns, issue, prove } = stage();
    issue(1, domain, token);
    issue(2, domain, token);
    issue(3, domain, token);
    dns.plant(txtName, found('not yet'));
    for (let count = 0; count < 600; count++) {
      refusal(await prove());
      world.advance(count === 299 ? 30_000 : 0);
    }
    const other = bucketOf(2);
    assert.deepEqual(await prove(other), { outcome: 'too-many-questions', retryAfterSeconds: 30 });
    assert.equal(dns.asked.length, 600);
    assert.equal((await prove(bucketOf(3, 'another-account'))).outcome, 'refused');
    world.jump(3_600_000);
    assert.equal((await prove(other)).outcome, 'too-many-questions');
    world.advance(29_999);
    assert.deepEqual(await prove(other), { outcome: 'too-many-questions', retryAfterSeconds: 1 });
    world.advance(1);
    for (let count = 0; count < 300; count++) assert.equal((await prove(other)).outcome, 'refused');
    assert.equal((await prove(other)).outcome, 'too-many-questions');
  });

  it('that are shared count once', async () => {
    const { dns, issue, prove } = stage();
    issue(1, domain, token);
    const { promise, resolve } = Promise.withResolvers<TxtAnswer>();
    dns.plant(txtName, promise);
    const calls = Array.from({ length: 700 }, () => prove());
    await new Promise(setImmediate);
    resolve(found(token));
    const outcomes = new Set((await Promise.all(calls)).map(({ outcome }) => outcome));
    assert.deepEqual([...outcomes], ['proven']);
    assert.equal(dns.asked.length, 1);
  });
});

describe('the waiver of ownership proofs', () => {
  it('is given for every name when ownership is off', async () => {
    const { dns, prove } = stage({ ownership: 'off' });
    assert.deepEqual(await prove(), { outcome: 'waived', evidence: { method: 'off' } });
    assert.deepEqual(dns.asked, []);
  });

  it('is given for names of the allow-list and below them, and for no others', async () => {
    const { dns, issue, prove } = stage({ ownership: 'allow-list', allowList: ['shop.example'] });
    const waived = {
      outcome: 'waived',
      evidence: { method: 'allow-list', answer: 'shop.example' },
    };
    assert.deepEqual(await prove(), waived);
    assert.deepEqual(await prove(bucketOf(1), 'shop.example'), waived);
    const near = await prove(bucketOf(1), 'myshop.example');
    assert.equal(near.outcome === 'refused' && near.what, 'no-token');
    issue(1, 'myshop.example', token);
    dns.plant('_dnsauth.myshop.example', found(token));
    assert.equal((await prove(bucketOf(1), 'myshop.example')).outcome, 'proven');
  });

  it('is not given by the list alone while proofs are asked of everybody', async () => {
    const { prove } = stage({ ownership: 'dns', allowList: ['shop.example'] });
    assert.equal(refusal(await prove()).what, 'no-token');
  });
});
