/** What one node shows of one domain: over HTTP, in a fresh handshake, in a resumed session. */
import { connect, createSecureContext, type TLSSocket } from 'node:tls';
import type { Answer } from '../../support/signed-client.ts';

/** What a domain stands for; every field `undefined`: it is not mapped. */
export interface Standing {
  /** The bucket whose page is served. */
  readonly bucket: string | undefined;
  /** SHA-256 of the leaf bound. */
  readonly leaf: string | undefined;
}

export interface SecureVisit {
  /** `undefined` when the handshake was refused. */
  readonly leaf: string | undefined;
  readonly isResumed: boolean;
  /** Whose page came over the connection, if one did. */
  readonly bucket: string | undefined;
  /** To be offered again. */
  readonly session: Buffer | undefined;
}

export interface SecureTarget {
  readonly port: number;
  readonly domain: string;
  readonly version: 'TLSv1.2' | 'TLSv1.3';
  readonly session?: Buffer | undefined;
}

/** The page every bucket has: its own name. */
export const pagePath = '/whose';

/** Whose page it is; anything but a page or the answer of an unknown host rejects. */
export function bucketOf({ status, body }: Pick<Answer, 'status' | 'body'>): string | undefined {
  const text = body.toString();
  if (status === 200) return text;
  if (status === 404 && text.includes('<Code>NoSuchBucket</Code>')) return undefined;
  throw new Error(`neither a page nor an unknown host: ${status} ${text}`);
}

/** Made once: each would read all roots that nobody here asks for. */
const contexts = {
  'TLSv1.2': createSecureContext({ ca: [], maxVersion: 'TLSv1.2' }),
  'TLSv1.3': createSecureContext({ ca: [], maxVersion: 'TLSv1.3' }),
};

/** One connection, one request. */
export function visitSecurely(target: SecureTarget): Promise<SecureVisit> {
  const { port, domain, version, session } = target;
  return new Promise((resolve, reject) => {
    const socket: TLSSocket = connect({
      host: '127.0.0.1',
      port,
      servername: domain,
      rejectUnauthorized: false,
      secureContext: contexts[version],
      ...(session ? { session } : {}),
    });
    const chunks: Buffer[] = [];
    let shown: Omit<SecureVisit, 'bucket' | 'session'> | undefined;
    let ticket: Buffer | undefined;
    socket.on('session', (offered: Buffer) => {
      ticket = offered;
    });
    socket.once('secureConnect', () => {
      const isResumed = socket.isSessionReused();
      shown = { leaf: socket.getPeerX509Certificate()?.fingerprint256, isResumed };
      socket.write(`GET ${pagePath} HTTP/1.1\r\nHost: ${domain}\r\nConnection: close\r\n\r\n`);
    });
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.once('end', () => {
      try {
        if (shown === undefined) throw new Error('closed in the handshake');
        resolve({ ...shown, bucket: bucketOf(parse(chunks)), session: ticket });
      } catch (error) {
        reject(error);
      } finally {
        socket.destroy();
      }
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      const isRefused = error.code?.startsWith('ERR_SSL_') === true && shown === undefined;
      const refused = { leaf: undefined, isResumed: false, bucket: undefined, session: undefined };
      if (isRefused) resolve(refused);
      else reject(error);
    });
  });
}

function parse(chunks: readonly Buffer[]): Pick<Answer, 'status' | 'body'> {
  const bytes = Buffer.concat(chunks);
  const end = bytes.indexOf('\r\n\r\n');
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(bytes.toString('latin1', 0, end))?.[1]);
  return { status, body: bytes.subarray(end + 4) };
}
