/** Requests of every row of the table without a document, with headers and parameters to spoil. */
import type { Chance } from '../../support/chance.ts';
import type { Seed } from './seeds.ts';
import { hostileValues, spoil } from './spoil.ts';

export const requests: readonly Seed[] = [
  { method: 'GET', query: '', key: 'object', body: '' },
  { method: 'HEAD', query: '', key: 'object', body: '' },
  { method: 'PUT', query: '', key: 'object', body: 'bytes' },
  { method: 'PUT', query: 'acl', key: 'object', body: '' },
  { method: 'PUT', query: 'symlink', key: 'link', body: '' },
  { method: 'POST', query: 'append&position=0', key: 'appended', body: 'bytes' },
  { method: 'POST', query: 'uploads', key: 'object', body: '' },
  { method: 'PUT', query: 'uploadId=0&partNumber=1', key: 'object', body: 'bytes' },
  { method: 'GET', query: '', body: '' },
  { method: 'GET', query: 'list-type=2', body: '' },
  { method: 'GET', query: 'versions', body: '' },
  { method: 'GET', query: 'uploads', body: '' },
  { method: 'OPTIONS', query: '', key: 'object', body: '' },
  { method: 'PUT', query: 'acl', body: '' },
];

/** Each with every method, on a bucket and on an object. */
const subResources: readonly string[] = [
  ...['accessmonitor', 'acl', 'append', 'bucketArchiveDirectRead', 'bucketInfo', 'cname'],
  ...['cleanRestoredObject', 'cname&comp=token', 'cors', 'delete', 'encryption', 'httpsConfig'],
  ...['inventory', 'inventory&inventoryId=i', 'legalHold', 'lifecycle', 'live', 'location'],
  ...['logging', 'metaQuery', 'objectMeta', 'objectWorm', 'overwriteConfig', 'policy'],
  ...[
    'policy&comp=callback',
    'policyStatus',
    'publicAccessBlock',
    'qosInfo',
    'redundancyTransition',
  ],
  ...['referer', 'replication', 'requestPayment', 'requesterQosInfo', 'resourceGroup', 'restore'],
  ...['retention', 'seal', 'stat', 'style', 'style&styleName=s', 'symlink', 'tagging'],
  ...['transferAcceleration', 'uploadId=0', 'uploads', 'userDefinedLogFieldsConfig', 'versioning'],
  ...['versions', 'vod', 'website', 'worm', 'wormId=w', 'asyncFetch', 'accessPoint'],
];
const methods: readonly string[] = ['GET', 'GET', 'HEAD', 'PUT', 'POST', 'DELETE', 'OPTIONS'];

const dates = ['Sun, 22 Nov 2026 09:00:00 GMT', 'Sunday, 22-Nov-26 09:00:00 GMT'];
const etags = ['"9A0364B9E99BB480DD25E1F0284C8555"', '*', 'W/"a"', '"a", "b"'];
const ranges = ['bytes=0-3', 'bytes=-5', 'bytes=3-', 'bytes=0-1,3-4', 'bytes=0-0,-1'];
const sources = ['/{bucket}/object', '{bucket}/object?versionId=null', '%2F{bucket}%2Fobject'];

/** JSON, in base64 on the wire. Addresses only, that the server may not call: nobody is asked. */
export const callbacks: readonly string[] = [
  '{"callbackUrl":"http://127.0.0.1:9/a","callbackHost":"a.example:80","callbackBody":"bucket=${bucket}&object=${object}&etag=${etag}&v=${x:v}","callbackBodyType":"application/x-www-form-urlencoded","callbackSNI":true}',
  '{"callbackUrl":"https://10.0.0.1/;http://[::1]:9/","callbackBody":"{\\"size\\":${size},\\"h\\":${imageInfo.height},\\"v\\":${x:v}}","callbackBodyType":"application/json"}',
  '{"callbackPolicy":"n"}',
];
export const variables: readonly string[] = ['{"x:v":"one","x:w":"2"}', '{"x:v":5,"x:w":null}'];

const encoded = new Set(['x-oss-callback', 'x-oss-callback-var', 'callback', 'callback-var']);

