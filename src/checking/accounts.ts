/**
 * Access keys open and belong to somebody, callbacks can be signed; the record of what happened can
 * be read.
 */
import { faultOfSecret } from '../accounts/index.ts';
import { faultOfCallbackKey } from '../callbacks/index.ts';
import type { InspectedAuditRecord, InspectedCredential } from '../stores/index.ts';
import { isJsonObject, type Run, rowsOf } from './run.ts';

export async function checkAccounts(run: Run): Promise<void> {
  run.begin('access keys');
  const { metadata, sealer } = run.input;
  const rows = rowsOf<InspectedCredential, string>(
    '',
    (after, limit) => metadata.inspection.inspectCredentials(after, limit),
    (row) => row.accessKeyId,
  );
  for await (const row of rows) {
    const subject = { accessKey: row.accessKeyId, account: row.accountId };
    if (!row.hasAccount) {
      run.tell('credential-without-account', subject, 'its account is not there');
    }
    if (faultOfSecret(sealer, row) === undefined) continue;
    // The master key may be changing: a secret that was re-wrapped since is another text now.
    const current = await metadata.accounts.findCredential(row.accessKeyId);
    const fault = faultOfSecret(sealer, current?.credential ?? row);
    if (fault === undefined) continue;
    run.tell('credential-sealed-away', subject, `its secret does not open: ${fault}`);
  }
}

/** Made when the first upload asks for a callback; before, there is none to look at. */
export async function checkCallbackKey(run: Run): Promise<void> {
  run.begin('callback key');
  const { metadata, sealer } = run.input;
  if ((await faultOfCallbackKey(metadata.settings, sealer)) === undefined) return;
  // The master key may be changing, as above.
  const fault = await faultOfCallbackKey(metadata.settings, sealer);
  if (fault === undefined) return;
  run.tell('callback-key-broken', {}, `the key that signs callbacks does not open: ${fault}`);
}

export async function checkAudit(run: Run): Promise<void> {
  run.begin('audit record');
  const { inspection } = run.input.metadata;
  const rows = rowsOf<InspectedAuditRecord, number>(
    0,
    (after, limit) => inspection.inspectAudit(after, limit),
    (row) => row.sequence,
  );
  for await (const { sequence, detail } of rows) {
    if (isJsonObject(detail)) continue;
    run.tell('audit-unreadable', { auditRecord: sequence }, 'its detail cannot be read');
  }
}
