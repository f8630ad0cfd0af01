/**
 * Access logging: `?logging`, and the fields its users add to real-time logs:
 * `?userDefinedLogFieldsConfig` (oss-semantics.md 6)
 * https://www.alibabacloud.com/help/en/oss/developer-reference/putbucketlogging
 * https://www.alibabacloud.com/help/en/oss/developer-reference/putuserdefinedlogfieldsconfig
 */
import type { LoggingDocument } from '../../buckets/index.ts';
import { OssError } from '../../errors/index.ts';
import { element, type XmlElement, type XmlNode } from '../../xml/index.ts';
import { bucketOf } from '../context.ts';
import { childText, invalidArgument, onlyChild } from '../document.ts';
import type { OperationContext } from '../types.ts';
import type { Configuration } from './configuration.ts';
import { checkTextLength, optionalElement, optionalText } from './reading.ts';

/** Ours: with bucket, hour and number behind it the key of a log stays within 1,023 bytes. */
const prefixBytesMax = 900;
/** Ours. */
const roleBytesMax = 256;

/** `undefined` is "off", which GET shows as an empty root. */
export const bucketLogging: Configuration<'logging'> = {
  document: 'logging',
  root: 'BucketLoggingStatus',
  async parse(root, context) {
    const enabled = onlyChild(root, 'LoggingEnabled');
    const targetBucket = enabled && optionalText(enabled, 'TargetBucket');
    if (enabled === undefined || targetBucket === undefined) return undefined;
    const targetPrefix = childText(enabled, 'TargetPrefix') ?? '';
    const role = optionalText(enabled, 'LoggingRole');
    checkTextLength('TargetPrefix', targetPrefix, prefixBytesMax);
    if (role !== undefined) checkTextLength('LoggingRole', role, roleBytesMax);
    if (/^[/\\]/.test(targetPrefix)) {
      const message = 'No key of an object begins with a slash or a backslash.';
      throw invalidArgument('TargetPrefix', targetPrefix, message);
    }
    await checkTarget(context, targetBucket, targetPrefix);
    return { targetBucket, targetPrefix, role };
  },
  render: ({ targetBucket, targetPrefix, role }) =>
    element(
      'BucketLoggingStatus',
      targetBucket === ''
        ? undefined
        : element(
            'LoggingEnabled',
            element('TargetBucket', targetBucket),
            element('TargetPrefix', targetPrefix),
            optionalElement('LoggingRole', role),
          ),
    ),
  none: { targetBucket: '', targetPrefix: '' } satisfies LoggingDocument,
};

/**
 * One answer for a missing bucket and another account's: neither tells what there is. Into another
 * bucket than its own only who may write there sends logs (access-control.md 5).
 */
async function checkTarget(
  context: OperationContext,
  targetBucket: string,
  targetPrefix: string,
): Promise<void> {
  const bucket = bucketOf(context);
  const target = await context.services.buckets.findBucket(targetBucket);
  if (target?.accountId !== bucket.accountId) {
    throw new OssError('InvalidTargetBucketForLogging', {
      fields: { TargetBucket: targetBucket.slice(0, 100) },
    });
  }
  if (target.name === bucket.name) return;
  const place = { bucket: target, key: targetPrefix };
  await context.rights.demand({ action: 'oss:PutObject', ...place, accessClass: 'none' });
}

const logFieldsMax = 6;
const logFieldBytesMax = 128;

export const logFields: Configuration<'log-fields'> = {
  document: 'log-fields',
  root: 'UserDefinedLogFieldsConfiguration',
  parse(root) {
    const headers = readFields(onlyChild(root, 'HeaderSet'), 'header');
    const parameters = readFields(onlyChild(root, 'ParamSet'), 'parameter');
    const count = headers.length + parameters.length;
    if (count > logFieldsMax) {
      const message = `There cannot be more than ${logFieldsMax} user-defined log fields.`;
      throw invalidArgument('UserDefinedLogFields', String(count), message);
    }
    for (const header of headers) {
      if (/^[\x21-\x7e]+$/.test(header) && !/[_:]/.test(header)) continue;
      throw invalidArgument('header', header, 'The name of the header is invalid.');
    }
    return { headers, parameters };
  },
  render: ({ headers, parameters }) =>
    element(
      'UserDefinedLogFieldsConfiguration',
      renderFields('HeaderSet', 'header', headers),
      renderFields('ParamSet', 'parameter', parameters),
    ),
  none: 'NoSuchUserDefinedLogFieldsConfig',
};

function readFields(set: XmlElement | undefined, name: string): string[] {
  const fields = set?.childrenNamed(name).map(({ text }) => text.trim()) ?? [];
  for (const field of fields) {
    if (field === '') throw invalidArgument(name, field, 'The name of a log field is empty.');
    checkTextLength(name, field, logFieldBytesMax);
  }
  return fields;
}

function renderFields(set: string, name: string, fields: readonly string[]): XmlNode | undefined {
  return fields.length === 0
    ? undefined
    : element(set, ...fields.map((field) => element(name, field)));
}
