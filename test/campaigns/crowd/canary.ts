/**
 * A visitor whose pages are timed, while others do what they do. In a process of its own: what the
 * crowd costs this one must not show as the server's slowness.
 */
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { setPriority } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { connectRaw } from '../../support/raw-client.ts';

export interface Shop {
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly domain: string;
  readonly path: string;
  readonly page: Uint8Array;
}

/** Milliseconds: half of the visits took no longer, and 99 of 100. */
export interface Times {
  readonly visits: number;
  readonly median: number;
  readonly p99: number;
}

/** Between two visits; the looks must not be the load. */
const pauseMs = 10;
const visitorPriority = -15;
/** The visitor's own code is slow at first. */
const warmUpVisits = 30;

/** Its own wait for a core that the crowd has is nothing of the server's; root may ask for less. */
function comeFirst(): void {
  try {
    setPriority(visitorPriority);
  } catch {
    // Its times then say a little more of the machine.
  }
}

/** Over one kept connection, page after page, until `isOver` says so. Each must be the page. */
async function watch(shop: Shop, isOver: () => boolean): Promise<Times> {
  const connect = () => connectRaw({ port: shop.httpsPort, tls: { servername: shop.domain } });
  let client = await connect();
  const times: number[] = [];
  for (let visits = 0; !isOver(); visits += 1) {
    const sentAt = performance.now();
    client.send(`GET ${shop.path} HTTP/1.1\r\nHost: ${shop.domain}\r\n\r\n`);
    const { status, headers, body } = await client.response();
    if (visits >= warmUpVisits) times.push(performance.now() - sentAt);
    // After so many requests a connection has had its day.
    if (headers.connection === 'close') {
      client.destroy();
      client = await connect();
    }
    assert.equal(status, 200);
    assert.ok(body.equals(shop.page));
    await delay(pauseMs);
  }
  client.destroy();
  times.sort((one, other) => one - other);
  const at = (part: number): number => times[Math.floor(times.length * part)] ?? 0;
  return { visits: times.length, median: at(0.5), p99: at(0.99) };
}

/** Visits while `work` is done. Rejects when a visit does not go as it should. */
export async function watchDuring(shop: Shop, work: () => Promise<void>): Promise<Times> {
  const { page, ...rest } = shop;
  const place = JSON.stringify({ ...rest, page: Buffer.from(page).toString('base64') });
  const visitor = fork(import.meta.filename, [place], { execArgv: [] });
  const seen = new Promise<Times>((resolve, reject) => {
    visitor.once('message', (times) => resolve(times as Times));
    visitor.once('exit', (code) => reject(new Error(`The visitor ended with code ${code}.`)));
  });
  seen.catch(() => {});
  try {
    await Promise.race([work(), seen]);
    visitor.send('over');
    return await seen;
  } finally {
    visitor.kill();
  }
}

if (process.argv[1] === import.meta.filename && process.send !== undefined) {
  comeFirst();
  let isOver = false;
  process.once('message', () => {
    isOver = true;
  });
  const shop = JSON.parse(process.argv[2] ?? '') as Shop & { readonly page: string };
  process.send(await watch({ ...shop, page: Buffer.from(shop.page, 'base64') }, () => isOver));
}
