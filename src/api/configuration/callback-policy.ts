/**
 * Named callbacks of uploads: `?policy&comp=callback`
 * https://www.alibabacloud.com/help/en/oss/developer-reference/putbucketcallbackpolicy
 */
import { element } from '../../xml/index.ts';
import { childText, invalidArgument, malformedXml } from '../document.ts';
import type { Configuration } from './configuration.ts';
import { checkTextLength, requiredText } from './reading.ts';

/** Ours, all three. */
const policiesMax = 100;
const nameBytesMax = 128;
const callbackBytesMax = 8 * 1024;

export const callbackPolicy: Configuration<'callback-policy'> = {
  document: 'callback-policy',
  root: 'BucketCallbackPolicy',
  parse(root) {
    const policies = root.childrenNamed('PolicyItem').map((item) => ({
      name: requiredText(item, 'PolicyName'),
      callback: requiredText(item, 'Callback'),
      variables: childText(item, 'CallbackVar') ?? '',
    }));
    if (policies.length > policiesMax) {
      const message = `There cannot be more than ${policiesMax} callback policies.`;
      throw invalidArgument('PolicyItem', String(policies.length), message);
    }
    for (const { name, callback, variables } of policies) {
      if (name === '' || callback === '') throw malformedXml('an empty name or Callback');
      checkTextLength('PolicyName', name, nameBytesMax);
      checkTextLength('Callback', callback, callbackBytesMax);
      checkTextLength('CallbackVar', variables, callbackBytesMax);
    }
    if (new Set(policies.map(({ name }) => name)).size < policies.length) {
      throw malformedXml('two policies have the same PolicyName');
    }
    // An official suite puts an empty list and means success.
    return policies.length === 0 ? undefined : { policies };
  },
  render: ({ policies }) =>
    element(
      'BucketCallbackPolicy',
      ...policies.map(({ name, callback, variables }) =>
        element(
          'PolicyItem',
          element('PolicyName', name),
          element('Callback', callback),
          element('CallbackVar', variables),
        ),
      ),
    ),
  none: 'BucketCallbackPolicyNotExist',
};
