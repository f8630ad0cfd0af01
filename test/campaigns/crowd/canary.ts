/**
 * A visitor whose pages are timed, while others do what they do. In a thread of its own: what the
 * crowd costs this process must not show as the server's slowness.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { setPriority } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
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
  while (!isOver()) {
    const sentAt = performance.now();
    client.send(`GET ${shop.path} HTTP/1.1\r\nHost: ${shop.domain}\r\n\r\n`);
    const { status, headers, body } = await client.response();
    times.push(performance.now() - sentAt);
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
  const thread = new Worker(new URL(import.meta.url), { workerData: shop, execArgv: [] });
  const seen = once(thread, 'message') as Promise<[Times]>;
  seen.catch(() => {});
  try {
    await Promise.race([work(), seen]);
    thread.postMessage('over');
    const [times] = await seen;
    return times;
  } finally {
    await thread.terminate();
  }
}

if (!isMainThread && parentPort !== null) {
  comeFirst();
  let isOver = false;
  parentPort.once('message', () => {
    isOver = true;
  });
  parentPort.postMessage(await watch(workerData as Shop, () => isOver));
}
