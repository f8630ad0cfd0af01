/**
 * Lifecycle: `?lifecycle` (oss-semantics.md 2.1)
 * https://www.alibabacloud.com/help/en/oss/developer-reference/putbucketlifecycle
 */
import type {
  LifecycleDocument,
  LifecycleExpiration,
  LifecycleRule,
  LifecycleTransition,
  NoncurrentTransition,
  Tag,
} from '../../buckets/index.ts';
import { refine } from '../../errors/index.ts';
import { element, type XmlElement, type XmlNode } from '../../xml/index.ts';
import { bucketOf } from '../context.ts';
import { childBoolean, childText, invalidArgument, malformedXml, onlyChild } from '../document.ts';
import type { OperationContext } from '../types.ts';
import type { Configuration } from './configuration.ts';
import { checkLifecycle } from './lifecycle-checks.ts';
import { optionalElement, optionalNumber, optionalText, requiredWord } from './reading.ts';

const daysBounds = { min: 1, max: 2 ** 31 - 1 };
const sizeBounds = { min: 0, max: Number.MAX_SAFE_INTEGER };
/** Rules of a hundred elements, a thousand of them; the size of the body is bounded as well. */
const elementsMax = 100_000;

export const lifecycle: Configuration<'lifecycle'> = {
  document: 'lifecycle',
  root: 'LifecycleConfiguration',
  elementsMax,
  async parse(root, context) {
    const document = { rules: root.childrenNamed('Rule').map((rule) => parseRule(rule, context)) };
    const { documents } = context.services;
    const monitor = await documents.find(bucketOf(context), 'access-monitor');
    checkLifecycle(document, {
      isOverlapAllowed: readOverlapAllowed(context),
      isAccessMonitored: monitor?.status === 'Enabled',
    });
    return document;
  },
  render: renderLifecycle,
  none: 'NoSuchLifecycle',
};

function readOverlapAllowed({ request }: OperationContext): boolean {
  const name = 'x-oss-allow-same-action-overlap';
  const value = (request.headers[name] ?? 'false').toLowerCase();
  if (value !== 'true' && value !== 'false') {
    throw invalidArgument(name, value, 'The header must be true or false.');
  }
  return value === 'true';
}

function parseRule(rule: XmlElement, context: OperationContext): LifecycleRule {
  const expiration = onlyChild(rule, 'Expiration');
  const abort = onlyChild(rule, 'AbortMultipartUpload');
  const noncurrent = onlyChild(rule, 'NoncurrentVersionExpiration');
  return {
    id: optionalText(rule, 'ID') ?? newRuleId(context),
    prefix: onlyChild(rule, 'Prefix')?.text ?? '',
    isEnabled: requiredWord(rule, 'Status', ['Enabled', 'Disabled']) === 'Enabled',
    tags: rule.childrenNamed('Tag').map(parseTag),
    filter: parseFilter(onlyChild(rule, 'Filter')),
    expiration: expiration && parseExpiration(expiration),
    transitions: rule.childrenNamed('Transition').map(parseTransition),
    abort: abort && parseExpiration(abort),
    noncurrentDays: noncurrent && requiredDays(noncurrent),
    noncurrentTransitions: rule
      .childrenNamed('NoncurrentVersionTransition')
      .map(parseNoncurrentTransition),
    accessTimeBase: optionalNumber(rule, 'AtimeBase', sizeBounds),
  };
}

