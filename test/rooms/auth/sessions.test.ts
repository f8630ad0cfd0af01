/** Temporary credentials in all four forms of a signature (access-control.md 7). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Session } from '../../../src/accounts/index.ts';
import type { OssError } from '../../../src/errors/index.ts';
import { type FormFields, policyText, signFormV1, signFormV4 } from '../../support/forms.ts';
import { signHeaderV1, signHeaderV4, signUrlV1, signUrlV4 } from '../../support/sign.ts';
import { testEpoch } from '../../support/world.ts';
import { alice, authenticate, createAuthRoom, refusalOf, sessionOf } from './room.ts';

const mine = { accessKeyId: 'STS.mine', secret: 'secret of mine' };
const theirs = { accessKeyId: 'STS.theirs', secret: 'secret of theirs' };
const schemes = [signHeaderV1, signHeaderV4, signUrlV1, signUrlV4];
const base = { host: 'localhost:9080', bucket: 'b-1', key: 'a.txt' };
const hour = 3_600_000;

type Options = NonNullable<Parameters<typeof createAuthRoom>[0]>;

function room(changes: Partial<Session> = {}, options: Options = {}) {
  const expiresAt = testEpoch + hour;
  return createAuthRoom({
    now: testEpoch,
    sessions: {
      'tok/en+=': sessionOf(mine, { expiresAt, ...changes }),
      other: sessionOf(theirs, { expiresAt }),
    },
    ...options,
  });
}

function request(securityToken: string | undefined, key = mine) {
  const credentials = { accessKeyId: key.accessKeyId, accessKeySecret: key.secret };
  return {
    ...base,
    now: testEpoch,
    credentials: securityToken === undefined ? credentials : { ...credentials, securityToken },
  };
}

type Row = readonly [
  string,
  Options,
  Partial<Session>,
  () => ReturnType<typeof request>,
  Partial<OssError>,
];

const lasting = { accessKeyId: alice.accessKeyId, secret: alice.accessKeySecret };
const rows: readonly Row[] = [
  ['a session without its token', {}, {}, () => request(undefined), { code: 'InvalidAccessKeyId' }],
  [
    'a bogus token',
    {},
    {},
    () => request('bogus'),
    { code: 'InvalidSecurityToken', ec: '0002-00000006' },
  ],
  [
    'the token of another session',
    {},
    {},
    () => request('other'),
    { code: 'AccessKeyIdAndSecurityTokenNotMatch', ec: '0002-00000004' },
  ],
  [
    'a session that has ended',
    {},
    { expiresAt: testEpoch },
    () => request('tok/en+='),
    { code: 'SecurityTokenExpired', ec: '0002-00000007', status: 403 },
  ],
  [
    'a role that is gone',
    { role: 'void' },
    {},
    () => request('tok/en+='),
    { code: 'InvalidSecurityToken' },
  ],
  [
    'a disabled account',
    { role: 'disabled' },
    {},
    () => request('tok/en+='),
    { code: 'InvalidAccessKeyId', ec: '0002-00000903' },
  ],
  [
    'a wrong secret',
    {},
    {},
    () => request('tok/en+=', { ...mine, secret: 'wrong' }),
    { code: 'SignatureDoesNotMatch' },
  ],
  [
    'a lasting key with a good token',
    {},
    {},
    () => request('tok/en+=', lasting),
    { code: 'InvalidAccessKeyId' },
  ],
  [
    'a lasting key with a bogus one',
    {},
    {},
    () => request('bogus', lasting),
    { code: 'InvalidAccessKeyId' },
  ],
];

for (const sign of schemes) {
  describe(`sessions, ${sign.name}`, () => {
    it('are let in with their token', async () => {
      const caller = await authenticate(room({ policy: '{}' }), sign(request('tok/en+=')));
      assert.ok(caller.kind === 'session');
      assert.equal(caller.roleName, 'uploader');
      assert.equal(caller.sessionName, 'ci-1');
      assert.equal(caller.policy, '{}');
      assert.equal(caller.accessKeyId, mine.accessKeyId);
    });

    it('end on the very millisecond', async () => {
      const signed = sign(request('tok/en+='));
      const last = room({ expiresAt: testEpoch + 1 });
      assert.equal((await authenticate(last, signed)).kind, 'session');
    });

    for (const [name, options, changes, build, expected] of rows) {
      it(`refuses ${name}`, async () => {
        const refusal = await refusalOf(room(changes, options), sign(build()));
        const { code, ec, status } = refusal;
        assert.deepEqual({ code, ec, status, ...expected }, { code, ec, status });
      });
    }
  });
}

describe('a form signed with a temporary credential', () => {
  const key = { accessKeyId: mine.accessKeyId, accessKeySecret: mine.secret };
  const policy = policyText(testEpoch + hour, [{ bucket: 'b-1' }]);
  const forms = {
    V1: signFormV1(key, policy),
    V4: signFormV4(key, policy, testEpoch),
  };
  const withToken = (form: FormFields, token: string): ReadonlyMap<string, string> =>
    new Map(
      [...form, ['x-oss-security-token', token] as const].map(
        ([name, value]) => [name.toLowerCase(), String(value)] as const,
      ),
    );

  for (const [version, form] of Object.entries(forms)) {
    it(`${version}: the session is the caller`, async () => {
      const { authenticator } = room();
      const caller = await authenticator.authenticateForm(withToken(form, 'tok/en+='));
      assert.deepEqual(
        [caller.kind, caller.kind === 'session' && [caller.accessKeyId, caller.form]],
        ['session', [mine.accessKeyId, 'form']],
      );
    });

    it(`${version}: the token must be the key's`, async () => {
      const { authenticator } = room();
      await assert.rejects(authenticator.authenticateForm(withToken(form, 'other')), {
        code: 'AccessKeyIdAndSecurityTokenNotMatch',
      });
    });
  }
});
