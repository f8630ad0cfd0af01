/** Frames of HTTP/2 by hand (RFC 9113 4.1), for what no well-behaved client sends. */
import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';

export const frameTypes = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  window: 8,
  continuation: 9,
} as const;

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

export function frame(
  type: number,
  flags = 0,
  stream = 0,
  payload: Uint8Array = new Uint8Array(0),
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** Fields without the dynamic table and without Huffman (RFC 7541 6.2.2). */
export function fields(pairs: readonly (readonly [string, string])[]): Buffer {
  return Buffer.concat(
    pairs.flatMap(([name, value]) => [Buffer.from([0]), string(name), string(value)]),
  );
}

/** RFC 7541 5.2, of a length below 127 + 128. */
function string(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1');
  const length = bytes.length < 127 ? [bytes.length] : [127, bytes.length - 127];
  return Buffer.concat([Buffer.from(length), bytes]);
}

export const number32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

export interface RawHttp2 {
  readonly socket: TLSSocket;
  send(...frames: readonly Uint8Array[]): void;
  /** The next frame the test asks for; `undefined` when the connection ended first. */
  until(isIt: (frame: Frame) => boolean): Promise<Frame | undefined>;
  destroy(): void;
}

export async function connectHttp2(port: number): Promise<RawHttp2> {
  const socket = connect({
    port,
    host: '127.0.0.1',
    servername: 'a.example',
    rejectUnauthorized: false,
    ALPNProtocols: ['h2'],
  });
  await once(socket, 'secureConnect');
  socket.write(preface);
  socket.write(frame(frameTypes.settings));
  let received: Buffer = Buffer.alloc(0);
  let isOver = false;
  let wake = (): void => {};
  socket.on('data', (bytes: Buffer) => {
    received = Buffer.concat([received, bytes]);
    wake();
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    isOver = true;
    wake();
  });
  function next(): Frame | undefined {
    if (received.length < 9) return undefined;
    const length = received.readUIntBE(0, 3);
    if (received.length < 9 + length) return undefined;
    const [, , , type = 0, flags = 0] = received;
    const stream = received.readUInt32BE(5);
    const payload = received.subarray(9, 9 + length);
    received = received.subarray(9 + length);
    return { type, flags, stream, payload };
  }
  return {
    socket,
    send: (...frames) => void (socket.writable && socket.write(Buffer.concat(frames))),
    async until(isIt) {
      for (;;) {
        for (let found = next(); found; found = next()) if (isIt(found)) return found;
        if (isOver) return undefined;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    destroy: () => void socket.destroy(),
  };
}
