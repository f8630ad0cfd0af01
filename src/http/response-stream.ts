import type { StreamBody } from './types.ts';
import type { ResponseWriter } from './wire.ts';

/**
 * Sends the chunks as they come, no faster than the client takes them. The head is sent with the
 * first, so that a stream that fails at once still becomes an error document. Returns the bytes
 * sent, and whether that was all of them.
 *
 * @throws whatever the stream throws, and Error when it is not of the length it said. Once
 *   `sendHead` was called the caller must then destroy the connection.
 */
export async function writeStream(
  response: ResponseWriter,
  body: StreamBody,
  sendHead: () => void,
): Promise<{ sent: number; isComplete: boolean }> {
  let sent = 0;
  for await (const chunk of body.chunks) {
    if (sent === 0 && !response.headersSent) sendHead();
    sent += chunk.length;
    if (body.length !== undefined && sent > body.length) throw wrongLength(body, sent);
    if (response.destroyed) return { sent, isComplete: false };
    if (!response.write(chunk) && !(await isDrained(response))) return { sent, isComplete: false };
  }
  if (body.length !== undefined && sent !== body.length) throw wrongLength(body, sent);
  if (!response.headersSent) sendHead();
  response.end();
  return { sent, isComplete: true };
}

/** False when the client went instead. */
function isDrained(response: ResponseWriter): Promise<boolean> {
  return new Promise((resolve) => {
    if (response.destroyed) return resolve(false);
    const over = (): void => {
      response.off('drain', over);
      response.off('close', over);
      resolve(!response.destroyed);
    };
    response.once('drain', over);
    response.once('close', over);
  });
}

function wrongLength(body: StreamBody, sent: number): Error {
  return new Error(`The stream has ${sent} bytes or more instead of ${body.length}.`);
}
