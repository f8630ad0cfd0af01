/** The WebsiteConfiguration document, read and written (oss-bucket-api.md Website). */
import {
  checkObjectKey,
  type WebsiteDocument,
  type WebsiteError,
  type WebsiteIndex,
} from '../../buckets/index.ts';
import { element, type XmlElement, type XmlNode } from '../../xml/index.ts';
import {
  childBoolean,
  childText,
  invalidArgument,
  malformedXml,
  onlyChild,
  readChoice,
} from '../document.ts';
import { parseRoutingRules, renderRoutingRules } from './routing-rules-document.ts';

/** Most elements of a document with as many rules as there may be. */
export const websiteElementsMax = 5_000;

/**
 * Elements nobody knows are ignored.
 * @throws OssError MalformedXML, InvalidArgument.
 */
export function parseWebsite(root: XmlElement): WebsiteDocument {
  const rules = onlyChild(root, 'RoutingRules');
  const index = onlyChild(root, 'IndexDocument');
  const error = onlyChild(root, 'ErrorDocument');
  if (index === undefined && error === undefined && rules === undefined) {
    throw malformedXml('WebsiteConfiguration needs IndexDocument, ErrorDocument or RoutingRules');
  }
  return {
    index: index && parseIndex(index),
    error: error && parseError(error),
    rules: rules && parseRoutingRules(rules),
  };
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

/** The same form as it was put in. */
export function renderWebsite({ index, error, rules }: WebsiteDocument): XmlNode {
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
    rules && renderRoutingRules(rules),
  );
}

function optional(name: string, value: boolean | number | undefined): XmlNode | undefined {
  return value === undefined ? undefined : element(name, String(value));
}
