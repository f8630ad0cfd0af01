/**
 * One line of an access log: 29 fields in the order of the reference (oss-semantics.md 6), `-` for
 * what there is none of.
 */
import type { Instant } from '../world/index.ts';

/** What a line tells; `undefined` and the empty text are `-`. */
export interface LineFacts {
  readonly at: Instant;
  readonly remoteAddress?: string | undefined;
  /** As the log may show it: without signatures. */
  readonly requestLine?: string | undefined;
  readonly status?: number | undefined;
  readonly sentBytes?: number | undefined;
  readonly totalMs?: number | undefined;
  readonly referer?: string | undefined;
  readonly userAgent?: string | undefined;
  readonly host?: string | undefined;
  readonly requestId?: string | undefined;
  readonly requesterId?: string | undefined;
  readonly operation: string;
  readonly bucket: string;
  readonly key?: string | undefined;
  readonly objectSize?: number | undefined;
  readonly serverMs?: number | undefined;
  readonly errorCode?: string | undefined;
  readonly requestBytes?: number | undefined;
  readonly ownerId: string;
  /** Added to what the bucket holds; negative when freed. */
  readonly deltaBytes?: number | undefined;
  readonly syncRequest?: 'lifecycle' | undefined;
  readonly storageClass?: string | undefined;
  readonly targetStorageClass?: string | undefined;
  readonly accessKeyId?: string | undefined;
}

/** As the reference calls them in logs, where that is not the name of the operation. */
const loggedNames: Readonly<Record<string, string>> = {
  ListObjects: 'GetBucket',
  ListObjectsV2: 'GetBucket',
  OptionObject: 'OptionsObject',
};

const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** Where the log is written, as far as lines tell. */
export interface LinePlace {
  readonly region: string;
  /** East of Greenwich, of names and lines (oss-semantics.md 6). */
  readonly zoneMinutes: number;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** `03/Jan/2026:14:59:49 +0800` */
function formatTime(at: Instant, zoneMinutes: number): string {
  const [day, hours] = new Date(at + zoneMinutes * minuteMs).toISOString().split('T');
  const [year, month, date] = (day ?? '').split('-');
  return `${date}/${months[Number(month) - 1]}/${year}:${hours?.slice(0, 8)} ${offset(zoneMinutes)}`;
}

function offset(zoneMinutes: number): string {
  const digits = (count: number): string => String(Math.trunc(count)).padStart(2, '0');
  const minutes = Math.abs(zoneMinutes);
  return `${zoneMinutes < 0 ? '-' : '+'}${digits(minutes / 60)}${digits(minutes % 60)}`;
}

/** Whoever splits a line at its quotes must find the fields: what is no plain text is escaped. */
function quote(text: string | undefined): string {
  if (text === undefined || text === '') return '"-"';
  const plain = text.replace(
    /[^\x20\x21\x23-\x7e]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
  return `"${plain}"`;
}

function number(value: number | undefined): string {
  return value === undefined ? '-' : String(Math.round(value));
}

/** Texts are latin1 byte strings but for the key; the line is plain ASCII and ends with LF. */
export function formatLine(facts: LineFacts, { region, zoneMinutes }: LinePlace): string {
  const { key, operation, bucket, ownerId } = facts;
  const fields = [
    facts.remoteAddress ?? '-',
    '-',
    '-',
    `[${formatTime(facts.at, zoneMinutes)}]`,
    quote(facts.requestLine),
    number(facts.status),
    number(facts.sentBytes),
    number(facts.totalMs),
    quote(facts.referer),
    quote(facts.userAgent),
    quote(facts.host),
    quote(facts.requestId),
    quote('true'),
    quote(facts.requesterId),
    quote(loggedNames[operation] ?? operation),
    quote(bucket),
    quote(key === undefined ? undefined : encodeURIComponent(key.toWellFormed())),
    number(facts.objectSize),
    number(facts.serverMs),
    quote(facts.errorCode),
    number(facts.requestBytes),
    quote(ownerId),
    number(facts.deltaBytes),
    quote(facts.syncRequest),
    quote(facts.storageClass),
    quote(facts.targetStorageClass),
    quote(undefined),
    quote(facts.accessKeyId),
    quote(`acs:oss:oss-${region}:${ownerId}:${bucket}`),
  ];
  return `${fields.join(' ')}\n`;
}

/** The hour by the clocks of the zone, in which not every hour begins with one of UTC. */
export function hourOf(at: Instant, zoneMinutes: number): Instant {
  const zoneMs = zoneMinutes * minuteMs;
  return Math.floor((at + zoneMs) / hourMs) * hourMs - zoneMs;
}

/** The stamp in the name of a log: the hour that its lines are of. */
export function formatHour(hour: Instant, zoneMinutes: number): string {
  return new Date(hour + zoneMinutes * minuteMs)
    .toISOString()
    .slice(0, 13)
    .replace('T', '-')
    .concat('-00-00');
}
