import type { PoolConfig } from 'pg';

/** Connections for reads and, apart from them, for writes: a read never waits behind a lock. */
const connectionsDefault = 8;
const connectionsMax = 200;

export interface PostgresAddress {
  /** How each connection is made; holds the password. */
  readonly connection: PoolConfig;
  /** Connections of each of the two pools. */
  readonly connectionsMax: number;
  /** False where a proxy between us and the server does not keep prepared statements. */
  readonly isPreparing: boolean;
}

/** The text is no address of a database. The message never repeats what may hold a password. */
export class BadDatabaseUrl extends Error {
  override readonly name = 'BadDatabaseUrl';
}

const known = ['sslmode', 'sslrootcert', 'host', 'connections', 'prepare'];

/**
 * Reads `postgres://account:password@host:port/database?sslmode=...`. Parameters: `sslmode`
 * (`disable`, `require`: encrypted but unchecked, `verify-ca`, `verify-full`), `sslrootcert` (a
 * file), `host` (the folder of a Unix socket), `connections` (of each pool), `prepare=off`.
 *
 * @throws BadDatabaseUrl
 */
export function readPostgresUrl(
  text: string,
  readFile: (path: string) => Uint8Array,
): PostgresAddress {
  const url = parse(text);
  const query = url.searchParams;
  const stranger = [...query.keys()].find((name) => !known.includes(name));
  if (stranger !== undefined) {
    throw new BadDatabaseUrl(`has the unknown parameter "${stranger}" (${known.join(', ')})`);
  }
  const database = decode(url.pathname.slice(1));
  if (database === '') throw new BadDatabaseUrl('names no database: postgres://host/DATABASE');
  const host = query.get('host') ?? (url.hostname.replace(/^\[|\]$/g, '') || 'localhost');
  return {
    connection: {
      host,
      port: url.port === '' ? 5432 : Number(url.port),
      user: decode(url.username) || 'postgres',
      password: decode(url.password),
      database,
      ssl: readTls(query, host, readFile),
    },
    connectionsMax: readConnections(query.get('connections')),
    isPreparing: query.get('prepare') !== 'off',
  };
}

/** What people and logs may see of the address: neither password nor parameters. */
export function describePostgresUrl(text: string): string {
  const url = parse(text);
  return `${url.protocol}//${url.host}${url.pathname}`;
}

function parse(text: string): URL {
  const url = URL.parse(text);
  if (url === null || !/^postgres(ql)?:$/.test(url.protocol)) {
    throw new BadDatabaseUrl('is no URL of the form postgres://account:password@host:port/name');
  }
  return url;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new BadDatabaseUrl('has a percent sign that escapes nothing (write it as %25)');
  }
}

function readConnections(text: string | null): number {
  if (text === null) return connectionsDefault;
  const count = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= connectionsMax) return count;
  throw new BadDatabaseUrl(`"connections" is a number from 1 to ${connectionsMax}`);
}

/** The words of libpq; `prefer` is refused: it gives way to whoever can disturb a handshake. */
function readTls(
  query: URLSearchParams,
  host: string,
  readFile: (path: string) => Uint8Array,
): NonNullable<PoolConfig['ssl']> {
  const mode = query.get('sslmode') ?? 'disable';
  const file = query.get('sslrootcert');
  if (mode === 'disable') return false;
  const ca = file === null ? {} : { ca: Buffer.from(readFile(file)) };
  if (mode === 'require') return { rejectUnauthorized: false };
  if (mode === 'verify-ca') return { ...ca, checkServerIdentity: () => undefined };
  if (mode === 'verify-full') return { ...ca, servername: host };
  throw new BadDatabaseUrl('"sslmode" is one of disable, require, verify-ca, verify-full');
}
