/** The server of the rights' cases, where alice, carol and the uploaders may also ask for roles. */
import assert from 'node:assert/strict';
import type { TestCredentials } from '../../support/sign.ts';
import { openStage, type Stage } from '../rights/stage.ts';
import { callRpc, type StsAnswer } from './calls.ts';

export const uploader = 'acs:ram::1000000000000001:role/uploader';
/** What every call says unless it is about that. */
export const usual = { RoleArn: uploader, RoleSessionName: 'ci-1' };

export interface StsStage extends Stage {
  as(who: string): TestCredentials;
  /** `attach` leaves a holder only what it names. */
  allowSts(): Promise<void>;
  /** Credentials of the role that this one takes. */
  session(who?: string, more?: Record<string, string>): Promise<TestCredentials>;
}

export async function openStsStage(settings: Record<string, string> = {}): Promise<StsStage> {
  const stage = await openStage(settings);
  const keys = new Map<string, TestCredentials>();
  for (const who of ['owner', 'alice', 'bob', 'carol'] as const) {
    keys.set(who, (await stage.credentialsOf(who)) ?? assert.fail());
  }
  const as = (who: string): TestCredentials => keys.get(who) ?? assert.fail(who);
  const { identities } = stage.server.rooms.engines.metadata;
  const sts: StsStage = {
    ...stage,
    as,
    async allowSts() {
      const builtIn = { isBuiltIn: true, limit: 20 };
      for (const id of ['2000000000000011', '2000000000000021', '300000000000000001']) {
        await identities.attachPolicy(id, 'AliyunSTSAssumeRoleAccess', builtIn);
      }
    },
    async session(who = 'alice', more = {}) {
      const answer = await callRpc(stage.server.httpPort, {
        credentials: as(who),
        parameters: { ...usual, ...more },
        at: stage.world.clock.now(),
      });
      assert.equal(answer.status, 200, answer.text);
      return toCredentials(answer);
    },
  };
  await sts.allowSts();
  return sts;
}

export function toCredentials({ json }: StsAnswer): TestCredentials {
  const { AccessKeyId = '', AccessKeySecret = '', SecurityToken = '' } = json.Credentials ?? {};
  return {
    accessKeyId: AccessKeyId,
    accessKeySecret: AccessKeySecret,
    securityToken: SecurityToken,
  };
}
