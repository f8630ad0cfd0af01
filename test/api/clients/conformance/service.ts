/** The client at the service: buckets, and lists of what only the cloud has. */
import assert from 'node:assert/strict';
import { type Proof, refused, type Scenario, type Stage, textOf } from './scenario.ts';

/** By the parameter that asks for them, and the element the answer is in. */
const cloudLists: readonly (readonly [operation: string, parameter: string, root: string])[] = [
  ['ListCloudBoxes', 'cloudboxes', 'ListCloudBoxResult'],
  ['ListAccessPoints', 'accessPoint', 'ListAccessPointsResult'],
  [
    'ListAccessPointsForObjectProcess',
    'accessPointForObjectProcess',
    'ListAccessPointsForObjectProcessResult',
  ],
  ['ListResourcePools', 'resourcePool', 'ListResourcePoolsResult'],
];

const ofPools: readonly (readonly [operation: string, method: string, query: string])[] = [
  ['GetResourcePoolInfo', 'GET', 'resourcePoolInfo'],
  ['ListResourcePoolBuckets', 'GET', 'resourcePoolBuckets'],
  ['ListResourcePoolRequesterQoSInfos', 'GET', 'requesterQosInfo'],
  ['PutResourcePoolRequesterQoSInfo', 'PUT', 'requesterQosInfo&qosRequester'],
  ['GetResourcePoolRequesterQoSInfo', 'GET', 'requesterQosInfo&qosRequester'],
  ['DeleteResourcePoolRequesterQoSInfo', 'DELETE', 'requesterQosInfo&qosRequester'],
];

async function buckets({ client, bucket }: Stage): Promise<void> {
  const name = `${bucket}-extra`;
  await client.putBucket(name, { acl: 'private', storageClass: 'IA' });
  // Repeating the call on one's own bucket is no error.
  await client.putBucket(name);
  const listed = await client.listBuckets({ prefix: name });
  assert.equal(listed.buckets.length, 1);
  const [{ region, storageClass, ...rest }] = listed.buckets;
  assert.deepEqual([rest.name, region, storageClass], [name, 'oss-cn-hangzhou', 'IA']);
  await client.deleteBucket(name);
  await assert.rejects(client.getBucketInfo(name), { code: 'NoSuchBucket', status: 404 });
}

async function account({ requestService: ask }: Stage): Promise<void> {
  assert.equal(
    textOf(await ask({ method: 'GET', query: { regions: '' } }), 'Region'),
    'oss-cn-hangzhou',
  );
  const limits = await ask({ method: 'GET', query: { qosInfo: '' } });
  assert.equal(textOf(limits, 'Region'), 'cn-hangzhou');
  const tasks = await ask({ method: 'GET', query: { redundancyTransition: '' } });
  assert.match(tasks, /<ListBucketDataRedundancyTransition/);
  const query = { publicAccessBlock: '' };
  const shown = async () => textOf(await ask({ method: 'GET', query }), 'BlockPublicAccess');
  await ask({
    method: 'PUT',
    query,
    body: '<PublicAccessBlockConfiguration><BlockPublicAccess>true</BlockPublicAccess></PublicAccessBlockConfiguration>',
  });
  assert.equal(await shown(), 'true');
  await ask({ method: 'DELETE', query });
  assert.equal(await shown(), 'false');
}

export const service: readonly Scenario[] = [
  {
    title: 'makes a bucket, lists it, deletes it',
    where: 'at an endpoint',
    answers: [
      ['PutBucket', 'putBucket'],
      ['ListBuckets', 'listBuckets'],
      ['DeleteBucket', 'deleteBucket'],
    ],
    run: buckets,
  },
  {
    title: 'asks for regions and for what holds for the account',
    where: 'at an endpoint with a name',
    answers: [
      'DescribeRegions',
      'GetUserQosInfo',
      'ListUserDataRedundancyTransition',
      'PutPublicAccessBlock',
      'GetPublicAccessBlock',
      'DeletePublicAccessBlock',
    ].map((operation): Proof => [operation, 'request']),
    run: account,
  },
  {
    title: 'lists what only the cloud has',
    where: 'at an endpoint with a name',
    emptyLists: cloudLists.map(([operation]): Proof => [operation, 'request']),
    async run({ requestService }) {
      for (const [, parameter, root] of cloudLists) {
        const text = await requestService({ method: 'GET', query: { [parameter]: '' } });
        assert.match(text, new RegExp(`<${root}[ >]`));
        assert.doesNotMatch(text, /<(CloudBox|AccessPoint|ResourcePool)>/);
      }
    },
  },
  {
    title: 'asks for a resource pool',
    where: 'at an endpoint with a name',
    refuses: ofPools.map(([operation]) => [operation, 'request', 'NoSuchResourcePool'] as const),
    async run({ requestService }) {
      for (const [, method, parameters] of ofPools) {
        const flags = parameters.split('&').map((name) => [name, '']);
        const query = { resourcePool: 'pool', ...Object.fromEntries(flags) };
        await refused(requestService({ method, query }), 'NoSuchResourcePool');
      }
    },
  },
];
