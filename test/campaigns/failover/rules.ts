/** What must be true of the cluster as a whole, after every fail-over. */
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { putCname } from '../../support/put-cname.ts';
import type { FailoverNode } from './node.ts';

const againMs = 20;

/**
 * Two nodes claim one domain for two buckets, through the fail-over: one gets it, one is told.
 * Returns what looks, when the database is there, whether the one who was told so has it.
 */
export async function raceForDomain(
  nodes: readonly FailoverNode[],
  buckets: readonly string[],
  domain: string,
): Promise<() => Promise<void>> {
  const claim = async (node: FailoverNode, bucket: string): Promise<number> => {
    const client = node.client();
    try {
      for (;;) {
        const { status, body } = await putCname(client, bucket, domain);
        if (status === 200 || status === 409) return status;
        assert.equal(status, 503, body.toString());
        await delay(againMs);
      }
    } finally {
      client.close();
    }
  };
  const answers = await Promise.all(
    nodes.map((node, index) => claim(node, buckets[index % buckets.length] ?? '')),
  );
  assert.deepEqual(answers.toSorted(), [200, 409], `the owners of ${domain}`);
  const winner = buckets[answers.indexOf(200) % buckets.length];
  return async () => {
    for (const bucket of buckets) {
      const listed = await nodes[0]?.make({ bucket, query: { cname: undefined } });
      const isOwner = listed?.includes(`<Domain>${domain}</Domain>`) === true;
      assert.equal(isOwner, bucket === winner, `${domain} on ${bucket}`);
    }
  };
}

/** What GetBucketStat says is what a listing shows, on every node. */
export async function checkCounters(nodes: readonly FailoverNode[], bucket: string): Promise<void> {
  for (const node of nodes) {
    const stat = (await node.make({ bucket, query: { stat: undefined } })).toString();
    const query = { 'list-type': '2', 'max-keys': '1000' };
    const listed = (await node.make({ bucket, query })).toString();
    const sizes = [...listed.matchAll(/<Size>(\d+)<\/Size>/g)].map(([, size]) => Number(size));
    assert.match(listed, /<IsTruncated>false/);
    const count = (name: string) => Number(new RegExp(`<${name}>(\\d+)<`).exec(stat)?.[1]);
    assert.equal(count('ObjectCount'), sizes.length, stat);
    assert.equal(
      count('Storage'),
      sizes.reduce((sum, size) => sum + size, 0),
      stat,
    );
  }
}
