/** Where a bucket's requests go: URL, Host and path for each way of addressing. */
import { isIP } from 'node:net';
import type { Addressing } from './types.ts';

export interface Address {
  /** Scheme, host and port; its path is that of the bucket. */
  readonly url: URL;
  readonly style: Exclude<Addressing, 'auto'>;
}

/** Throws a TypeError for an endpoint that is no address: a fault of the program, not of a call. */
export function parseEndpoint(endpoint: string): URL {
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(endpoint) ? endpoint : `https://${endpoint}`;
  const url = URL.parse(text);
  const isPlain = url && url.pathname === '/' && url.search === '' && url.hash === '';
  if (!isPlain || url.username !== '' || !/^https?:$/.test(url.protocol)) {
    throw new TypeError(
      `The endpoint "${endpoint}" is no address such as https://oss-cn-hangzhou.aliyuncs.com ` +
        'or http://127.0.0.1:9080.',
    );
  }
  return url;
}

export function addressOf(endpoint: URL, bucket: string, addressing: Addressing): Address {
  const style = addressing === 'auto' ? styleFor(endpoint.hostname) : addressing;
  const url = new URL(endpoint);
  if (style === 'path') url.pathname = `/${bucket}/`;
  if (style === 'virtual-host') url.hostname = `${bucket}.${endpoint.hostname}`;
  return { url, style };
}

/** IP literals and localhost have no names below them that would resolve. */
function styleFor(hostname: string): 'path' | 'virtual-host' {
  const bare = hostname.replace(/^\[|\]$/g, '').toLowerCase();
  return isIP(bare) !== 0 || bare === 'localhost' ? 'path' : 'virtual-host';
}
