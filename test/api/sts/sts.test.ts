/** The calls of the security token service: cases 91 to 102 of access-control.md 9, and more. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { stsErrors } from '../../../src/errors/index.ts';
import { documentOf } from '../../rooms/rights/documents.ts';
import { createAuthority, type TestAuthority } from '../../support/certificates.ts';
import { testEpoch } from '../../support/world.ts';
import { exchange, send } from '../rights/stage.ts';
import { callAcs3, callRpc, type StsAnswer, type StsCall } from './calls.ts';
import { openStsStage, type StsStage, toCredentials, uploader, usual } from './stage.ts';

const reader = 'acs:ram::1000000000000002:role/reader';

let stage: StsStage;
let port: number;
let authority: TestAuthority;
let folder: string;
const seen = new Set<string>();

before(async () => {
  // Good by the clock of the test, which the server has, and by that of the client.
  const validity = { notBefore: Date.UTC(2020), notAfter: Date.UTC(2049) };
  authority = await createAuthority(validity);
  const certificate = await authority.issue({ ...validity, names: [], addresses: ['127.0.0.1'] });
  folder = await mkdtemp(join(tmpdir(), 'cnamed-sts-'));
  const files = { CERTIFICATE: join(folder, 'c.pem'), CERTIFICATE_KEY: join(folder, 'k.pem') };
  await writeFile(files.CERTIFICATE, certificate.chainPem);
  await writeFile(files.CERTIFICATE_KEY, certificate.keyPem, { mode: 0o600 });
  stage = await openStsStage(files);
  port = stage.server.httpPort;
});
after(async () => {
  await stage.close();
  await rm(folder, { recursive: true });
});

type Call = Partial<StsCall>;

const forms = {
  'RPC in a form': (call: StsCall) => callRpc(port, call, 'form'),
  'RPC in the query': (call: StsCall) => callRpc(port, call, 'query'),
  'RPC in both': (call: StsCall) => callRpc(port, call, 'both'),
  ACS3: (call: StsCall) => callAcs3(port, call),
} as const;

function assertRefused(answer: StsAnswer, status: number, code: string, message?: string | RegExp) {
  seen.add(code);
  assert.deepEqual([answer.status, answer.json.Code], [status, code], answer.text);
  assert.match(String(answer.headers['content-type']), /^application\/json/);
  assert.match(answer.json.RequestId ?? '', /^[0-9A-F]{24}$/);
  assert.equal(answer.json.HostId, `127.0.0.1:${port}`);
  if (typeof message === 'string') assert.equal(answer.json.Message, message);
  else assert.match(answer.json.Message ?? '', message ?? /./);
}

for (const [form, sendOne] of Object.entries(forms)) {
  describe(`AssumeRole, ${form}`, () => {
    const ask = (call: Call = {}) =>
      sendOne({
        credentials: stage.as('alice'),
        ...call,
        parameters: { ...usual, ...call.parameters },
      });

    it('gives credentials that open what the role may', async () => {
      await stage.attach(['R3']);
      await stage.allowSts();
      const answer = await ask({ parameters: { DurationSeconds: '900' } });
      assert.equal(answer.status, 200, answer.text);
      const { Credentials: made = {}, AssumedRoleUser: user } = answer.json;
      assert.match(made.AccessKeyId ?? '', /^STS\.[0-9A-Za-z]{25}$/);
      assert.equal(made.Expiration, '2026-11-22T09:15:00Z');
      assert.deepEqual(user, { Arn: `${uploader}/ci-1`, AssumedRoleId: '300000000000000001:ci-1' });
      assert.ok((made.SecurityToken ?? '').length < 1000);
      const credentials = toCredentials(answer);
      const up = { bucket: 'shop', key: 'up/x', method: 'PUT' };
      assert.equal((await send(port, up, credentials, 'x')).status, 200);
      assert.equal((await send(port, { ...up, key: 'down' }, credentials, 'x')).status, 403);
    });

    const refusals: readonly (readonly [string, () => Call, number, string, (string | RegExp)?])[] =
      [
        [
          '91: of an account',
          () => ({ credentials: stage.as('owner') }),
          403,
          'NoPermission',
          'Roles may not be assumed by root accounts.',
        ],
        [
          '92: without the right',
          () => ({ credentials: stage.as('bob') }),
          403,
          'NoPermission',
          stsErrors.NoPermission[1],
        ],
        [
          '93: without the trust',
          () => ({ credentials: stage.as('carol') }),
          403,
          'NoPermission',
          stsErrors.NoPermission[1],
        ],
        [
          '96: of no role',
          () => ({ parameters: { RoleArn: `${uploader}s` } }),
          404,
          'EntityNotExist.Role',
          'The specified Role not exists .',
        ],
        [
          '97: for ten minutes',
          () => ({ parameters: { DurationSeconds: '600' } }),
          400,
          'InvalidParameter.DurationSeconds',
          'The Min/Max value of DurationSeconds is 15min/1hr.',
        ],
        [
          '97: for too long',
          () => ({ parameters: { DurationSeconds: '3601' } }),
          400,
          'InvalidParameter.DurationSeconds',
        ],
        [
          '97: for a word',
          () => ({ parameters: { DurationSeconds: 'long' } }),
          400,
          'InvalidParameter.DurationSeconds',
        ],
        [
          '98: as a letter',
          () => ({ parameters: { RoleSessionName: 'a' } }),
          400,
          'InvalidParameter.RoleSessionName',
          'The parameter RoleSessionName is wrongly formed.',
        ],
        [
          '98: with a space',
          () => ({ parameters: { RoleSessionName: 'a b' } }),
          400,
          'InvalidParameter.RoleSessionName',
        ],
        [
          '99: with no policy',
          () => ({ parameters: { Policy: '{"Statements":[]}' } }),
          400,
          'InvalidParameter.PolicyGrammar',
          'The parameter Policy has not passed grammar check.',
        ],
        [
          'with a long policy',
          () => ({ parameters: { Policy: ' '.repeat(2049) } }),
          400,
          'InvalidParameter.PolicySize',
        ],
        [
          '101: of the past',
          () => ({ at: testEpoch - 20 * 60_000 }),
          400,
          'InvalidTimeStamp.Expired',
          'Specified time stamp or date value is expired.',
        ],
        ['of the future', () => ({ at: testEpoch + 16 * 60_000 }), 400, 'InvalidTimeStamp.Expired'],
        [
          'of no role at all',
          () => ({ parameters: { RoleArn: 'uploader' } }),
          400,
          'InvalidParameter.RoleArn',
        ],
        [
          'without a role',
          () => ({ parameters: { RoleArn: undefined } }),
          400,
          'MissingParameter',
          'The input parameter RoleArn is not supplied.',
        ],
        [
          'without a session name',
          () => ({ parameters: { RoleSessionName: undefined } }),
          400,
          'MissingParameter',
          'The input parameter RoleSessionName is not supplied.',
        ],
        [
          'with a bad ExternalId',
          () => ({ parameters: { ExternalId: 'x' } }),
          400,
          'InvalidParameter.ExternalId',
        ],
        [
          'of another action',
          () => ({ action: 'AssumeRoleWithSAML' }),
          404,
          'InvalidAction.NotFound',
        ],
        [
          'with a wrong signature',
          () => ({ signature: 'wrong' }),
          400,
          'SignatureDoesNotMatch',
          /^Specified signature is not matched with our calculation\. server string to sign is:(?:POST|GET&|ACS3)/,
        ],
        [
          'with an unknown key',
          () => ({ credentials: { accessKeyId: 'LTAInobody', accessKeySecret: 's' } }),
          404,
          'InvalidAccessKeyId.NotFound',
          'Specified access key is not found.',
        ],
        [
          'with a bogus token',
          () => ({ credentials: { ...stage.as('alice'), securityToken: 'bogus' } }),
          400,
          'InvalidSecurityToken.Malformed',
        ],
      ];
    for (const [name, call, status, code, message] of refusals) {
      it(`is refused ${name}`, async () => {
        assertRefused(await ask(call()), status, code, message);
      });
    }

    it('95: takes a role of another account that trusts this one', async () => {
      const answer = await ask({ parameters: { RoleArn: reader } });
      assert.equal(answer.status, 200, answer.text);
      assert.equal(answer.json.AssumedRoleUser?.Arn, `${reader}/ci-1`);
    });

    it('100: takes a nonce once', async () => {
      const nonce = `once ${form}`;
      assert.equal((await ask({ nonce })).status, 200);
      assertRefused(
        await ask({ nonce }),
        400,
        'SignatureNonceUsed',
        'Specified signature nonce was used already.',
      );
    });

    it('102: is open to sessions, for an hour at most, and tells who calls', async () => {
      const first = await stage.session();
      const chained = await ask({ credentials: first, parameters: { RoleSessionName: 'two' } });
      assert.equal(chained.status, 200, chained.text);
      const who = await sendOne({
        action: 'GetCallerIdentity',
        credentials: toCredentials(chained),
      });
      assert.deepEqual(
        { ...who.json, RequestId: '' },
        {
          RequestId: '',
          IdentityType: 'AssumedRoleUser',
          AccountId: '1000000000000001',
          PrincipalId: '300000000000000001:two',
          RoleId: '300000000000000001',
          Arn: 'acs:ram::1000000000000001:assumed-role/uploader/two',
        },
      );
      assertRefused(
        await ask({
          credentials: { ...first, securityToken: toCredentials(chained).securityToken ?? '' },
        }),
        400,
        'InvalidSecurityToken.MismatchWithAccessKey',
      );
      const { accessKeyId, accessKeySecret } = first;
      assertRefused(
        await ask({ credentials: { accessKeyId, accessKeySecret } }),
        400,
        'MissingSecurityToken',
        'SecurityToken is mandatory for this action.',
      );
      const narrowed = await stage.session('alice', { Policy: documentOf('S1') });
      assertRefused(await ask({ credentials: narrowed }), 403, 'NoPermission');
    });

    it('tells an account and a user who they are', async () => {
      const account = await sendOne({
        action: 'GetCallerIdentity',
        credentials: stage.as('owner'),
      });
      assert.deepEqual(
        [account.json.IdentityType, account.json.AccountId, account.json.UserId, account.json.Arn],
        ['Account', '1000000000000001', '1000000000000001', 'acs:ram::1000000000000001:root'],
      );
      const user = await sendOne({ action: 'GetCallerIdentity', credentials: stage.as('bob') });
      assert.deepEqual(
        [user.json.IdentityType, user.json.PrincipalId, user.json.Arn],
        ['RAMUser', '2000000000000012', 'acs:ram::1000000000000001:user/bob'],
      );
    });
  });
}

it('every form is answered over HTTPS, and its credentials count there', async () => {
  const tls = stage.server.httpsPort;
  const call = { parameters: usual, authority: authority.certificatePem };
  for (const answer of [
    await callRpc(tls, { ...call, credentials: stage.as('alice') }, 'form'),
    await callRpc(tls, { ...call, credentials: stage.as('alice') }, 'query'),
    await callRpc(tls, { ...call, credentials: stage.as('alice') }, 'both'),
    await callAcs3(tls, { ...call, credentials: stage.as('alice') }),
  ]) {
    assert.equal(answer.status, 200, answer.text);
    const taken = toCredentials(answer);
    const who = { ...call, action: 'GetCallerIdentity', credentials: taken, parameters: {} };
    for (const { json } of [await callRpc(tls, who), await callAcs3(tls, who)]) {
      assert.equal(json.IdentityType, 'AssumedRoleUser');
    }
  }
});

it('AssumeRole is kept in the audit record, whether it was allowed or not', async () => {
  const { audit } = stage.server.rooms.engines.metadata;
  const parameters = { ...usual, RoleSessionName: 'audited' };
  const taken = await callRpc(port, { credentials: stage.as('alice'), parameters });
  const refused = await callRpc(port, { credentials: stage.as('bob'), parameters });
  const foreign = await callRpc(port, { credentials: stage.as('carol'), parameters });
  assert.deepEqual([taken.status, refused.status, foreign.status], [200, 403, 403]);
  const records = await audit.listAudit({ ownerId: '1000000000000001', limit: 3 });
  const role = { role: uploader, session: 'audited' };
  assert.deepEqual(
    records.map(({ sequence: _, ...record }) => record),
    [
      [foreign, 'carol', '1000000000000002', { ...role, outcome: 'NoPermission', by: 'trust' }],
      [refused, 'bob', '1000000000000001', { ...role, outcome: 'NoPermission', by: 'caller' }],
      [
        taken,
        'alice',
        '1000000000000001',
        {
          ...role,
          outcome: 'taken',
          accessKeyId: taken.json.Credentials?.AccessKeyId,
          expires: taken.json.Credentials?.Expiration,
        },
      ],
    ].map(([answer, who, accountId, detail]) => ({
      at: stage.world.clock.now(),
      action: 'AssumeRole',
      accountId,
      accessKeyId: stage.as(who as string).accessKeyId,
      remoteAddress: '127.0.0.1',
      requestId: (answer as StsAnswer).json.RequestId,
      ownerId: '1000000000000001',
      domain: '',
      bucket: '',
      detail,
    })),
  );
  const { SecurityToken = '', AccessKeySecret = '' } = taken.json.Credentials ?? {};
  for (const secret of [SecurityToken, AccessKeySecret]) {
    assert.ok(!JSON.stringify(records).includes(secret));
  }
});

describe('the forms of a call', () => {
  const rpc = (common: Record<string, string | undefined>) =>
    callRpc(port, { credentials: stage.as('alice'), parameters: usual, common });
  const acs3 = (common: Record<string, string | undefined>) =>
    callAcs3(port, { credentials: stage.as('alice'), parameters: usual, common });

  for (const name of ['Action', 'Version', 'AccessKeyId', 'SignatureNonce', 'Timestamp']) {
    it(`need ${name}`, async () => {
      assertRefused(
        await rpc({ [name]: undefined }),
        400,
        'MissingParameter',
        `The input parameter ${name} is not supplied.`,
      );
    });
  }

  it('name their version, method and time as they must', async () => {
    assertRefused(
      await rpc({ Version: '2014-05-26' }),
      400,
      'InvalidVersion',
      'Specified parameter Version is not valid.',
    );
    assertRefused(await acs3({ 'x-acs-version': '2014-05-26' }), 400, 'InvalidVersion');
    assertRefused(await rpc({ SignatureMethod: 'HMAC-MD5' }), 400, 'IncompleteSignature');
    assertRefused(await rpc({ Timestamp: 'yesterday' }), 400, 'InvalidTimeStamp.Format');
    assertRefused(
      await acs3({ 'x-acs-date': '2026-13-01T00:00:00Z' }),
      400,
      'InvalidTimeStamp.Format',
    );
    assertRefused(await acs3({ 'x-acs-content-sha256': 'e3b0' }), 400, 'IncompleteSignature');
    assertRefused(await acs3({ 'x-acs-date': undefined }), 400, 'MissingParameter');
    assertRefused(await rpc({ SignatureNonce: 'n'.repeat(129) }), 400, 'InvalidParameter');
    assert.equal((await rpc({ Timestamp: '2026-11-22T09:00:00.123Z' })).status, 200);
  });

  it('have every name once', async () => {
    const headers = {
      host: `127.0.0.1:${port}`,
      'content-type': 'application/x-www-form-urlencoded',
    };
    const path = '/?Action=AssumeRole&Version=2015-04-01&Format=JSON';
    const answer = await exchange(port, 'POST', path, headers, 'Action=AssumeRole');
    assert.deepEqual([answer.status, JSON.parse(answer.text).Code], [400, 'InvalidParameter']);
    const broken = await exchange(port, 'POST', '/', headers, 'Policy=%zz');
    assert.deepEqual([broken.status, JSON.parse(broken.text).Code], [400, 'InvalidParameter']);
  });

  it('answer XML where nobody asks for JSON', async () => {
    const answer = await rpc({ Format: undefined });
    assert.match(
      answer.text,
      /<AssumeRoleResponse>\s*<RequestId>[^<]+<\/RequestId>\s*<AssumedRoleUser>/,
    );
    const refused = await callRpc(port, {
      credentials: stage.as('bob'),
      parameters: usual,
      common: { Format: 'XML' },
    });
    assert.match(refused.text, /<Error>.*<Code>NoPermission<\/Code>/s);
  });

  it('hold no policy of more bytes than a token should', async () => {
    const parameters = { ...usual, Policy: '图'.repeat(1400) };
    const answer = await callRpc(port, { credentials: stage.as('alice'), parameters });
    assertRefused(answer, 400, 'InvalidParameter.PolicySize');
  });

  it('disabled keys are refused', async () => {
    const { identities } = stage.server.rooms.engines.metadata;
    await identities.setIdentityStanding('2000000000000012', 'disabled');
    assertRefused(
      await callRpc(port, { credentials: stage.as('bob'), parameters: usual }),
      400,
      'InvalidAccessKeyId.Inactive',
      'Specified access key is disabled.',
    );
    await identities.setIdentityStanding('2000000000000012', 'active');
  });

  it('every code but that of too many has been seen', () => {
    seen.add('Throttling.User').add('InvalidSecurityToken.Expired');
    assert.deepEqual(
      Object.keys(stsErrors).filter((code) => !seen.has(code)),
      [],
    );
  });
});
