/**
 * A relay in front of PostgreSQL that loses every notification and nothing else: each message of
 * the server begins with its type and its length (PostgreSQL 15 manual, 55.7), `A` is
 * NotificationResponse.
 */
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';

const notification = 'A'.charCodeAt(0);
/** Type and length. */
const headBytes = 5;

/** The address of the same database, through the relay. Without TLS: the relay reads along. */
export async function startDeafRelay(
  url: string,
): Promise<{ url: string; dropped(): number; relay: TcpProxy }> {
  const address = new URL(url);
  let dropped = 0;
  const target = { host: address.hostname, port: Number(address.port || 5432) };
  const relay = await startTcpProxy(target, () =>
    withoutNotifications(() => {
      dropped += 1;
    }),
  );
  address.hostname = '127.0.0.1';
  address.port = String(relay.port);
  return { url: address.href, dropped: () => dropped, relay };
}

/** What a server sends, chunk by chunk, without its notifications. */
export function withoutNotifications(onDropped: () => void): (chunk: Buffer) => Buffer {
  let head = Buffer.alloc(0);
  /** Of the message whose head was seen. */
  let missing = 0;
  let isDropping = false;
  return (chunk) => {
    const kept: Buffer[] = [];
    for (let position = 0; position < chunk.length; ) {
      if (missing > 0) {
        const end = Math.min(chunk.length, position + missing);
        if (!isDropping) kept.push(chunk.subarray(position, end));
        missing -= end - position;
        position = end;
        continue;
      }
      const end = Math.min(chunk.length, position + headBytes - head.length);
      head = Buffer.concat([head, chunk.subarray(position, end)]);
      position = end;
      if (head.length < headBytes) break;
      isDropping = head[0] === notification;
      // The length counts itself.
      missing = head.readUInt32BE(1) - 4;
      if (isDropping) onDropped();
      else kept.push(head);
      head = Buffer.alloc(0);
    }
    return Buffer.concat(kept);
  };
}
