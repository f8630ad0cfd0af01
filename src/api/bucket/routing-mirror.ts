/**
 * What a routing rule says about mirroring, checked, and kept as it was put (oss-semantics.md 4.3).
 * What of it counts, and how, is for mirror-rules.ts of `buckets` to say.
 */
import type { KeptElement, RoutingCondition, RoutingRedirect } from '../../buckets/index.ts';
import type { XmlElement } from '../../xml/index.ts';
import { childText, invalidArgument, malformedXml, onlyChild } from '../document.ts';

/** Shown in lower case, whatever client wrote them: some can read nothing else. */
const booleans: ReadonlySet<string> = new Set([
  'MirrorAllowGetImageInfo',
  'MirrorAllowHeadObject',
  'MirrorAllowVideoSnapshot',
  'MirrorCheckMd5',
  'MirrorFollowRedirect',
  'MirrorIsExpressTunnel',
  'MirrorPassOriginalSlashes',
  'MirrorPassQueryString',
  'MirrorProxyPass',
  'MirrorSaveOssMeta',
  'MirrorSNI',
  'MirrorSwitchAllErrors',
  'MirrorUserLastModified',
  'MirrorUsingRole',
  'PassAll',
]);

/** What the service shows of a mirror when it was not given; SDKs' tests read these. */
const byDefault: Readonly<Record<string, boolean>> = {
  MirrorUsingRole: false,
  MirrorUserLastModified: false,
  MirrorIsExpressTunnel: false,
  MirrorPassOriginalSlashes: false,
  MirrorAllowHeadObject: false,
  MirrorFollowRedirect: true,
  MirrorCheckMd5: false,
};

const headersMax = 10;
const headerName = /^[A-Za-z0-9-]{1,1024}$/;
const headerValueBytesMax = 1024;

/** All children but those named, to be shown again. @throws OssError MalformedXML. */
export function keepOthers(parent: XmlElement, understood: readonly string[]): KeptElement[] {
  return parent.children.filter(({ name }) => !understood.includes(name)).map(keep);
}

function keep({ name, text, children }: XmlElement): KeptElement {
  if (children.length > 0) {
    // A secret that nobody here would use is not kept: what is not there cannot be lost.
    const shown = children.filter((child) => child.name !== 'AccessKeySecret');
    return { name, children: shown.map(keep) };
  }
  if (!booleans.has(name) || text.trim() === '') return { name, text };
  const lower = text.trim().toLowerCase();
  if (lower !== 'true' && lower !== 'false') throw malformedXml(`${name} must be true or false`);
  return { name, text: lower };
}

/** @throws OssError MalformedXML, InvalidArgument. */
export function checkMirror(redirect: XmlElement, { status }: RoutingCondition): void {
  if (status !== 404) {
    const why = 'A rule that mirrors is for HttpErrorCodeReturnedEquals 404 alone.';
    throw invalidArgument('HttpErrorCodeReturnedEquals', String(status ?? ''), why);
  }
  checkUrl(redirect, 'MirrorURL', /^https?:\/\/[^/?#\s][^?#\s]*\/$/);
  checkUrl(redirect, 'MirrorURLSlave', /^https?:\/\/[^/?#\s][^?#\s]*\/$/);
  checkUrl(redirect, 'MirrorURLProbe', /^https?:\/\/[^/?#\s]\S*$/);
  const hasAlternates = onlyChild(redirect, 'MirrorMultiAlternates') !== undefined;
  if (!childText(redirect, 'MirrorURL') && !hasAlternates) {
    throw malformedXml('a Redirect that mirrors needs MirrorURL');
  }
  const headers = onlyChild(redirect, 'MirrorHeaders');
  if (headers !== undefined) checkHeaders(headers);
}

function checkUrl(redirect: XmlElement, name: string, form: RegExp): void {
  const url = childText(redirect, name);
  if (!url || form.test(url)) return;
  throw invalidArgument(name, url, `The ${name} must be the URL of an origin.`);
}

function checkHeaders(headers: XmlElement): void {
  for (const name of ['Pass', 'Remove', 'Set']) {
    const given = headers.childrenNamed(name);
    if (given.length > headersMax) {
      const count = String(given.length);
      throw invalidArgument(name, count, `There are more than ${headersMax} headers in ${name}.`);
    }
    for (const each of given) checkHeader(name, each);
  }
}

function checkHeader(name: string, header: XmlElement): void {
  const key = name === 'Set' ? childText(header, 'Key') : header.text.trim();
  if (!key && name === 'Set') throw malformedXml('Set needs Key');
  if (key && !headerName.test(key)) {
    throw invalidArgument(name, key, `The ${name} names no header.`);
  }
  const value = childText(header, 'Value') ?? '';
  if (Buffer.byteLength(value) <= headerValueBytesMax && !/[\r\n]/.test(value)) return;
  throw invalidArgument('Value', value, 'The Value is too long, or more than one line.');
}

/** As the service shows it; of two that say the same, the mirror's own counts. */
export function withMirrorDefaults(redirect: RoutingRedirect): RoutingRedirect {
  const given = new Map(redirect.others.map(({ name, text }) => [name, text]));
  const own = given.get('MirrorPassQueryString');
  const passQueryString = own ? own === 'true' : (redirect.passQueryString ?? false);
  const shown = { ...byDefault, MirrorPassQueryString: passQueryString };
  const missing = Object.entries(shown).filter(([name]) => !given.get(name));
  return {
    ...redirect,
    passQueryString,
    others: [
      ...redirect.others.filter(({ name, text }) => text !== '' || !(name in shown)),
      ...missing.map(([name, value]) => ({ name, text: String(value) })),
    ],
  };
}
