/** Calls of the security token service in both forms, signed by code of the tests' own. */
import { createHash, createHmac } from 'node:crypto';
import type { TestCredentials } from '../../support/sign.ts';
import { testEpoch } from '../../support/world.ts';
import { type Answer, exchange as send } from '../rights/stage.ts';

export interface StsCall {
  readonly action?: string;
  readonly parameters?: Readonly<Record<string, string | undefined>>;
  readonly credentials: TestCredentials;
  readonly at?: number;
  readonly nonce?: string;
  /** Replaces what was signed. */
  readonly signature?: string;
  /** PEM of the authority of the server's certificate: the call goes over TLS. */
  readonly authority?: string;
  /** Common parameters or headers to change or leave out. */
  readonly common?: Readonly<Record<string, string | undefined>>;
}

export interface StsAnswer extends Answer {
  readonly json: {
    readonly RequestId?: string;
    readonly Code?: string;
    readonly Message?: string;
    readonly Credentials?: Readonly<Record<string, string>>;
    readonly AssumedRoleUser?: Readonly<Record<string, string>>;
    readonly [name: string]: unknown;
  };
}

let counted = 0;

function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function join(pairs: Readonly<Record<string, string | undefined>>): string {
  return Object.entries(pairs)
    .filter(([, value]) => value !== undefined)
    .map(([name, value = '']) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join('&');
}

async function asSts(answer: Promise<Answer>): Promise<StsAnswer> {
  const got = await answer;
  const isJson = String(got.headers['content-type']).startsWith('application/json');
  return { ...got, json: isJson ? JSON.parse(got.text) : {} };
}

const time = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}Z`;

/** `where`: the parameters in the query of a GET, in a form, or the common ones in the query. */
export function callRpc(
  port: number,
  call: StsCall,
  where: 'query' | 'form' | 'both' = 'form',
): Promise<StsAnswer> {
  const { credentials, parameters = {}, at = testEpoch } = call;
  counted += 1;
  const common = {
    Action: call.action ?? 'AssumeRole',
    Version: '2015-04-01',
    Format: 'JSON',
    AccessKeyId: credentials.accessKeyId,
    SignatureMethod: 'HMAC-SHA1',
    SignatureVersion: '1.0',
    SignatureNonce: call.nonce ?? `nonce-${counted}`,
    Timestamp: time(at),
    SecurityToken: credentials.securityToken,
    ...call.common,
  };
  const method = where === 'query' ? 'GET' : 'POST';
  const text = `${method}&%2F&${encode(join({ ...common, ...parameters }))}`;
  const right = createHmac('sha1', `${credentials.accessKeySecret}&`).update(text).digest('base64');
  const Signature = call.signature ?? right;
  const query =
    where === 'form'
      ? ''
      : `?${join(where === 'query' ? { ...common, ...parameters, Signature } : { ...common, Signature })}`;
  const body =
    where === 'form'
      ? join({ ...common, ...parameters, Signature })
      : where === 'both'
        ? join(parameters)
        : '';
  const headers: Record<string, string> = {
    host: `127.0.0.1:${port}`,
    'content-length': String(Buffer.byteLength(body)),
  };
  if (method === 'POST') headers['content-type'] = 'application/x-www-form-urlencoded';
  return asSts(send(port, method, `/${query}`, headers, body, call.authority));
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

export function callAcs3(port: number, call: StsCall): Promise<StsAnswer> {
  const { credentials, parameters = {}, at = testEpoch } = call;
  counted += 1;
  const all: Record<string, string | undefined> = {
    host: `127.0.0.1:${port}`,
    'x-acs-action': call.action ?? 'AssumeRole',
    'x-acs-content-sha256': sha256(''),
    'x-acs-date': time(at),
    'x-acs-security-token': credentials.securityToken,
    'x-acs-signature-nonce': call.nonce ?? `nonce-${counted}`,
    'x-acs-version': '2015-04-01',
    ...call.common,
  };
  const signed = Object.entries(all)
    .filter((header): header is [string, string] => header[1] !== undefined)
    .sort(([one], [other]) => (one < other ? -1 : 1));
  const names = signed.map(([name]) => name).join(';');
  const lines = signed.map(([name, value]) => `${name}:${value}\n`).join('');
  const canonical = ['POST', '/', join(parameters), lines, names, sha256('')].join('\n');
  const right = createHmac('sha256', credentials.accessKeySecret)
    .update(`ACS3-HMAC-SHA256\n${sha256(canonical)}`)
    .digest('hex');
  const authorization =
    `ACS3-HMAC-SHA256 Credential=${credentials.accessKeyId},SignedHeaders=${names},` +
    `Signature=${call.signature ?? right}`;
  const headers = { ...Object.fromEntries(signed), authorization, 'content-length': '0' };
  return asSts(send(port, 'POST', `/?${join(parameters)}`, headers, '', call.authority));
}
