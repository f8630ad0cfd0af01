/** `cnamed bucket`: what only the operator can do to a bucket, beside a running server. */
import type { Command } from 'commander';
import { onAccounts } from './account.ts';
import type { CliContext } from './context.ts';
import { CliFailure } from './failure.ts';
import { addJsonFlag, addSettingFlags, type Flags, storeSettings } from './flags.ts';
import { printJson, printLine } from './print.ts';

export function addBucketCommands(program: Command, context: CliContext): void {
  const policy = program
    .command('bucket')
    .description('help for a bucket that its owner cannot reach')
    .command('policy')
    .description('the policy of a bucket');
  const command = policy
    .command('remove <bucket>')
    .description('remove the policy of a bucket, when it locks its owner out');
  addJsonFlag(addSettingFlags(command, storeSettings)).action((bucket: string, flags: Flags) =>
    removePolicy(context, bucket, flags),
  );
}

async function removePolicy(context: CliContext, name: string, flags: Flags): Promise<void> {
  const isRemoved = await onAccounts(context, flags, async ({ metadata: { buckets } }) => {
    const bucket = await buckets.findBucket(name);
    if (bucket === undefined) throw new CliFailure(`There is no bucket "${name.slice(0, 80)}".`);
    if (!bucket.documents.includes('policy')) return false;
    return (await buckets.setBucketDocument(bucket.id, 'policy', undefined)) === 'done';
  });
  if (flags.json) printJson(context.stdout, { bucket: name, isRemoved });
  else
    printLine(
      context.stdout,
      `bucket ${name} has ${isRemoved ? 'no policy any more' : 'no policy'}`,
    );
}
