/** Bodies of callbacks: text with `${variables}` in it. */

/** The service's own variables; `x:` and anything is the client's. */
const systemNames = [
  'bucket',
  'object',
  'etag',
  'size',
  'mimeType',
  'imageInfo.height',
  'imageInfo.width',
  'imageInfo.format',
  'crc64',
  'contentMd5',
  'vpcId',
  'clientIp',
  'reqId',
  'operation',
];

export type BodyType = 'application/x-www-form-urlencoded' | 'application/json';

/** Texts and, between them, names of variables. */
export interface Template {
  readonly texts: readonly string[];
  readonly names: readonly string[];
}

/** `undefined` for a text in which a `$` begins no variable. */
export function parseTemplate(text: string): Template | undefined {
  const parts = text.split(/\$\{([^{}$]*)\}/);
  const texts = parts.filter((_, index) => index % 2 === 0);
  const names = parts.filter((_, index) => index % 2 === 1);
  const isKnown = (name: string): boolean => name.startsWith('x:') || systemNames.includes(name);
  return names.every(isKnown) && !texts.some((each) => each.includes('$'))
    ? { texts, names }
    : undefined;
}

export function usesImageInfo({ names }: Template): boolean {
  return names.some((name) => name.startsWith('imageInfo.'));
}

/** Numbers stay numbers in JSON; variables without a value are empty. */
export function fillTemplate(
  { texts, names }: Template,
  type: BodyType,
  values: ReadonlyMap<string, string | number>,
): string {
  const write = type === 'application/json' ? JSON.stringify : encodeField;
  return texts.reduce(
    (body, text, index) => body + write(values.get(names[index - 1] ?? '') ?? '') + text,
  );
}

/** As a value of a form, everything but unreserved characters escaped. */
function encodeField(value: string | number): string {
  return encodeURIComponent(value).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
