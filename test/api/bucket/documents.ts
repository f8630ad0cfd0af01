/** Documents of a bucket that more than one suite here puts. */
import { within } from './conversation.ts';

export const versioning = within('VersioningConfiguration');
export const block = (enabled: string) =>
  within('PublicAccessBlockConfiguration')(within('BlockPublicAccess')(enabled));
export const logging = within('BucketLoggingStatus');