/** Sound values of every header that the API reads. */
const headerSeeds: Readonly<Record<string, readonly string[]>> = {
  'accept-encoding': ['gzip', 'identity, gzip;q=0.5'],
  'access-control-request-headers': ['x-oss-date, content-type'],
  'access-control-request-method': ['PUT'],
  'cache-control': ['no-cache'],
  'content-disposition': ['attachment; filename="a.txt"'],
  'content-encoding': ['gzip'],
  'content-language': ['en'],
  'content-md5': ['uZEfFZTsvMb3tEdc5aPJXg=='],
  'content-type': ['text/html; charset=utf-8', 'application/xml'],
  expires: dates,
  'if-match': etags,
  'if-modified-since': dates,
  'if-none-match': etags,
  'if-range': [...dates, ...etags],
  'if-unmodified-since': dates,
  origin: ['https://www.example.com'],
  range: ranges,
  referer: ['https://www.example.org/a?b'],
  'user-agent': ['aliyun-sdk-go/1.0'],
  'x-oss-acl': ['public-read-write', 'private'],
  'x-oss-allow-same-action-overlap': ['true'],
  'x-oss-bucket-tagging': ['k=v'],
  'x-oss-callback': callbacks,
  'x-oss-callback-var': variables,
  'x-oss-complete-all': ['yes'],
  'x-oss-content-sha256': ['UNSIGNED-PAYLOAD'],
  'x-oss-copy-source': sources,
  'x-oss-copy-source-if-match': etags,
  'x-oss-copy-source-if-modified-since': dates,
  'x-oss-copy-source-if-none-match': etags,
  'x-oss-copy-source-if-unmodified-since': dates,
  'x-oss-copy-source-range': ranges,
  'x-oss-forbid-overwrite': ['true', 'false'],
  'x-oss-hash-crc64ecma': ['9548687815775124833'],
  'x-oss-hns-status': ['enabled', 'disabled'],
  'x-oss-meta-a': ['a value', '\u00e4'],
  'x-oss-meta-__proto__': ['a value'],
  'x-oss-metadata-directive': ['COPY', 'REPLACE'],
  'x-oss-multi-range-behavior': ['multi-range'],
  'x-oss-object-acl': ['default', 'public-read'],
  'x-oss-object-worm-mode': ['COMPLIANCE'],
  'x-oss-persistent-headers': ['a:Yg==,c:ZA=='],
  'x-oss-range-behavior': ['standard'],
  'x-oss-request-payer': ['requester'],
  'x-oss-resource-group-id': ['rg-aekz'],
  'x-oss-security-token': ['token'],
  'x-oss-server-side-data-encryption': ['SM4'],
  'x-oss-server-side-encryption': ['AES256', 'KMS', 'SM4'],
  'x-oss-server-side-encryption-key-id': ['9468da86-3509-4f8d-a61e-6eab1eac1e6c'],
  'x-oss-storage-class': ['Standard', 'IA', 'Archive', 'ColdArchive'],
  'x-oss-symlink-target': ['object', 'a%2Fb'],
  'x-oss-tagging': ['k=v&l=w', 'a%20b=c%20d'],
  'x-oss-tagging-directive': ['Copy', 'Replace'],
  'x-oss-target-redundancy-type': ['ZRS'],
  'x-oss-traffic-limit': ['819200', '838860800'],
};

const parameterSeeds: Readonly<Record<string, readonly string[]>> = {
  callback: callbacks,
  'callback-var': variables,
  'continuation-token': ['b2JqZWN0', 'CgZvYmplY3Q='],
  delimiter: ['/', 'ab', '\u00e4'],
  'encoding-type': ['url'],
  'fetch-owner': ['true'],
  'key-marker': ['object', 'a/'],
  marker: ['object', 'a/', '\u{1d4b3}'],
  'max-keys': ['1', '1000'],
  'max-parts': ['1', '1000'],
  'max-uploads': ['1', '1000'],
  partNumber: ['1', '10000'],
  'part-number-marker': ['0', '10000'],
  position: ['0', '5'],
  prefix: ['a/', 'obj'],
  'response-cache-control': ['no-cache'],
  'response-content-disposition': ['attachment; filename="a"'],
  'response-content-encoding': ['gzip'],
  'response-content-language': ['en'],
  'response-content-type': ['text/plain'],
  'response-expires': dates,
  'start-after': ['a'],
  sequential: [''],
  'upload-id-marker': ['00000000000000000000000000000000'],
  uploadId: ['00000000000000000000000000000000'],
  versionId: ['null', 'CAEQNhiBgMDJgZCA0BYiIDc4MGZjZGI2OTBjOTRmNTE5NmU5NmFhZjhjYmY0****'],
  'version-id-marker': ['null'],
  wormId: ['1666E2CFB2B3418'],
  'x-oss-process': ['image/resize,w_100'],
  'x-oss-traffic-limit': ['819200'],
};

export function drawRequest(chance: Chance): Seed {
  if (!chance.one(3)) return chance.pick(requests);
  const method = chance.pick(methods);
  return { method, query: chance.pick(subResources), key: chance.pick(['', 'object']), body: '' };
}

/** A header by name, or a parameter, with a value that may be sound, nearly sound, or no such. */
export function drawHeader(chance: Chance): [name: string, value: string] {
  const [name, value] = drawOne(headerSeeds, chance);
  return [name, asByteString(value)];
}

export function drawParameter(chance: Chance): [name: string, value: string] {
  const [name, value] = drawOne(parameterSeeds, chance);
  return [name, value.toWellFormed().slice(0, valueMax)];
}

function drawOne(
  seeds: Readonly<Record<string, readonly string[]>>,
  chance: Chance,
): [name: string, value: string] {
  const name = chance.pick(Object.keys(seeds));
  const value = drawValue(seeds[name] ?? [''], chance);
  return [name, encoded.has(name) ? base64(value) : value];
}

export function drawValue(seeds: readonly string[], chance: Chance): string {
  const sound = chance.pick(seeds);
  const kind = chance.int(3);
  return kind === 0 ? sound : kind === 1 ? spoil(sound, chance) : chance.pick(hostileValues);
}

/** Well below what a whole head may have. */
const valueMax = 2_000;

/** As a header can carry it: bytes, none of which ends a line. */
export function asByteString(text: string): string {
  const bytes = Buffer.from(text, 'utf8').toString('latin1').slice(0, valueMax);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones.
  return bytes.replace(/[\u0000-\u001f\u007f]/g, '').trim();
}

export function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}
