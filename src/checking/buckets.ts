/** Buckets: whose they are, what hangs on them, and whether their counters say what there is. */
import { parseBucketPolicy } from '../rights/index.ts';
import type {
  BucketCount,
  BucketPlace,
  InspectedBucket,
  InspectedDocument,
} from '../stores/index.ts';
import { faultOf } from './policies.ts';
import { isJsonObject, type Run, rowsOf } from './run.ts';

/** How often a busy bucket is counted beside its writers before they are kept out for a moment. */
const triesBesideWriters = 3;

interface Totals {
  buckets: number;
  objects: number;
  bytes: number;
}

/** Returns how much there is. */
export async function checkBuckets(run: Run): Promise<Totals> {
  run.begin('buckets');
  const totals: Totals = { buckets: 0, objects: 0, bytes: 0 };
  const { inspection } = run.input.metadata;
  const { bucketId } = run;
  const first = bucketId === undefined ? 0 : bucketId - 1;
  const rows = rowsOf<InspectedBucket, number>(
    first,
    (after, limit) => inspection.inspectBuckets(after, limit),
    (row) => row.id,
  );
  for await (const bucket of rows) {
    if (bucketId !== undefined && bucket.id !== bucketId) break;
    if (!bucket.hasAccount) {
      const what = `its account (${bucket.accountId}) is not there`;
      run.tell('bucket-without-account', { bucket: bucket.name }, what);
    }
    const count = await checkCounters(run, bucket);
    totals.buckets += 1;
    totals.objects += count?.objectCount ?? 0;
    totals.bytes += count?.storageBytes ?? 0;
  }
  await checkDocuments(run);
  return totals;
}

/** Returns what was counted; undefined when the bucket is gone. */
async function checkCounters(
  run: Run,
  bucket: InspectedBucket,
): Promise<BucketCount['counted'] | undefined> {
  const { inspection } = run.input.metadata;
  let count: BucketCount | undefined;
  for (let tries = 1; tries <= triesBesideWriters; tries += 1) {
    count = await inspection.countBucket(bucket.id);
    if (count === undefined || count.isOfOneMoment) break;
  }
  if (count === undefined || (count.isOfOneMoment && isRight(count))) return count?.counted;
  const sure = await inspection.recountBucket(bucket.id, run.input.isRepairing);
  if (sure === undefined || isRight(sure)) return sure?.counted;
  const { noted, counted } = sure;
  const what = difference(noted, counted);
  run.tell('counters-wrong', { bucket: bucket.name }, what, run.input.isRepairing);
  return counted;
}

type Counters = BucketCount['counted'];

/** What is told in words of its own; the others by their names. */
const told: readonly string[] = ['objectCount', 'storageBytes'];

function isRight({ noted, counted }: BucketCount): boolean {
  return wrongNames(noted, counted).length === 0;
}

function wrongNames(noted: Counters, counted: Counters): (keyof Counters)[] {
  const names = Object.keys(counted) as (keyof Counters)[];
  return names.filter((name) => noted[name] !== counted[name]);
}

function difference(noted: Counters, counted: Counters): string {
  const names = wrongNames(noted, counted);
  const others = names
    .filter((name) => !told.includes(name))
    .map((name) => `${name} ${noted[name]} instead of ${counted[name]}`);
  const isOfObjects = names.some((name) => told.includes(name));
  const ofObjects =
    `its counters say ${noted.objectCount} objects with ${noted.storageBytes} bytes, ` +
    `and there are ${counted.objectCount} with ${counted.storageBytes}`;
  const ofOthers = `its counters say ${others.join(', ')}`;
  if (others.length === 0) return ofObjects;
  return isOfObjects ? `${ofObjects}; ${ofOthers}` : ofOthers;
}

async function checkDocuments(run: Run): Promise<void> {
  const { inspection } = run.input.metadata;
  const rows = rowsOf<InspectedDocument, BucketPlace | undefined>(
    undefined,
    (after, limit) => inspection.inspectDocuments(after, limit, run.bucketId),
    ({ bucketId, name }) => ({ bucketId, name }),
  );
  for await (const { bucketId, bucket, name, text } of rows) {
    if (bucket === undefined) {
      const what = `the ${name} document belongs to a bucket (${bucketId}) that is not there`;
      run.tell('document-without-bucket', {}, what);
    } else if (!isJsonObject(text)) {
      run.tell('document-unreadable', { bucket }, `its ${name} document cannot be read`);
    } else if (name === 'policy') {
      const { text: policy } = JSON.parse(text) as { text?: unknown };
      const fault = faultOf(() => parseBucketPolicy(String(policy), undefined));
      if (fault !== undefined) run.tell('policy-unreadable', { bucket }, fault);
    }
  }
}
