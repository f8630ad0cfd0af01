/** What temporary credentials open, and until when: cases 103 to 106 of access-control.md 9. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { documentOf } from '../../rooms/rights/documents.ts';
import {
  signHeaderV1,
  signHeaderV4,
  signUrlV1,
  signUrlV4,
  type TestCredentials,
} from '../../support/sign.ts';
import { exchange, send } from '../rights/stage.ts';
import { callRpc } from './calls.ts';
import { openStsStage, type StsStage, usual } from './stage.ts';

const hour = 3_600_000;

let stage: StsStage;
let port: number;

before(async () => {
  stage = await openStsStage();
  port = stage.server.httpPort;
});
after(() => stage.close());

describe('temporary credentials', () => {
  const object = { bucket: 'shop', key: 'up/x', host: 'unused' };
  const schemes = [signHeaderV1, signHeaderV4, signUrlV1, signUrlV4];

  for (const sign of schemes) {
    it(`open objects, ${sign.name}`, async () => {
      await stage.attach(['R1']);
      await stage.allowSts();
      const credentials = await stage.session('alice', { Policy: documentOf('S2') });
      const at = stage.world.clock.now();
      await send(port, { ...object, method: 'PUT' }, stage.as('owner'), 'x', at);
      const signed = sign({ ...object, host: `127.0.0.1:${port}`, credentials, at });
      const answer = await exchange(port, signed.method, signed.target, signed.headers, '');
      assert.deepEqual([answer.status, answer.text], [200, 'x']);
      const other = sign({ ...object, key: 'down', host: `127.0.0.1:${port}`, credentials, at });
      const denied = await exchange(port, other.method, other.target, other.headers, '');
      assert.deepEqual([denied.status, denied.ec], [403, '0003-00000301']);
    });
  }

  it('103 to 105: come with their own token, and no other key does', async () => {
    const [one, two] = [await stage.session(), await stage.session()];
    const get = { bucket: 'shop', key: 'up/x' };
    const { accessKeyId, accessKeySecret } = one;
    const rows: readonly (readonly [TestCredentials, string])[] = [
      [{ accessKeyId, accessKeySecret }, 'InvalidAccessKeyId'],
      [{ ...stage.as('alice'), securityToken: 'bogus' }, 'InvalidAccessKeyId'],
      [{ ...one, securityToken: two.securityToken ?? '' }, 'AccessKeyIdAndSecurityTokenNotMatch'],
      [{ ...one, securityToken: `${one.securityToken}x` }, 'InvalidSecurityToken'],
    ];
    for (const [credentials, code] of rows) {
      const answer = await send(port, get, credentials);
      assert.deepEqual([answer.status, answer.code], [403, code]);
    }
  });

  it('106: end to the second, also in a URL that would last longer', async () => {
    await stage.attach(['R1']);
    await stage.allowSts();
    const credentials = await stage.session();
    const begun = stage.world.clock.now();
    const url = signUrlV4({
      ...object,
      host: `127.0.0.1:${port}`,
      credentials,
      at: begun,
      expiresInSeconds: 86_400,
    });
    const open = () => exchange(port, 'GET', url.target, url.headers, '');
    stage.world.advance(hour - 1);
    assert.equal((await open()).status, 200);
    stage.world.advance(1);
    assert.equal((await open()).code, 'SecurityTokenExpired');
    const now = stage.world.clock.now();
    const late = await send(port, { bucket: 'shop', key: 'up/x' }, credentials, '', now);
    assert.deepEqual(
      [late.status, late.code, late.ec],
      [403, 'SecurityTokenExpired', '0002-00000007'],
    );
    const again = await callRpc(port, { credentials, parameters: usual, at: now });
    assert.equal(again.json.Code, 'InvalidSecurityToken.Expired');
  });

  it('end with a change of their role, and begin anew after it', async () => {
    await stage.attach(['R1']);
    await stage.allowSts();
    const now = () => stage.world.clock.now();
    const credentials = await stage.session();
    const get = () => send(port, { bucket: 'shop', key: 'up/x' }, credentials, '', now());
    assert.equal((await get()).status, 200);
    const { identities } = stage.server.rooms.engines.metadata;
    const role = await identities.findIdentity('1000000000000001', 'role', 'uploader');
    assert.ok(role?.role);
    stage.world.advance(1);
    await identities.setRole(role.id, { ...role.role, sessionsFrom: now() });
    assert.equal((await get()).code, 'InvalidSecurityToken');
    const fresh = await stage.session();
    assert.equal((await send(port, { bucket: 'shop', key: 'up/x' }, fresh, '', now())).status, 200);
  });
});
