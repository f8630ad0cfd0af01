import { connect, type TLSSocket } from 'node:tls';

/**
 * SHA-256 of the leaf a fresh handshake shows for `serverName`; `undefined` when the handshake is
 * refused. Nothing is verified: who is shown is the question.
 */
export function leafShown(port: number, serverName: string): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const socket: TLSSocket = connect({
      host: '127.0.0.1',
      port,
      servername: serverName,
      rejectUnauthorized: false,
    });
    socket.once('secureConnect', () => {
      resolve(socket.getPeerX509Certificate()?.fingerprint256);
      socket.destroy();
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code?.startsWith('ERR_SSL_') || error.code === 'ECONNRESET') resolve(undefined);
      else reject(error);
    });
  });
}
