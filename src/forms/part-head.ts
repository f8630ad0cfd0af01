/** The head of one part: what the form calls it (RFC 7578 4.2). */
import { malformedForm } from './refusals.ts';

export interface PartHead {
  readonly name: string;
  /** As the client's system calls the file, without folders; `undefined` when it is not said. */
  readonly fileName: string | undefined;
  readonly contentType: string | undefined;
}

const disposition = /^form-data\s*(?=;|$)/i;
const parameter = /;\s*([^=;\s"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;"]*))/gs;

/** `lines`: the header lines without the empty one. @throws OssError MalformedPOSTRequest. */
export function readPartHead(lines: Buffer): PartHead {
  const headers = new Map<string, string>();
  for (const line of lines.toString('latin1').split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon < 1) throw malformedForm();
    headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  const parameters = readDisposition(headers.get('content-disposition') ?? '');
  const name = parameters.get('name');
  if (name === undefined) throw malformedForm();
  const fileName = parameters.get('filename') ?? extended(parameters.get('filename*'));
  return {
    name: textOf(name),
    fileName: fileName === undefined ? undefined : lastSegment(textOf(fileName)),
    contentType: headers.get('content-type'),
  };
}

function readDisposition(value: string): ReadonlyMap<string, string> {
  if (!disposition.test(value)) throw malformedForm();
  const parameters = new Map<string, string>();
  for (const [, name = '', quoted, bare = ''] of value.matchAll(parameter)) {
    // Of escapes clients agree on one: paths of Windows come with single backslashes.
    parameters.set(name.toLowerCase(), quoted?.replaceAll('\\"', '"') ?? bare.trim());
  }
  return parameters;
}

/** `utf-8''%E4%BD%A0`: not for forms (RFC 7578 4.2), yet an HTTP library of Python sends it. */
function extended(value: string | undefined): string | undefined {
  const encoded = /^utf-8'[^']*'(.*)$/i.exec(value ?? '')?.[1];
  return encoded?.replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

/** Some browsers sent the whole path. */
function lastSegment(name: string): string {
  return name.slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1);
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text of bytes, which must be UTF-8. @throws OssError MalformedPOSTRequest. */
export function textOf(bytes: string | Buffer): string {
  try {
    return utf8.decode(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  } catch {
    throw malformedForm();
  }
}
