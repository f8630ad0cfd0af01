import type { ClientConfig } from 'pg';

/** Connections for reads and, apart from them, for writes: a read never waits behind a lock. */
const connectionsDefault = 8;
const connectionsMax = 200;

/** A primary and its standbys; more names than that are a mistake. */
const hostsMax = 16;

const defaultPort = 5432;

export interface PostgresHost {
  readonly host: string;
  readonly port: number;
  readonly ssl: NonNullable<ClientConfig['ssl']>;
}

export interface PostgresAddress {
  /** In the order they are tried; at least one. */
  readonly hosts: readonly PostgresHost[];
  /** Who connects to what; holds the password. */
  readonly account: Required<Pick<ClientConfig, 'user' | 'password' | 'database'>>;
  /** Only a server that takes writes will do; without it any. */
  readonly isWritable: boolean;
  /** Whether notifications may be asked for. */
  readonly isListening: boolean;
  /** Connections of each of the two pools. */
  readonly connectionsMax: number;
  /** False where a proxy between us and the server does not keep prepared statements. */
  readonly isPreparing: boolean;
}

/** The text is no address of a database. The message never repeats what may hold a password. */
export class BadDatabaseUrl extends Error {
  override readonly name = 'BadDatabaseUrl';
}

const known = [
  'sslmode',
  'sslrootcert',
  'host',
  'target_session_attrs',
  'connections',
  'prepare',
  'listen',
];

/**
 * Reads `postgres://account:password@host:port,host:port/database?name=value`, as libpq does.
 * Parameters: `sslmode` (`disable`, `require`: encrypted but unchecked, `verify-ca`,
 * `verify-full`), `sslrootcert` (a file), `host` (the folder of a Unix socket),
 * `target_session_attrs` (`read-write`, `any`), `connections` (of each pool), `prepare=off`,
 * `listen=off`.
 *
 * @throws BadDatabaseUrl
 */
export function readPostgresUrl(
  text: string,
  readFile: (path: string) => Uint8Array,
): PostgresAddress {
  const { account, places, database, query } = parse(text);
  const stranger = [...query.keys()].find((name) => !known.includes(name));
  if (stranger !== undefined) {
    throw new BadDatabaseUrl(`has the unknown parameter "${stranger}" (${known.join(', ')})`);
  }
  if (database === '') throw new BadDatabaseUrl('names no database: postgres://host/DATABASE');
  const hosts = readHosts(query.get('host') === null ? places : [query.get('host') ?? '']);
  const [user = '', ...password] = account.split(':');
  return {
    hosts: hosts.map((each) => ({ ...each, ssl: readTls(query, each.host, readFile) })),
    account: {
      user: decode(user) || 'postgres',
      password: decode(password.join(':')),
      database: decode(database),
    },
    isWritable: readWord(query, 'target_session_attrs', ['read-write', 'any']) === 'read-write',
    isListening: readWord(query, 'listen', ['on', 'off']) === 'on',
    connectionsMax: readConnections(query.get('connections')),
    isPreparing: readWord(query, 'prepare', ['on', 'off']) === 'on',
  };
}

/** What people and logs may see of the address: neither account nor parameters. */
export function describePostgresUrl(text: string): string {
  const { scheme, places, database } = parse(text);
  return `${scheme}://${places.join(',')}/${database}`;
}

/** `host:port`, as people write it. */
export function nameOfHost({ host, port }: PostgresHost): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

interface Parts {
  readonly scheme: string;
  readonly account: string;
  readonly places: readonly string[];
  readonly database: string;
  readonly query: URLSearchParams;
}

/** Several hosts with ports are no URL for the runtime's own parser. */
const form = /^(postgres|postgresql):\/\/(?:([^/?#]*)@)?([^/?#]*)(?:\/([^/?#]*))?(?:\?([^#]*))?$/;

/** A name, an address, or an IPv6 address in brackets; perhaps a port. */
const place = /^(\[[0-9a-f:.]+\]|[^\s:@[\]]*)(?::(\d{1,5}))?$/i;

function parse(text: string): Parts {
  const [, scheme, account = '', places, database = '', query = ''] = form.exec(text) ?? [];
  if (scheme === undefined || places === undefined) {
    throw new BadDatabaseUrl('is no URL of the form postgres://account:password@host:port/name');
  }
  const list = places.split(',');
  const isSound = list.every((each) => place.test(each));
  if (!isSound) {
    throw new BadDatabaseUrl(
      'has a host that is none: host:port,host:port (a password with one of / ? # @ is written ' +
        'with percent signs)',
    );
  }
  return { scheme, account, places: list, database, query: new URLSearchParams(query) };
}

function readHosts(places: readonly string[]): { host: string; port: number }[] {
  if (places.length > hostsMax) throw new BadDatabaseUrl(`names more than ${hostsMax} hosts`);
  return places.map((text) => {
    // The folder of a socket comes from the parameter and has no port.
    if (text.startsWith('/')) return { host: text, port: defaultPort };
    const [, name = '', port] = place.exec(text) ?? [];
    const number = port === undefined ? defaultPort : Number(port);
    if (number < 1 || number > 65_535) {
      throw new BadDatabaseUrl('has a port that is none (1 to 65535)');
    }
    return { host: decode(name).replace(/^\[|\]$/g, '') || 'localhost', port: number };
  });
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new BadDatabaseUrl('has a percent sign that escapes nothing (write it as %25)');
  }
}

/** One of the words; the first where nothing is said. */
function readWord(query: URLSearchParams, name: string, words: readonly string[]): string {
  const word = query.get(name) ?? words[0] ?? '';
  if (words.includes(word)) return word;
  throw new BadDatabaseUrl(`"${name}" is one of ${words.join(', ')}`);
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
): NonNullable<ClientConfig['ssl']> {
  const mode = query.get('sslmode') ?? 'disable';
  const file = query.get('sslrootcert');
  if (mode === 'disable') return false;
  const ca = file === null ? {} : { ca: Buffer.from(readFile(file)) };
  if (mode === 'require') return { rejectUnauthorized: false };
  if (mode === 'verify-ca') return { ...ca, checkServerIdentity: () => undefined };
  // What the certificate must name. The driver asks the server for it where it is no address.
  if (mode === 'verify-full') return { ...ca, host };
  throw new BadDatabaseUrl('"sslmode" is one of disable, require, verify-ca, verify-full');
}
