/** When all is still: every node lists, tells and serves what the judge says stands. */
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { bucketOf, pagePath, visitSecurely } from '../propagation/visits.ts';
import { send } from './calls.ts';
import type { Sight } from './judge.ts';
import type { Race } from './race.ts';
import { nodeCount } from './stage.ts';

/** DESIGN ruling 12: what one node changed, the others show by then. */
const boundMs = 10_000;

/** Returns how many visits were made. */
export async function look(race: Race): Promise<number> {
  const { owners, chance, judge, stage } = race;
  const bucket = judge.standing?.bucket;
  const [visits] = await Promise.all([
    Promise.all(
      stage.nodes.map(async (_, node) => {
        if (bucket !== undefined) await lookAtList(race, node, bucket);
        return await lookAtPage(race, node);
      }),
    ),
    Promise.all([...owners.keys()].map((each) => lookAtBucket(race, chance.int(nodeCount), each))),
  ]);
  return visits.reduce((sum, count) => sum + count, 0);
}

async function lookAtBucket(race: Race, node: number, bucket: string): Promise<void> {
  if (race.judge.standing?.bucket !== bucket) await lookAtList(race, node, bucket);
  const { stage, owners, domain, judge } = race;
  const racer = owners.get(bucket);
  if (racer === undefined || !race.chance.one(3)) return;
  const asked = { kind: 'GetCnameToken', client: 0, node, bucket, domain } as const;
  const { answer } = await send(stage, racer, asked);
  const token = answer.kind === 'token' ? answer.token : undefined;
  assert.equal(token, judge.live.get(bucket), `GetCnameToken of ${bucket} on node ${node}`);
}

/** What a node lists is what the database holds, at once. */
async function lookAtList(race: Race, node: number, bucket: string): Promise<void> {
  const { stage, owners, domain, judge } = race;
  const { standing, departed } = judge;
  const racer = owners.get(bucket);
  assert.ok(racer);
  const { answer: list } = await send(stage, racer, { kind: 'ListCname', client: 0, node, bucket });
  assert.ok(list.kind === 'list', JSON.stringify(list));
  const seen = list.domains
    .filter((each) => each.domain === domain)
    .map(({ status, certificate }) => ({ status, leaf: certificate?.fingerprint }));
  const enabled = { status: 'Enabled', leaf: standing?.leaf?.fingerprint };
  const gone = { status: 'Disabled', leaf: undefined };
  const expected = standing?.bucket === bucket ? [enabled] : departed.has(bucket) ? [gone] : [];
  assert.deepEqual(seen, expected, `ListCname of ${bucket} on node ${node}`);
}

/** The node of the last change shows it at the first look, the others within the bound. */
async function lookAtPage(race: Race, node: number): Promise<number> {
  const { standing, lastNode } = race.judge;
  const expected = {
    plain: standing?.accountId,
    leaf: standing?.leaf?.fingerprint256,
    secure: standing?.leaf && standing.accountId,
  };
  const until = performance.now() + (node === lastNode ? 0 : boundMs);
  for (let visits = 2; ; visits += 2) {
    const { plain, secure } = await visitNode(race, node);
    const seen = { plain, leaf: secure.fingerprint256, secure: secure.accountId };
    if (isDeepStrictEqual(seen, expected)) return visits;
    if (performance.now() > until) assert.deepEqual(seen, expected, `served on node ${node}`);
    await delay(5);
  }
}

/** Over HTTP, and in a handshake of its own. */
export async function visitNode(
  { stage, racers, domain }: Race,
  node: number,
): Promise<{ plain: string | undefined; secure: Sight }> {
  const [racer] = racers;
  const port = stage.nodes[node]?.httpsPort ?? 0;
  assert.ok(racer);
  const plain = bucketOf(await stage.clientOf(node, racer).get(domain, pagePath));
  const { leaf, bucket } = await visitSecurely({ port, domain, version: 'TLSv1.3' });
  return { plain, secure: { accountId: bucket, fingerprint256: leaf } };
}
