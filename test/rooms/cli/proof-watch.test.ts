import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Progress } from '../../../src/cli/progress.ts';
import { describeAnswer, isProven, watchForProof } from '../../../src/cli/proof-watch.ts';
import { CnameError, type CnameToken } from '../../../src/client/index.ts';
import type { TxtAnswer } from '../../../src/dns/index.ts';
import { createTestWorld, testEpoch } from '../../support/world.ts';

const token: CnameToken = {
  bucket: 'b-1',
  domain: 'a.example',
  token: '5a0e6f1c94b27d83e1f0a96c7b3d2481',
  txtName: '_dnsauth.a.example',
  expiresAt: new Date(testEpoch + 72 * 3_600_000),
  requestId: 'R',
};
const resolver = '192.0.2.1';
const nothing: TxtAnswer = { outcome: 'none', reason: 'no-such-name', resolver };
const failed: TxtAnswer = { outcome: 'failed', reason: 'servfail', resolver };
const right: TxtAnswer = { outcome: 'found', records: ['x', ` "${token.token}" `], resolver };
const wrong: TxtAnswer = { outcome: 'found', records: ['old', 'older'], resolver };

const refusal = (code: string, status: number): CnameError =>
  new CnameError({ code, status, message: code, fields: { Hint: `hint of ${code}` } });
const unproven = refusal('NeedVerifyDomainOwnership', 403);

/** Plays answers of DNS and of the service; the last of each goes on for ever. */
async function play(
  answers: readonly TxtAnswer[],
  outcomes: readonly (CnameError | undefined)[],
  options: { waitMs?: number; expiresAt?: Date } = {},
) {
  const world = createTestWorld();
  const waits: number[] = [];
  const said: string[] = [];
  const timers = {
    ...world.timers,
    delay: async (ms: number): Promise<void> => {
      waits.push(ms);
      world.advance(ms);
    },
  };
  let questions = 0;
  let calls = 0;
  const output = { write: (text: string) => said.push(text.trim()) };
  const waiting = watchForProof({
    world: { ...world, timers },
    resolver: {
      askTxt: async () => answers[Math.min(questions++, answers.length - 1)] ?? nothing,
    },
    token: { ...token, expiresAt: options.expiresAt ?? token.expiresAt },
    map: async () => {
      const outcome = outcomes[Math.min(calls++, outcomes.length - 1)];
      if (outcome) throw outcome;
    },
    progress: new Progress(output, timers),
    waitMs: options.waitMs ?? 600_000,
  });
  const failure: unknown = await waiting.then(
    () => undefined,
    (error: unknown) => error,
  );
  return { failure, waits, said, questions, calls };
}

function messageOf(failure: unknown): string {
  return failure instanceof Error ? failure.message : '';
}

test('the service is asked to map when DNS shows the token, and not before', async () => {
  const { failure, questions, calls, said } = await play([nothing, wrong, right], [undefined]);
  assert.equal(failure, undefined);
  assert.deepEqual([questions, calls], [3, 1]);
  assert.deepEqual(said, [
    'no TXT record at _dnsauth.a.example yet; waiting',
    '_dnsauth.a.example has another value: "old" and 1 more; waiting',
    'the TXT record at _dnsauth.a.example is there; asking the service to map',
  ]);
});

test('the waits grow and stay polite', async () => {
  const { waits } = await play([nothing], [unproven]);
  assert.equal(waits[0], 2000);
  for (const [index, wait] of waits.slice(1, -1).entries()) {
    assert.ok(wait >= (waits[index] ?? 0) && wait <= 30_000);
  }
  assert.ok(waits.length < 40);
});

test('when our resolver fails, the service is asked from time to time all the same', async () => {
  const { failure, calls, said } = await play([failed], [unproven, unproven, undefined]);
  assert.equal(failure, undefined);
  assert.equal(calls, 3);
  assert.match(said[0] ?? '', /resolver 192\.0\.2\.1 failed \(servfail\); waiting/);
});

test('a service that sees the record later is asked again, and its hint shown', async () => {
  const { failure, said } = await play(
    [right],
    [unproven, refusal('InternalError', 500), undefined],
  );
  assert.equal(failure, undefined);
  assert.ok(said.some((text) => text.includes('hint of NeedVerifyDomainOwnership')));
});

test('any other refusal ends the waiting at once', async () => {
  const denied = refusal('CnameDenied', 403);
  const { failure, questions } = await play([right], [denied]);
  assert.equal(failure, denied);
  assert.equal(questions, 1);
});

test('patience ends with what was seen last', async () => {
  const { failure, waits } = await play([nothing, wrong], [unproven], { waitMs: 10_000 });
  assert.match(messageOf(failure), /^Not mapped after 10 s: .*has another value: "old" and 1 more/);
  assert.equal(
    waits.reduce((sum, wait) => sum + wait, 0),
    10_000,
  );
});

test('an expired token is not waited for', async () => {
  const expiresAt = new Date(testEpoch + 3000);
  const { failure } = await play([nothing], [unproven], { expiresAt });
  assert.match(messageOf(failure), /The token has expired/);
});

test('a record counts as the service counts it', () => {
  const check = (record: string, expected: boolean): void =>
    assert.equal(
      isProven({ outcome: 'found', records: ['v=spf1', record], resolver }, token),
      expected,
      record,
    );
  check(token.token, true);
  check(`"${token.token}"`, true);
  check(` ${token.token} `, true);
  check(token.token.toUpperCase(), false);
  check(`${token.token}x`, false);
  check('', false);
});

test('what a resolver says is shown shortened and without control characters', () => {
  const records = [`\u001b[2J${'x'.repeat(500)}`];
  const text = describeAnswer({ outcome: 'found', records, resolver }, token);
  assert.ok(text.length < 140);
  assert.ok(!text.includes('\u001b'));
});

test('no byte of a foreign record reaches the terminal as a command', () => {
  // 0x9b alone begins a control sequence on many terminals (ECMA-48 8.3.16).
  const records = ['\u009b2J\u0085\u007f'];
  const text = describeAnswer({ outcome: 'found', records, resolver }, token);
  assert.match(text, /\\u009b2J\\u0085\\u007f/);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there.
  assert.doesNotMatch(text, /[\u0000-\u001f\u007f-\u009f]/);
});
