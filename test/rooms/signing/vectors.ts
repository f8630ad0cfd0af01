import { readFileSync } from 'node:fs';
import { bytesOfText, type QueryPair, type SignableRequest } from '../../../src/signing/index.ts';

export interface Vector {
  id: string;
  version: 'V1' | 'V4';
  form: 'header' | 'query' | 'post-policy';
  inputs: {
    access_key_id: string;
    access_key_secret: string;
    method: string;
    bucket: string;
    key: string;
    headers: Record<string, string>;
    signed_query?: Record<string, string>;
    query?: Record<string, string>;
    date?: string;
    expires?: number;
    timestamp?: string;
    region?: string;
    product?: string;
    additional_headers?: string[];
    security_token?: string | null;
    raw_target?: string;
    policy?: string;
  };
  string_to_sign?: string;
  canonical_request?: string;
  signing_key_hex?: string;
  signature?: string;
  authorization?: string;
  query?: Record<string, string>;
  form_fields?: Record<string, string>;
}

const path = new URL('../../fixtures/signature-vectors.json', import.meta.url);

export const vectors: Vector[] = JSON.parse(readFileSync(path, 'utf8')).vectors;

export const isCaptured = (vector: Vector): boolean => vector.inputs.raw_target !== undefined;

function decode(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '));
}

/** Reads a request target as the server does: decoded once, `+` in the query is a space. */
export function readTarget(target: string): { path: string; query: QueryPair[] } {
  const at = target.indexOf('?');
  const rawQuery = at < 0 ? '' : target.slice(at + 1);
  const query = rawQuery
    .split('&')
    .filter((part) => part !== '')
    .map((part) => {
      const [name = '', ...value] = part.split('=');
      return { name: decode(name), value: decode(value.join('=')) };
    });
  return { path: decodeURIComponent(at < 0 ? target : target.slice(0, at)), query };
}

/** The vector's request as the signing room takes it. */
export function signableOf(vector: Vector): SignableRequest {
  const { inputs } = vector;
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(inputs.headers)) {
    headers[name.toLowerCase()] = bytesOfText(value);
  }
  if (inputs.raw_target === undefined) {
    const pairs = Object.entries(inputs.signed_query ?? inputs.query ?? {});
    const query = pairs.map(([name, value]) => ({ name, value }));
    return { method: inputs.method, bucket: inputs.bucket, key: inputs.key, query, headers };
  }
  const { path, query } = readTarget(inputs.raw_target);
  const isPathStyle = !headers.host?.startsWith(`${inputs.bucket}.`);
  const key = isPathStyle ? path.slice(inputs.bucket.length + 2) : path.slice(1);
  return { method: inputs.method, bucket: inputs.bucket, key, query, headers };
}
