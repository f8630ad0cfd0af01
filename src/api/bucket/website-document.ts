/** The WebsiteConfiguration document, read and written (oss-bucket-api.md Website). */
import {
  checkObjectKey,
  type WebsiteDocument,
  type WebsiteError,
  type WebsiteIndex,
} from '../../buckets/index.ts';
import { OssError } from '../../errors/index.ts';
import { element, type XmlElement, type XmlNode } from '../../xml/index.ts';
import { childBoolean, childText, invalidArgument, malformedXml, onlyChild } from '../document.ts';

/**
 * Elements nobody knows are ignored. Routing rules are known, and a site would not work as its
 * owner asked without them, so they are refused and not dropped.
 * @throws OssError MalformedXML, InvalidArgument, NotImplemented.
 */
export function parseWebsite(root: XmlElement): WebsiteDocument {
  const rules = onlyChild(root, 'RoutingRules');
  if (rules !== undefined && rules.children.length > 0) {
    throw new OssError('NotImplemented', {
      message: 'This server does not implement RoutingRules of websites.',
      fields: { Header: 'RoutingRules' },
    });
  }
  const index = onlyChild(root, 'IndexDocument');
  const error = onlyChild(root, 'ErrorDocument');
  if (index === undefined && error === undefined && rules === undefined) {
    throw malformedXml('WebsiteConfiguration needs IndexDocument, ErrorDocument or RoutingRules');
  }
  return { index: index && parseIndex(index), error: error && parseError(error) };
}

function parseIndex(index: XmlElement): WebsiteIndex {
  const suffix = childText(index, 'Suffix');
  if (suffix === undefined) throw malformedXml('IndexDocument needs Suffix');
  checkName('Suffix', suffix);
  if (suffix.includes('/')) {
    throw invalidArgument(
      'Suffix',
      suffix,
      'The Suffix must be the name of an object without a slash.',
    );
  }
  const type = readChoice(index, 'Type', { '0': 0, '1': 1, '2': 2 } as const);
  return { suffix, supportSubDir: childBoolean(index, 'SupportSubDir'), type };
}

function parseError(error: XmlElement): WebsiteError {
  const key = childText(error, 'Key');
  if (key === undefined) throw malformedXml('ErrorDocument needs Key');
  checkName('Key', key);
  return { key, httpStatus: readChoice(error, 'HttpStatus', { '200': 200, '404': 404 } as const) };
}

function checkName(name: string, value: string): void {
  try {
    checkObjectKey(value);
  } catch {
    throw invalidArgument(name, value, `The ${name} must be the name of an object.`);
  }
}

/** The text of a child that may only be one of the names; absent and empty are one thing. */
function readChoice<Value>(
  parent: XmlElement,
  name: string,
  choices: Readonly<Record<string, Value>>,
): Value | undefined {
  const text = childText(parent, name);
  if (text === undefined || text === '') return undefined;
  if (Object.hasOwn(choices, text)) return choices[text];
  const names = Object.keys(choices).join(', ');
  throw invalidArgument(name, text, `${name} must be one of ${names}.`);
}

/** The same form as it was put in. */
export function renderWebsite({ index, error }: WebsiteDocument): XmlNode {
  return element(
    'WebsiteConfiguration',
    index &&
      element(
        'IndexDocument',
        element('Suffix', index.suffix),
        optional('SupportSubDir', index.supportSubDir),
        optional('Type', index.type),
      ),
    error &&
      element('ErrorDocument', element('Key', error.key), optional('HttpStatus', error.httpStatus)),
  );
}

function optional(name: string, value: boolean | number | undefined): XmlNode | undefined {
  return value === undefined ? undefined : element(name, String(value));
}
