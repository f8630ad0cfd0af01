/**
 * Certificate swaps under load: no request of anybody fails, old connections go on, and after each
 * answer of PutCname the next handshake shows the new leaf. One try is one swap.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Campaign } from '../support/campaign.ts';
import {
  createAuthority,
  type KeyKind,
  type TestAuthority,
  type TestCertificate,
} from '../support/certificates.ts';
import { type Chance, createChance } from '../support/chance.ts';
import { leafShown } from '../support/handshake.ts';
import { putCname, putCnameDocument } from '../support/put-cname.ts';
import { startServerProcess } from '../support/server-process.ts';
import { createSignedClient, type SignedClient } from '../support/signed-client.ts';
import { type Site, type Visits, visit } from './rotation/visitors.ts';

export const name = 'rotation';
export const issueSize = 500;

const bucket = 'rotation-bucket';
const domain = 'www.rotation.example';
const path = '/page.html';
const credentials = {
  accessKeyId: 'LTAIRotationCampaign0000',
  accessKeySecret: 'rotation-campaign-secret-0123456789',
};
const keptVisitors = 3;
const newVisitors = 3;
const keyKinds: readonly KeyKind[] = ['P-256', 'P-256', 'P-256', 'P-384', 'RSA-2048'];
const certificateCount = 15;
/** One swap in so many is a bad one first: it is refused and changes nothing. */
const badSwapOneIn = 10;
const logEvery = 50;

interface Stage {
  readonly client: SignedClient;
  readonly httpsPort: number;
  readonly authority: TestAuthority;
  readonly certificates: readonly TestCertificate[];
  readonly chance: Chance;
  readonly leaves: string[];
  sure: number;
  refused: number;
  guarded: number;
}

export const run: Campaign['run'] = async ({ size, seed, log }) => {
  const folder = await mkdtemp(join(tmpdir(), 'cnamed-rotation-'));
  const server = await startServerProcess({
    ...credentials,
    dataDir: join(folder, 'data'),
    settings: { OWNERSHIP: 'off' },
  });
  assert.ok(server);
  const client = createSignedClient({ port: server.httpPort, credentials });
  try {
    const chance = createChance(seed);
    const page = chance.bytes(20_000);
    const stage = await prepare(client, server.httpsPort, chance, page);
    const visits: Visits = { kept: 0, full: 0, resumed: 0 };
    const site = (): Site => ({
      port: stage.httpsPort,
      domain,
      authorityPem: stage.authority.certificatePem,
      path,
      page,
      leaves: stage.leaves,
      sure: stage.sure,
    });
    let isOver = false;
    const visitors = Promise.all(
      Array.from({ length: keptVisitors + newVisitors }, (_, index) =>
        visit(site, index < keptVisitors, () => isOver, visits),
      ),
    );
    visitors.catch(() => {});
    for (let number = 1; number <= size; number++) {
      await Promise.race([swap(stage), visitors]);
      if (number % logEvery === 0) log(`${number} of ${size} swaps, ${visits.full} handshakes`);
    }
    isOver = true;
    await visitors;
    assert.ok(visits.kept > 0 && visits.full > 0, 'nobody visited');
    const { guarded, refused } = stage;
    return { swaps: size, guarded, 'refused swaps': refused, ...visits, 'failed requests': 0 };
  } finally {
    client.close();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
};

async function prepare(
  client: SignedClient,
  httpsPort: number,
  chance: Chance,
  page: Buffer,
): Promise<Stage> {
  const authority = await createAuthority();
  const certificates = await Promise.all(
    Array.from({ length: certificateCount }, (_, index) =>
      authority.issue({ names: [domain], key: keyKinds[index % keyKinds.length] ?? 'P-256' }),
    ),
  );
  const acl = { 'x-oss-acl': 'public-read' };
  await expect(200, client.call({ method: 'PUT', bucket, headers: acl }));
  const headers = { 'content-type': 'text/html' };
  await expect(
    200,
    client.call({ method: 'PUT', bucket, key: path.slice(1), headers, body: page }),
  );
  const stage: Stage = {
    client,
    httpsPort,
    authority,
    certificates,
    chance,
    leaves: [],
    sure: 0,
    refused: 0,
    guarded: 0,
  };
  await swap(stage);
  return stage;
}

async function expect(status: number, call: ReturnType<SignedClient['call']>): Promise<string> {
  const answer = await call;
  assert.equal(answer.status, status, answer.body.toString());
  return answer.body.toString();
}

/** Binds another certificate and looks at the next handshake. */
async function swap(stage: Stage): Promise<void> {
  const { chance, client, certificates, leaves } = stage;
  const current = leaves[stage.sure];
  const next = chance.pick(certificates.filter(({ x509 }) => x509.fingerprint256 !== current));
  const other = chance.pick(certificates.filter((certificate) => certificate !== next));
  if (current !== undefined && chance.one(badSwapOneIn)) {
    const certificate = { chainPem: next.chainPem, keyPem: other.keyPem };
    await expect(400, putCname(client, bucket, domain, { certificate }));
    assert.equal(await leafShown(stage.httpsPort, domain), current, 'a refused swap changed it');
    stage.refused++;
  }
  leaves.push(next.x509.fingerprint256);
  if (current !== undefined && chance.one(3)) await replaceGuarded(stage, next);
  else await expect(200, putCname(client, bucket, domain, { certificate: next }));
  stage.sure = leaves.length - 1;
  assert.equal(
    await leafShown(stage.httpsPort, domain),
    next.x509.fingerprint256,
    'the next handshake shows another leaf',
  );
}

/** As renewal robots do: read the id now bound, replace that and nothing else. */
async function replaceGuarded(stage: Stage, next: TestCertificate): Promise<void> {
  const { client } = stage;
  const query = { cname: undefined };
  const listed = await expect(200, client.call({ bucket, query }));
  const certId = /<CertId>(?<id>[^<]+)<\/CertId>/.exec(listed)?.groups?.id ?? '';
  const body = putCnameDocument(domain, { certificate: next }).replace(
    '<Force>true</Force>',
    `<PreviousCertId>${certId}</PreviousCertId>`,
  );
  await expect(
    200,
    client.call({ method: 'POST', bucket, query: { cname: undefined, comp: 'add' }, body }),
  );
  stage.guarded++;
}
