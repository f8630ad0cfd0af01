/** Domains: that each points where its owner wants it, and has a certificate that can serve it. */
import { coversDomain, faultOfCertificate } from '../certificates/index.ts';
import type {
  BucketPlace,
  InspectedDeparture,
  InspectedMapping,
  InspectedToken,
  StoredCertificate,
} from '../stores/index.ts';
import { type Run, rowsOf } from './run.ts';

export async function checkDomains(run: Run): Promise<void> {
  if (run.bucketId === undefined) {
    run.begin('certificates');
    await checkCertificates(run);
  }
  run.begin('domains');
  await checkMappings(run);
  await checkTokens(run);
  await checkDepartures(run);
}

/** Every one, bound or not: whoever names it by its id may bind it tomorrow. */
async function checkCertificates(run: Run): Promise<void> {
  const { metadata, sealer } = run.input;
  const rows = rowsOf<StoredCertificate, number>(
    0,
    (after, limit) => metadata.certificates.listCertificates(after, limit),
    (row) => row.number,
  );
  for await (const row of rows) {
    // The master key may be changing: a row that was re-wrapped since is another text now.
    if (faultOfCertificate(row, sealer) === undefined) continue;
    const current = await metadata.certificates.findCertificate(row.number);
    const fault = current && faultOfCertificate(current, sealer);
    if (fault === undefined) continue;
    run.tell('certificate-broken', { certificate: row.number, account: row.accountId }, fault);
  }
}

async function checkMappings(run: Run): Promise<void> {
  const { inspection } = run.input.metadata;
  const rows = rowsOf<InspectedMapping, string>(
    '',
    (after, limit) => inspection.inspectMappings(after, limit, run.bucketId),
    (row) => row.domain,
  );
  for await (const row of rows) {
    const subject = { bucket: row.bucket, domain: row.domain };
    if (row.bucket === undefined) {
      run.tell('mapping-without-bucket', subject, `its bucket (${row.bucketId}) is not there`);
    } else if (row.accountId !== row.bucketAccountId) {
      const what = `it is of account ${row.accountId}, its bucket of ${row.bucketAccountId}`;
      run.tell('mapping-of-another-account', subject, what);
    }
    await checkBinding(run, row);
  }
}

async function checkBinding(run: Run, row: InspectedMapping): Promise<void> {
  const { domain, bucket, certificateNumber, certificate } = row;
  const subject = { bucket, domain, certificate: certificateNumber };
  if (!row.isBindingWhole) {
    run.tell('binding-broken', subject, 'its binding is half there');
    return;
  }
  if (certificateNumber === undefined) return;
  if (certificate === undefined) {
    run.tell('binding-broken', subject, 'its certificate is not there');
    return;
  }
  if (certificate.accountId !== row.accountId) {
    const what = `its certificate is of account ${certificate.accountId}, it of ${row.accountId}`;
    run.tell('binding-of-another-account', subject, what);
  }
  if (!coversDomain(certificate.chainPem, domain)) {
    run.tell('domain-not-covered', subject, 'its certificate does not cover it');
  }
  // Of a whole check the certificates have been looked at, each once.
  if (run.bucketId === undefined) return;
  const { metadata, sealer } = run.input;
  const stored = await metadata.certificates.findCertificate(certificateNumber);
  const fault = stored && faultOfCertificate(stored, sealer);
  if (fault !== undefined) run.tell('certificate-broken', subject, fault);
}

async function checkTokens(run: Run): Promise<void> {
  const { inspection } = run.input.metadata;
  const rows = rowsOf<InspectedToken, BucketPlace | undefined>(
    undefined,
    (after, limit) => inspection.inspectTokens(after, limit, run.bucketId),
    ({ bucketId, domain }) => ({ bucketId, name: domain }),
  );
  for await (const { domain, bucket, bucketId, createdAt, expiresAt } of rows) {
    const subject = { bucket, domain };
    if (bucket === undefined) {
      const what = `a token belongs to a bucket (${bucketId}) that is not there`;
      run.tell('token-without-bucket', subject, what);
    } else if (expiresAt <= createdAt) {
      run.tell('token-broken', subject, 'its token expires before it was made');
    }
  }
}

async function checkDepartures(run: Run): Promise<void> {
  const { inspection } = run.input.metadata;
  const rows = rowsOf<InspectedDeparture, BucketPlace | undefined>(
    undefined,
    (after, limit) => inspection.inspectDepartures(after, limit, run.bucketId),
    ({ bucketId, domain }) => ({ bucketId, name: domain }),
  );
  for await (const row of rows) {
    const subject = { bucket: row.bucket, domain: row.domain };
    if (row.bucket === undefined) {
      const what = `a notice belongs to a bucket (${row.bucketId}) that is not there`;
      run.tell('departure-without-bucket', subject, what);
    } else if (row.isMappedHere) {
      const what = 'it is said to have left the bucket, and is mapped to it';
      run.tell('departure-broken', subject, what);
    } else if (row.accountId !== row.bucketAccountId) {
      const what = `the notice that it left is of account ${row.accountId}, not of the bucket's`;
      run.tell('departure-broken', subject, what);
    }
  }
}
