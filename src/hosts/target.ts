import { OssError } from '../errors/index.ts';
import { decodePercent } from '../uri/index.ts';
import type { ResolvedHost, Target } from './types.ts';

const service: Target = {
  level: 'service',
  bucket: '',
  key: '',
  addressing: 'service',
  mapping: undefined,
};

/**
 * Where a request points. The path is taken as it came: decoded once, dot segments and doubled
 * slashes kept (oss-protocol.md 1.1), so that a key is exactly what the client named.
 *
 * @throws OssError NoSuchBucket for an unknown host (without a BucketName, DESIGN ruling 19),
 *   ServiceUnavailable when too many of those wait, BadHost for a malformed one, InvalidURI for a
 *   bad escape, InvalidArgument for bytes that are no UTF-8 (DESIGN ruling 21).
 */
export function parseTarget(resolved: ResolvedHost, request: { readonly rawPath: string }): Target {
  const path = request.rawPath.slice(1);
  switch (resolved.kind) {
    case 'endpoint':
      return parsePathStyle(path);
    case 'bucket':
      return { ...within(resolved.bucket, path), addressing: 'virtual-host', mapping: undefined };
    case 'mapped': {
      const { mapping } = resolved;
      return { ...within(mapping.bucket.name, path), addressing: 'mapped-domain', mapping };
    }
    case 'unknown':
      throw new OssError('NoSuchBucket');
    case 'crowded':
      throw new OssError('ServiceUnavailable', {
        message: 'Too many hosts that nobody has mapped are asked for. Please retry later.',
        closeConnection: true,
      });
    case 'bad':
      throw new OssError('BadHost', { closeConnection: true });
  }
}

function parsePathStyle(path: string): Target {
  if (path === '') return service;
  // Split before decoding: an escaped slash belongs to the name it stands in.
  const slash = path.indexOf('/');
  const bucket = decode(slash === -1 ? path : path.slice(0, slash));
  const key = slash === -1 ? '' : path.slice(slash + 1);
  return { ...within(bucket, key), addressing: 'path', mapping: undefined };
}

function within(bucket: string, rawKey: string): Pick<Target, 'level' | 'bucket' | 'key'> {
  if (rawKey === '') return { level: 'bucket', bucket, key: '' };
  return { level: 'object', bucket, key: decode(rawKey) };
}

function decode(raw: string): string {
  const decoded = decodePercent(raw, false);
  if (decoded.kind === 'text') return decoded.text;
  if (decoded.kind === 'bad-escape') {
    throw new OssError('InvalidURI', {
      message: 'The path of the request has a % that is not followed by two hex digits.',
    });
  }
  throw new OssError('InvalidArgument', {
    message: 'The path of the request is not UTF-8 text once it is percent-decoded.',
    fields: { ArgumentName: 'ObjectName', ArgumentValue: raw },
  });
}
