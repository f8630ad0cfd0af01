/**
 * Rules that forbid overwriting: `?overwriteConfig` (oss-semantics.md 8)
 * https://www.alibabacloud.com/help/en/oss/developer-reference/putbucketoverwriteconfig
 */
import type { OverwriteRule } from '../../buckets/index.ts';
import { refine } from '../../errors/index.ts';
import { element, type XmlElement } from '../../xml/index.ts';
import { childText, invalidArgument, malformedXml, onlyChild } from '../document.ts';
import type { Act } from '../types.ts';
import { type Configuration, putConfiguration } from './configuration.ts';
import { checkTextLength, requiredWord } from './reading.ts';

/** Ours: as many as a lifecycle has would make every write slow. */
const rulesMax = 100;
const textBytesMax = 1023;
const principalsMax = 100;

export const overwriteConfig: Configuration<'overwrite'> = {
  document: 'overwrite',
  root: 'OverwriteConfiguration',
  parse(root) {
    const rules = root.childrenNamed('Rule').map(parseRule);
    if (rules.length === 0) throw malformedXml('OverwriteConfiguration needs a Rule');
    if (rules.length > rulesMax) {
      throw invalidArgument('Rule', String(rules.length), `More than ${rulesMax} rules.`);
    }
    if (new Set(rules.map(({ id }) => id)).size < rules.length) {
      throw malformedXml('two rules have the same ID');
    }
    return { rules };
  },
  render: ({ rules }) =>
    element(
      'OverwriteConfiguration',
      ...rules.map(({ id, prefix, suffix, principals }) =>
        element(
          'Rule',
          element('ID', id),
          element('Action', 'forbid'),
          element('Prefix', prefix),
          element('Suffix', suffix),
          element('Principals', ...principals.map((principal) => element('Principal', principal))),
        ),
      ),
    ),
  none: 'NoSuchBucketOverwriteConfig',
};

function parseRule(rule: XmlElement, index: number): OverwriteRule {
  requiredWord(rule, 'Action', ['forbid']);
  const texts = {
    id: childText(rule, 'ID') || String(index + 1),
    prefix: childText(rule, 'Prefix') ?? '',
    suffix: childText(rule, 'Suffix') ?? '',
  };
  for (const [name, text] of Object.entries(texts)) checkTextLength(name, text, textBytesMax);
  const named = onlyChild(rule, 'Principals')?.childrenNamed('Principal') ?? [];
  const principals = named.map(({ text }) => text.trim());
  if (principals.length > principalsMax || principals.includes('')) {
    throw malformedXml('Principals are not a list of 100 names at most');
  }
  for (const principal of principals) checkTextLength('Principal', principal, textBytesMax);
  return { ...texts, principals };
}

/** The service looks at the document first, and without a bucket takes none (an official suite). */
export const putOverwriteConfig: Act = async (context) => {
  if (context.bucket === undefined) throw refine('overwriteWithoutBucket');
  return await putConfiguration(overwriteConfig)(context);
};
