/** People who read the site over HTTPS while its certificate changes, and check all they get. */
import assert from 'node:assert/strict';
import { Agent, request } from 'node:https';
import type { TLSSocket } from 'node:tls';

export interface Site {
  readonly port: number;
  readonly domain: string;
  readonly authorityPem: string;
  readonly path: string;
  readonly page: Buffer;
  /** Leaves that have been asked for, in order; the last acknowledged one is at `sure`. */
  readonly leaves: readonly string[];
  readonly sure: number;
}

export interface Visits {
  /** Answers that came over a connection made before. */
  kept: number;
  /** Full handshakes. */
  full: number;
  /** Handshakes that resumed a session. */
  resumed: number;
}

/** Visits until told to stop. `isKept`: all over one connection; else one connection for each. */
export async function visit(
  site: () => Site,
  isKept: boolean,
  isOver: () => boolean,
  visits: Visits,
): Promise<void> {
  let agent = newAgent(isKept);
  for (let count = 0; !isOver(); count++) {
    // Now and then without the sessions of earlier connections, so that handshakes are full.
    if (!isKept && count % 3 === 0) {
      agent.destroy();
      agent = newAgent(isKept);
    }
    await readPage(site, agent, visits);
  }
  agent.destroy();
}

function newAgent(isKept: boolean): Agent {
  return new Agent({ keepAlive: isKept, maxSockets: 1, maxCachedSessions: 10 });
}

async function readPage(site: () => Site, agent: Agent, visits: Visits): Promise<void> {
  const before = site();
  const { status, body, leaf, isReused, isResumed } = await get(before, agent);
  assert.equal(status, 200, body.toString());
  assert.ok(body.equals(before.page), 'another page');
  if (isReused) {
    visits.kept++;
  } else if (isResumed) {
    visits.resumed++;
  } else {
    visits.full++;
    const possible = site().leaves.slice(before.sure);
    assert.ok(possible.includes(leaf ?? ''), `a leaf that was not bound then: ${leaf}`);
  }
}

interface Visit {
  readonly status: number;
  readonly body: Buffer;
  readonly leaf: string | undefined;
  readonly isReused: boolean;
  readonly isResumed: boolean;
}

function get(site: Site, agent: Agent): Promise<Visit> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        agent,
        host: '127.0.0.1',
        port: site.port,
        servername: site.domain,
        ca: site.authorityPem,
        path: site.path,
        headers: { Host: site.domain },
      },
      (incoming) => {
        const socket = incoming.socket as TLSSocket;
        const isResumed = socket.isSessionReused();
        const leaf = isResumed ? undefined : socket.getPeerX509Certificate()?.fingerprint256;
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.once('error', reject);
        incoming.once('end', () => {
          const { statusCode: status = 0 } = incoming;
          const { reusedSocket: isReused } = outgoing;
          resolve({ status, body: Buffer.concat(chunks), leaf, isReused, isResumed });
        });
      },
    );
    outgoing.once('error', reject);
    outgoing.end();
  });
}
