/** What a request presents to prove who sent it, in either form, found well-formed. */
import { StsError } from '../errors/index.ts';
import type { HttpRequest } from '../http/index.ts';
import type { Instant } from '../world/index.ts';
import { acs3Algorithm, isAcs3, type ReadRequest, required, stsVersion } from './request.ts';
import {
  canonicalRequestAcs3,
  sha256,
  signatureAcs3,
  signatureRpc,
  stringToSignAcs3,
  stringToSignRpc,
} from './signatures.ts';

export interface Presented {
  readonly action: string;
  readonly accessKeyId: string;
  readonly signature: string;
  readonly securityToken: string;
  readonly nonce: string;
  readonly stringToSign: string;
  sign(secret: string): string;
}

/** How far a client's clock may be off, both ways. */
export const skewMaxMs = 15 * 60 * 1000;

const nonceLengthMax = 128;
const timestampForm = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/;

/** @throws StsError */
export function present(request: HttpRequest, read: ReadRequest, now: Instant): Presented {
  const presented = isAcs3(request)
    ? presentAcs3(request, read, now)
    : presentRpc(request, read, now);
  if (presented.nonce.length <= nonceLengthMax) return presented;
  throw new StsError('InvalidParameter', 'The parameter SignatureNonce is too long.');
}

function presentRpc(request: HttpRequest, { parameters }: ReadRequest, now: Instant): Presented {
  const action = required(parameters, 'Action');
  checkVersion(required(parameters, 'Version'));
  const accessKeyId = required(parameters, 'AccessKeyId');
  const signature = required(parameters, 'Signature');
  const nonce = required(parameters, 'SignatureNonce');
  const method = parameters.get('SignatureMethod') ?? 'HMAC-SHA1';
  const version = parameters.get('SignatureVersion') ?? '1.0';
  if (method.toUpperCase() !== 'HMAC-SHA1' || version !== '1.0') {
    throw new StsError('IncompleteSignature');
  }
  checkTimestamp(required(parameters, 'Timestamp'), now);
  const stringToSign = stringToSignRpc(request.method, parameters);
  return {
    action,
    accessKeyId,
    signature,
    nonce,
    securityToken: parameters.get('SecurityToken') ?? '',
    stringToSign,
    sign: (secret) => signatureRpc(secret, stringToSign),
  };
}

/** Without one of these signed, a signature would be good for another request or another time. */
const mandatory = [
  'host',
  'x-acs-action',
  'x-acs-content-sha256',
  'x-acs-date',
  'x-acs-signature-nonce',
  'x-acs-version',
] as const;

function presentAcs3(request: HttpRequest, { body }: ReadRequest, now: Instant): Presented {
  const { headers } = request;
  const fields = authorizationFields(headers.authorization ?? '');
  const accessKeyId = fields.get('credential') ?? '';
  const signature = fields.get('signature') ?? '';
  const signedHeaders = (fields.get('signedheaders') ?? '').split(';');
  if (accessKeyId === '' || signature === '') throw new StsError('IncompleteSignature');
  for (const name of mandatory) {
    if (headers[name] === undefined) {
      throw new StsError('MissingParameter', `The input parameter ${name} is not supplied.`);
    }
  }
  const sent = Object.keys(headers).filter((name) => name.startsWith('x-acs-'));
  if (![...mandatory, ...sent].every((name) => signedHeaders.includes(name))) {
    throw new StsError('IncompleteSignature');
  }
  const bodyHash = headers['x-acs-content-sha256'] ?? '';
  if (bodyHash !== sha256(body)) throw new StsError('IncompleteSignature');
  checkVersion(headers['x-acs-version'] ?? '');
  checkTimestamp(headers['x-acs-date'] ?? '', now);
  const canonicalRequest = canonicalRequestAcs3({
    method: request.method,
    path: request.rawPath,
    query: request.query.map(({ name, value }) => [name, value] as const),
    headers,
    signedHeaders,
    bodyHash,
  });
  const stringToSign = stringToSignAcs3(canonicalRequest);
  return {
    action: headers['x-acs-action'] ?? '',
    accessKeyId,
    signature,
    nonce: headers['x-acs-signature-nonce'] ?? '',
    securityToken: headers['x-acs-security-token'] ?? '',
    stringToSign,
    sign: (secret) => signatureAcs3(secret, stringToSign),
  };
}

/** `Credential=…,SignedHeaders=…,Signature=…`, by lower-case name. */
function authorizationFields(value: string): ReadonlyMap<string, string> {
  return new Map(
    value
      .slice(acs3Algorithm.length)
      .split(',')
      .map((part) => {
        const equals = part.indexOf('=');
        const name = (equals < 0 ? part : part.slice(0, equals)).trim().toLowerCase();
        return [name, equals < 0 ? '' : part.slice(equals + 1).trim()];
      }),
  );
}

function checkVersion(version: string): void {
  if (version !== stsVersion) throw new StsError('InvalidVersion');
}

function checkTimestamp(text: string, now: Instant): void {
  const instant = timestampForm.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(instant)) throw new StsError('InvalidTimeStamp.Format');
  if (Math.abs(now - instant) > skewMaxMs) throw new StsError('InvalidTimeStamp.Expired');
}
