/** Calls of the security token service in all its forms, with parameters and signatures spoiled. */
import { callAcs3, callRpc, type StsAnswer } from '../../api/sts/calls.ts';
import type { Chance } from '../../support/chance.ts';
import type { TestCredentials } from '../../support/sign.ts';
import { asByteString, drawValue } from './requests.ts';
import { hostileValues } from './spoil.ts';

const parameterSeeds = (roleArn: string): Readonly<Record<string, readonly string[]>> => ({
  RoleArn: [roleArn],
  RoleSessionName: ['ci-1'],
  DurationSeconds: ['900', '3600'],
  ExternalId: ['ab'],
  Policy: [
    '{"Version":"1","Statement":[{"Effect":"Allow","Action":["oss:*"],"Resource":["acs:oss:*:*:b/*"],"Condition":{"StringLike":{"oss:Prefix":["a*"]}}}]}',
  ],
  SourceIdentity: ['me'],
});

const rpcNames: readonly string[] = [
  ...['Action', 'Version', 'Format', 'AccessKeyId', 'SignatureMethod', 'SignatureVersion'],
  ...['SignatureNonce', 'Timestamp', 'SecurityToken', 'Signature'],
];
const acs3Names: readonly string[] = [
  ...['x-acs-action', 'x-acs-content-sha256', 'x-acs-date', 'x-acs-security-token'],
  ...['x-acs-signature-nonce', 'x-acs-version', 'accept'],
];
const places = ['query', 'form', 'both'] as const;
/** Of headers that the HTTP client of the tests would not send as they are. */
const text = (chance: Chance): string => asByteString(chance.pick(hostileValues));

export interface StsStage {
  readonly port: number;
  readonly roleArn: string;
  readonly now: number;
  readonly credentials: TestCredentials;
}

export async function callSts(chance: Chance, stage: StsStage): Promise<StsAnswer> {
  const { port, now: at, credentials } = stage;
  const parameters: Record<string, string | undefined> = {};
  for (const [name, seeds] of Object.entries(parameterSeeds(stage.roleArn))) {
    const isUsual = name.startsWith('Role');
    if (!isUsual && chance.one(2)) continue;
    // One value of several is unsound, or nothing would get further than the first check.
    parameters[name] = chance.one(4)
      ? drawValue(seeds, chance).toWellFormed().slice(0, 6_000)
      : seeds[0];
  }
  const action = chance.pick(['AssumeRole', 'AssumeRole', 'GetCallerIdentity']);
  const common: Record<string, string | undefined> = {};
  const isRpc = chance.one(2);
  for (let times = chance.one(2) ? chance.int(3) : 0; times > 0; times--) {
    common[chance.pick(isRpc ? rpcNames : acs3Names)] = chance.one(5) ? undefined : text(chance);
  }
  if (chance.one(3)) parameters.Format = chance.pick(['JSON', 'XML', '', 'x']);
  const call = {
    action,
    parameters,
    credentials,
    at,
    common,
    ...(chance.one(10) ? { signature: text(chance) } : {}),
  };
  return isRpc ? await callRpc(port, call, chance.pick(places)) : await callAcs3(port, call);
}