/** A random UUID (RFC 9562 section 5.4) in lower case, as the service makes them. */
function newRuleId({ services }: OperationContext): string {
  const bytes = Buffer.from(services.world.random.bytes(16));
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

function parseTag(tag: XmlElement): Tag {
  return { key: childText(tag, 'Key') ?? '', value: childText(tag, 'Value') ?? '' };
}

function parseFilter(filter: XmlElement | undefined): LifecycleRule['filter'] {
  if (filter === undefined) return undefined;
  const not = onlyChild(filter, 'Not');
  const tag = not && onlyChild(not, 'Tag');
  const prefix = not && onlyChild(not, 'Prefix')?.text;
  if (not !== undefined && !prefix) throw malformedXml('Not needs Prefix');
  return {
    sizeAbove: optionalNumber(filter, 'ObjectSizeGreaterThan', sizeBounds),
    sizeBelow: optionalNumber(filter, 'ObjectSizeLessThan', sizeBounds),
    not: prefix ? { prefix, tag: tag && parseTag(tag) } : undefined,
  };
}

function readDate(parent: XmlElement, name: string, form: RegExp): string | undefined {
  const text = optionalText(parent, name);
  if (text === undefined) return undefined;
  if (form.test(text) && !Number.isNaN(Date.parse(text))) return text;
  throw refine('lifecycleDate', {
    message: `${name} must be a date at midnight, as 2026-01-02T00:00:00.000Z.`,
    fields: { ArgumentName: name, ArgumentValue: text.slice(0, 100) },
  });
}

const midnight = /^\d{4}-\d\d-\d\dT00:00:00\.000Z$/;
const anyTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

function parseExpiration(expiration: XmlElement): LifecycleExpiration {
  return {
    days: optionalNumber(expiration, 'Days', daysBounds),
    createdBefore: readDate(expiration, 'CreatedBeforeDate', midnight),
    date: readDate(expiration, 'Date', anyTime),
    expiredMarker: childBoolean(expiration, 'ExpiredObjectDeleteMarker'),
  };
}

function requiredDays(parent: XmlElement): number {
  const days = optionalNumber(parent, 'NoncurrentDays', daysBounds);
  if (days === undefined) throw malformedXml(`${parent.name} needs NoncurrentDays`);
  return days;
}

function parseAccessTerms(transition: XmlElement) {
  return {
    storageClass: childText(transition, 'StorageClass') ?? '',
    isAccessTime: childBoolean(transition, 'IsAccessTime'),
    returnsToStandard: childBoolean(transition, 'ReturnToStdWhenVisit'),
    allowsSmallFiles: childBoolean(transition, 'AllowSmallFile'),
  };
}

function parseTransition(transition: XmlElement): LifecycleTransition {
  return {
    days: optionalNumber(transition, 'Days', daysBounds),
    createdBefore: readDate(transition, 'CreatedBeforeDate', midnight),
    ...parseAccessTerms(transition),
  };
}

function parseNoncurrentTransition(transition: XmlElement): NoncurrentTransition {
  return { days: requiredDays(transition), ...parseAccessTerms(transition) };
}

function renderLifecycle({ rules }: LifecycleDocument): XmlNode {
  return element('LifecycleConfiguration', ...rules.map(renderRule));
}

function renderRule(rule: LifecycleRule): XmlNode {
  const { noncurrentDays } = rule;
  return element(
    'Rule',
    element('ID', rule.id),
    element('Prefix', rule.prefix),
    element('Status', rule.isEnabled ? 'Enabled' : 'Disabled'),
    ...rule.tags.map(renderTag),
    rule.filter && renderFilter(rule.filter),
    rule.expiration && renderExpiration('Expiration', rule.expiration),
    ...rule.transitions.map((one) => renderTransition('Transition', 'Days', one)),
    rule.abort && renderExpiration('AbortMultipartUpload', rule.abort),
    noncurrentDays === undefined
      ? undefined
      : element('NoncurrentVersionExpiration', element('NoncurrentDays', String(noncurrentDays))),
    ...rule.noncurrentTransitions.map((one) =>
      renderTransition('NoncurrentVersionTransition', 'NoncurrentDays', one),
    ),
    optionalElement('AtimeBase', rule.accessTimeBase),
  );
}

function renderTag({ key, value }: Tag): XmlNode {
  return element('Tag', element('Key', key), element('Value', value));
}

function renderFilter({ sizeAbove, sizeBelow, not }: NonNullable<LifecycleRule['filter']>) {
  return element(
    'Filter',
    optionalElement('ObjectSizeGreaterThan', sizeAbove),
    optionalElement('ObjectSizeLessThan', sizeBelow),
    not && element('Not', element('Prefix', not.prefix), not.tag && renderTag(not.tag)),
  );
}

function renderExpiration(
  name: string,
  { days, createdBefore, date, expiredMarker }: LifecycleExpiration,
): XmlNode {
  return element(
    name,
    optionalElement('Days', days),
    optionalElement('CreatedBeforeDate', createdBefore),
    optionalElement('Date', date),
    optionalElement('ExpiredObjectDeleteMarker', expiredMarker),
  );
}

function renderTransition(name: string, daysName: string, transition: LifecycleTransition) {
  return element(
    name,
    optionalElement(daysName, transition.days),
    optionalElement('CreatedBeforeDate', transition.createdBefore),
    element('StorageClass', transition.storageClass),
    optionalElement('IsAccessTime', transition.isAccessTime),
    optionalElement('ReturnToStdWhenVisit', transition.returnsToStandard),
    optionalElement('AllowSmallFile', transition.allowsSmallFiles),
  );
}
