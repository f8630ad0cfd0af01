import { invalidArgument } from '../document.ts';
import { decodeEscapes } from './form-text.ts';
import { checkVersionId } from './version-id.ts';

/** What `x-oss-copy-source` points to. */
export interface CopySource {
  readonly bucket: string;
  readonly key: string;
  readonly versionId: string | undefined;
}

/**
 * `/bucket/key[?versionId=id]`, the key percent-encoded or not, the first slash optional
 * (oss-object-api.md CopyObject). A `+` is a plus.
 * @throws OssError InvalidArgument.
 */
export function parseCopySource(header: string): CopySource {
  const [path = '', ...versions] = header.split(/\?versionId=/);
  const versionId = versions.length > 0 ? versions.join('') : undefined;
  if (versionId !== undefined) checkVersionId(versionId);
  const decoded = decodeEscapes(path);
  const match = decoded === undefined ? null : /^\/?([^/]+)\/(.+)$/s.exec(decoded);
  const [, bucket, key] = match ?? [];
  if (bucket !== undefined && key !== undefined) return { bucket, key, versionId };
  throw invalidArgument(
    'x-oss-copy-source',
    header,
    'Copy Source must mention the source bucket and key: /sourcebucket/sourcekey.',
  );
}
