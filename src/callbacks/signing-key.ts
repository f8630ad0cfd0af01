/**
 * The RSA key that callbacks are signed with: one for an installation, made when it is first
 * needed, sealed among the settings. Its public half is published.
 */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type KeyObject,
  sign,
} from 'node:crypto';
import { promisify } from 'node:util';
import type { Sealer } from '../sealing/index.ts';
import type { SettingStore } from '../stores/index.ts';

const setting = 'callback-key';
const context = 'callback-key:1';
const modulusBits = 2048;

export interface SigningKey {
  readonly publicPem: string;
  /** Base64. */
  sign(text: string): string;
}

export type FindSigningKey = () => Promise<SigningKey>;

/** MD5 is what receivers of the service verify (oss-semantics.md 7.5). */
export type Digest = 'md5' | 'sha256';

interface KeyParts {
  settings: SettingStore;
  sealer: Sealer;
  digest?: Digest;
}

export function createSigningKey(parts: KeyParts): FindSigningKey {
  let found: Promise<SigningKey> | undefined;
  return () => {
    found ??= load(parts).catch((problem: unknown) => {
      found = undefined;
      throw problem;
    });
    return found;
  };
}

async function load({ settings, sealer, digest = 'md5' }: KeyParts): Promise<SigningKey> {
  const standing = await settings.findSetting(setting);
  // Of two nodes that make one at once, the first one's is the key of both.
  const sealed = standing ?? (await settings.ensureSetting(setting, await makeKey(sealer)));
  const key = openKey(sealer, sealed);
  return {
    publicPem: createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString(),
    sign: (text) => sign(digest, Buffer.from(text, 'utf8'), key).toString('base64'),
  };
}

function openKey(sealer: Sealer, sealed: string): KeyObject {
  const pem = sealer.unseal(sealed, context);
  try {
    return createPrivateKey(pem);
  } finally {
    pem.fill(0);
  }
}

/** Why nothing can be signed; `undefined` when it can, or when there is no key yet. */
export async function faultOfCallbackKey(
  settings: Pick<SettingStore, 'findSetting'>,
  sealer: Sealer,
): Promise<string | undefined> {
  const sealed = await settings.findSetting(setting);
  if (sealed === undefined) return undefined;
  try {
    openKey(sealer, sealed);
    return undefined;
  } catch (problem) {
    return problem instanceof Error ? problem.message : String(problem);
  }
}

async function makeKey(sealer: Sealer): Promise<string> {
  const generate = promisify(generateKeyPair);
  const pair: { privateKey: KeyObject } = await generate('rsa', { modulusLength: modulusBits });
  const pem = Buffer.from(pair.privateKey.export({ type: 'pkcs8', format: 'pem' }));
  try {
    return sealer.seal(pem, context);
  } finally {
    pem.fill(0);
  }
}

/** The key is under the current master key after this; whether it was not before. */
export async function resealCallbackKey(settings: SettingStore, sealer: Sealer): Promise<boolean> {
  const sealed = await settings.findSetting(setting);
  if (sealed === undefined) return false;
  const next = sealer.rewrap(sealed, context);
  if (next === sealed) return false;
  await settings.setSetting(setting, next);
  return true;
}
