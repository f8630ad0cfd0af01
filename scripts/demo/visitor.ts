/** A visitor of a mapped domain: where DNS would lead, with SNI, Host and verification. */
import { once } from 'node:events';
import { request as requestHttp } from 'node:http';
import { Agent, request as requestHttps } from 'node:https';
import { connect } from 'node:tls';

export interface Visit {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
}

export interface Visitor {
  get(path: string): Promise<Visit>;
  close(): void;
}

export interface VisitorOptions {
  readonly domain: string;
  readonly port: number;
  /** The authority to trust; undefined visits over plain HTTP. */
  readonly ca: string | undefined;
  /** Whether the connection is used again. */
  readonly isKeptAlive: boolean;
}

export function createVisitor(options: VisitorOptions): Visitor {
  const { domain, port, ca, isKeptAlive } = options;
  const agent = new Agent({ keepAlive: isKeptAlive, ca, maxSockets: 1 });
  const target = { host: '127.0.0.1', port, headers: { host: domain } };
  return {
    async get(path) {
      const outgoing =
        ca === undefined
          ? requestHttp({ ...target, path })
          : requestHttps({ ...target, path, agent, servername: domain });
      outgoing.end();
      const [incoming] = await once(outgoing, 'response');
      const chunks: Buffer[] = [];
      for await (const chunk of incoming) chunks.push(chunk);
      return {
        status: incoming.statusCode,
        contentType: incoming.headers['content-type'] ?? '',
        text: Buffer.concat(chunks).toString('utf8'),
      };
    },
    close: () => agent.destroy(),
  };
}

/** SHA-256 fingerprint of the leaf that a new, verified handshake shows. */
export async function leafOf(options: VisitorOptions): Promise<string> {
  const { domain, port, ca } = options;
  const socket = connect({ host: '127.0.0.1', port, servername: domain, ca });
  try {
    await once(socket, 'secureConnect');
    return socket.getPeerCertificate().fingerprint256;
  } finally {
    socket.destroy();
  }
}

/** Follows every link inside the site from its front page; resolves to what it saw. */
export async function crawl(visitor: Visitor): Promise<{ pages: number; bytes: number }> {
  const waiting = ['/'];
  const seen = new Set(waiting);
  let bytes = 0;
  for (const path of waiting) {
    const { status, contentType, text } = await visitor.get(path);
    if (status !== 200) throw new Error(`${path} answered ${status}`);
    bytes += text.length;
    if (!contentType.startsWith('text/html')) continue;
    for (const [, href = ''] of text.matchAll(/href="([^"#]+)/g)) {
      const link = new URL(href, `https://site.invalid${path}`);
      if (link.host !== 'site.invalid' || seen.has(link.pathname)) continue;
      seen.add(link.pathname);
      waiting.push(link.pathname);
    }
  }
  return { pages: waiting.length, bytes };
}
