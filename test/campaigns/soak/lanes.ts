/** What people do with a server, each on a line of their own, again and again until it is over. */
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { TestAuthority, TestCertificate } from '../../support/certificates.ts';
import type { Chance } from '../../support/chance.ts';
import { deleteCname, putCname } from '../../support/put-cname.ts';
import type { SignedClient } from '../../support/signed-client.ts';

export interface Lane {
  readonly client: SignedClient;
  readonly bucket: string;
  readonly chance: Chance;
  /** Of this lane, for names of its own. */
  readonly name: string;
  isOver(): boolean;
  /** One more thing was done. */
  count(what: string): void;
}

const keysMax = 100;
const bytesMax = 300_000;
/** Between two changes of certificates; others have their own pace. */
const swapPauseMs = 150;

async function expect(status: number, call: ReturnType<SignedClient['call']>): Promise<Buffer> {
  const answer = await call;
  assert.equal(answer.status, status, answer.body.toString());
  return answer.body;
}

/** Objects are written, replaced, read back and deleted; each is what was written last. */
export async function keepObjects(lane: Lane): Promise<void> {
  const { client, bucket, chance, name } = lane;
  const standing = new Map<string, Buffer>();
  while (!lane.isOver()) {
    const key = `${name}/${chance.int(keysMax)}`;
    const before = standing.get(key);
    if (before === undefined || chance.one(3)) {
      const body = chance.bytes(chance.int(chance.one(10) ? bytesMax : 5_000));
      await expect(200, client.call({ method: 'PUT', bucket, key, body }));
      standing.set(key, body);
      lane.count('objects written');
    } else if (chance.one(4)) {
      await expect(204, client.call({ method: 'DELETE', bucket, key }));
      standing.delete(key);
      lane.count('objects deleted');
    } else {
      const body = await expect(200, client.call({ bucket, key }));
      assert.ok(body.equals(before), `other bytes under ${key}`);
      lane.count('objects read');
    }
  }
}

/** Uploads in parts, of which every second is given up. */
export async function uploadParts(lane: Lane): Promise<void> {
  const { client, bucket, chance, name } = lane;
  for (let turn = 0; !lane.isOver(); turn++) {
    const key = `${name}/parts`;
    const begun = await expect(
      200,
      client.call({ method: 'POST', bucket, key, query: { uploads: undefined } }),
    );
    const uploadId = /<UploadId>(\w+)</.exec(begun.toString())?.[1] ?? '';
    const query = { partNumber: '1', uploadId };
    await expect(
      200,
      client.call({ method: 'PUT', bucket, key, query, body: chance.bytes(9_000) }),
    );
    if (turn % 2 === 0) {
      await expect(204, client.call({ method: 'DELETE', bucket, key, query: { uploadId } }));
    } else {
      const listed = await expect(200, client.call({ bucket, key, query: { uploadId } }));
      const etag = /<ETag>&quot;(\w+)&quot;</.exec(listed.toString())?.[1] ?? '';
      const part = `<Part><PartNumber>1</PartNumber><ETag>${etag}</ETag></Part>`;
      const body = `<CompleteMultipartUpload>${part}</CompleteMultipartUpload>`;
      await expect(200, client.call({ method: 'POST', bucket, key, query: { uploadId }, body }));
    }
    lane.count('uploads in parts');
  }
}

export async function list(lane: Lane): Promise<void> {
  const { client, bucket } = lane;
  while (!lane.isOver()) {
    for (const query of [{ 'list-type': '2' }, { delimiter: '/' }, { versions: undefined }]) {
      await expect(200, client.call({ bucket, query }));
      lane.count('listings');
    }
    await delay(20);
  }
}

/** Domains come, get a certificate, and go. */
export async function mapDomains(lane: Lane, authority: TestAuthority): Promise<void> {
  const { client, bucket, name } = lane;
  const domain = `${name}.soak.example`;
  const certificate = await authority.issue({ names: [domain] });
  while (!lane.isOver()) {
    await expect(200, putCname(client, bucket, domain));
    await expect(200, putCname(client, bucket, domain, { certificate }));
    await expect(200, putCname(client, bucket, domain, { isUnbind: true }));
    await expect(200, deleteCname(client, bucket, domain));
    lane.count('domains mapped');
    await delay(swapPauseMs);
  }
}

/** The certificate of the domain that is visited changes; `leaves` hears of it before it does. */
export async function swap(
  lane: Lane,
  domain: string,
  certificates: readonly TestCertificate[],
  leaves: string[],
  sure: (index: number) => void,
): Promise<void> {
  for (let turn = 0; !lane.isOver(); turn++) {
    const certificate = certificates[turn % certificates.length];
    assert.ok(certificate);
    leaves.push(certificate.x509.fingerprint256);
    await expect(200, putCname(lane.client, lane.bucket, domain, { certificate }));
    sure(leaves.length - 1);
    lane.count('certificates swapped');
    await delay(swapPauseMs);
  }
}
