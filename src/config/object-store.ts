/**
 * The address of an object store: `s3://bucket?endpoint=...&region=...&prefix=...&path-style=...`,
 * or `file:///folder` of a volume that several nodes share.
 */

export type ObjectStoreAddress = S3Address | FolderAddress;

export interface S3Address {
  readonly kind: 's3';
  readonly bucket: string;
  /** With its scheme; `undefined`: the address that AWS gives the region. */
  readonly endpoint: string | undefined;
  readonly region: string;
  /** Empty, or ending with a slash. */
  readonly prefix: string;
  readonly isPathStyle: boolean;
}

export interface FolderAddress {
  readonly kind: 'folder';
  /** Absolute. */
  readonly folder: string;
}

const parameters = new Set(['endpoint', 'region', 'prefix', 'path-style']);

/** What servers without regions call the only one they have. */
const usualRegion = 'us-east-1';

/** `undefined` for whatever is not of the form; also when it holds credentials. */
export function readObjectStore(text: string): ObjectStoreAddress | undefined {
  const url = URL.parse(text);
  if (url === null || url.username !== '' || url.password !== '') return undefined;
  if (url.protocol === 'file:') return readFolder(url);
  return url.protocol === 's3:' ? readS3(url) : undefined;
}

/** A root is no folder of its own, and what stands behind the path has no meaning. */
function readFolder(url: URL): FolderAddress | undefined {
  const { host, pathname, search, hash } = url;
  if (host !== '' || search !== '' || hash !== '' || /%(?:00|2f|5c)/i.test(pathname)) {
    return undefined;
  }
  try {
    const folder = decodeURIComponent(pathname).replace(/\/+$/, '');
    return folder === '' ? undefined : { kind: 'folder', folder };
  } catch {
    return undefined;
  }
}

function readS3(url: URL): S3Address | undefined {
  const bucket = url.hostname;
  const hasStrangePart = url.port !== '' || !['', '/'].includes(url.pathname) || url.hash !== '';
  if (hasStrangePart || !/^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$/.test(bucket)) return undefined;
  for (const name of url.searchParams.keys()) {
    if (!parameters.has(name) || url.searchParams.getAll(name).length > 1) return undefined;
  }
  const endpoint = readEndpoint(url.searchParams.get('endpoint'));
  const prefix = readPrefix(url.searchParams.get('prefix') ?? '');
  const region = url.searchParams.get('region') ?? usualRegion;
  const style = url.searchParams.get('path-style') ?? (wantsBucketInHost(endpoint) ? 'off' : 'on');
  const isGood = endpoint !== 'bad' && prefix !== undefined && /^[a-z0-9-]{1,64}$/.test(region);
  if (!isGood || !['on', 'off'].includes(style)) return undefined;
  return { kind: 's3', bucket, endpoint, region, prefix, isPathStyle: style === 'on' };
}

function readEndpoint(text: string | null): string | undefined | 'bad' {
  if (text === null || text === '') return undefined;
  if (!/^https?:\/\//.test(text) && text.includes('/')) return 'bad';
  const url = URL.parse(/^https?:\/\//.test(text) ? text : `https://${text}`);
  const isGood = url !== null && url.username === '' && url.search === '' && url.hash === '';
  return isGood ? url.href.replace(/\/$/, '') : 'bad';
}

function readPrefix(text: string): string | undefined {
  if (text === '') return '';
  if (!/^[A-Za-z0-9._/-]{1,500}$/.test(text) || text.startsWith('/')) return undefined;
  return text.endsWith('/') ? text : `${text}/`;
}

/** Both refuse the path style; servers of one's own rarely have names for each bucket. */
function wantsBucketInHost(endpoint: string | undefined): boolean {
  return endpoint === undefined || /\.(?:amazonaws\.com(?:\.cn)?|aliyuncs\.com)$/.test(endpoint);
}
