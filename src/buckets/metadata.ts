import { type OssError, refine } from '../errors/index.ts';

/** What a writer says about an object besides its bytes. Values are byte strings (latin1). */
export interface ObjectFacts {
  /** Standard headers to return, lower-case names; `content-type` is always there. */
  readonly headers: Readonly<Record<string, string>>;
  /** User metadata, lower-case names without the prefix. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** oss-object-api.md, PutObject: letters, digits, hyphen. */
const metadataName = /^[a-z0-9-]+$/;

/**
 * A value goes back into a header as it came: no control character, nothing beyond a byte
 * (security.md 7.7). Tab is legal inside a field value (RFC 9110 section 5.5).
 */
const headerValue = /^[\t\x20-\x7e\x80-\xff]*$/;

export function isHeaderValue(text: string): boolean {
  return headerValue.test(text);
}

/** @throws OssError InvalidArgument, naming the header. */
export function checkObjectFacts(facts: ObjectFacts, metadataBytesMax: number): void {
  for (const [name, value] of Object.entries(facts.headers)) {
    if (!isHeaderValue(value)) throw refuseHeader(name, 'holds a character no header may hold.');
  }
  let bytes = 0;
  for (const [name, value] of Object.entries(facts.metadata)) {
    const header = `x-oss-meta-${name}`;
    if (!metadataName.test(name)) {
      throw refuseHeader(header, 'may be made of letters, digits and hyphens only.');
    }
    if (!isHeaderValue(value)) throw refuseHeader(header, 'holds a character no header may hold.');
    bytes += name.length + value.length;
  }
  if (bytes > metadataBytesMax) {
    throw refine('metadataTooLarge', {
      message: `The user metadata is larger than ${metadataBytesMax} bytes.`,
      fields: { ArgumentName: 'x-oss-meta-*', ArgumentValue: `${bytes} bytes` },
    });
  }
}

function refuseHeader(name: string, why: string): OssError {
  return refine('metadataCharacters', {
    message: `The header ${name} ${why}`,
    fields: { ArgumentName: name, ArgumentValue: '' },
  });
}
