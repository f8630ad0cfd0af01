import type { Selectable } from 'kysely';
import type { AuditRecord, AuditStore } from '../ports/audit.ts';
import type { AuditTable, Sql } from './database.ts';
import { hotStatement, type Slots } from './prepared.ts';

export type NewAuditRecord = Omit<AuditRecord, 'sequence'>;

const insertRecord = hotStatement((sql, slot: Slots<Omit<Selectable<AuditTable>, 'sequence'>>) =>
  sql.insertInto('audit').values({
    at: slot('at'),
    action: slot('action'),
    account_id: slot('account_id'),
    access_key_id: slot('access_key_id'),
    remote_address: slot('remote_address'),
    request_id: slot('request_id'),
    owner_id: slot('owner_id'),
    domain: slot('domain'),
    bucket: slot('bucket'),
    detail: slot('detail'),
  }),
);

export async function appendAudit(sql: Sql, record: NewAuditRecord): Promise<void> {
  await insertRecord(sql, {
    at: record.at,
    action: record.action,
    account_id: record.accountId,
    access_key_id: record.accessKeyId,
    remote_address: record.remoteAddress,
    request_id: record.requestId,
    owner_id: record.ownerId,
    domain: record.domain,
    bucket: record.bucket,
    detail: JSON.stringify(record.detail),
  });
}

export async function listAudit(
  sql: Sql,
  filter: Parameters<AuditStore['listAudit']>[0],
): Promise<AuditRecord[]> {
  let query = sql.selectFrom('audit').selectAll().orderBy('sequence', 'desc').limit(filter.limit);
  if (filter.domain !== undefined) query = query.where('domain', '=', filter.domain);
  if (filter.ownerId !== undefined) query = query.where('owner_id', '=', filter.ownerId);
  if (filter.before !== undefined) query = query.where('sequence', '<', filter.before);
  return (await query.execute()).map(toAuditRecord);
}

function toAuditRecord(row: Selectable<AuditTable>): AuditRecord {
  return {
    sequence: row.sequence,
    at: row.at,
    action: row.action,
    accountId: row.account_id,
    accessKeyId: row.access_key_id,
    remoteAddress: row.remote_address,
    requestId: row.request_id,
    ownerId: row.owner_id,
    domain: row.domain,
    bucket: row.bucket,
    detail: JSON.parse(row.detail) as Record<string, unknown>,
  };
}
