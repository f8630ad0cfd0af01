/** Somebody who tries invented names, in handshakes and in requests. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectTls } from 'node:tls';
import type { Chance } from '../../support/chance.ts';
import { connectRaw } from '../../support/raw-client.ts';
import type { Shop } from './canary.ts';

export interface Scanned {
  readonly handshakes: number;
  readonly requests: number;
}

const lanes = 16;
/** One handshake for so many requests: it costs the scanner that much more. */
const requestsPerHandshake = 9;

function inventedName(chance: Chance): string {
  return `${chance.bytes(9).toString('hex')}.invented.example`;
}

/** Tries `count` names; nobody answers to any of them. */
export async function scan(shop: Shop, count: number, chance: Chance): Promise<Scanned> {
  let left = count;
  let handshakes = 0;
  let requests = 0;
  const lane = async (): Promise<void> => {
    let client = await connectRaw({ port: shop.httpPort });
    while (left > 0) {
      left -= 1;
      const name = inventedName(chance);
      if (chance.one(requestsPerHandshake + 1)) {
        handshakes += 1;
        const socket = connectTls({
          host: '127.0.0.1',
          port: shop.httpsPort,
          servername: name,
          rejectUnauthorized: false,
        });
        const [problem] = await once(socket, 'error');
        assert.match(String(problem.code), /ALERT|ECONNRESET|EPROTO/);
        socket.destroy();
        continue;
      }
      requests += 1;
      if (client.isClosed) client = await connectRaw({ port: shop.httpPort });
      client.send(`GET / HTTP/1.1\r\nHost: ${name}\r\n\r\n`);
      const { status, headers } = await client.response();
      assert.equal(status, 404);
      if (headers.connection === 'close') {
        client.destroy();
        client = await connectRaw({ port: shop.httpPort });
      }
    }
    client.destroy();
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return { handshakes, requests };
}
