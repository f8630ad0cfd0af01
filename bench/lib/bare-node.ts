/**
 * The least that serves the same files by the same runtime: what of the distance to other servers
 * is Node's own. A process of its own: `bare-node.ts HTTP-PORT HTTPS-PORT FILES CERTIFICATES`.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { join } from 'node:path';
import { createSecureContext, type SecureContext } from 'node:tls';
import { tlsProfile } from '../../src/tls/profile.ts';

/** As many as cnamed keeps. */
const contextsMax = 5_000;

const [httpPort, httpsPort, files = '', certificates = ''] = process.argv.slice(2);
const bodies = new Map(
  readdirSync(files).map((name) => [`/${name}`, readFileSync(join(files, name))]),
);
const contexts = new Map<string, SecureContext>();

function contextOf(name: string): SecureContext {
  const kept = contexts.get(name);
  if (kept !== undefined) return kept;
  const pem = readFileSync(join(certificates, `${name}.pem`));
  const made = createSecureContext({ ...tlsProfile(), cert: pem, key: pem });
  contexts.set(name, made);
  const [oldest = ''] = contexts.keys();
  if (contexts.size > contextsMax) contexts.delete(oldest);
  return made;
}

const answer: RequestListener = ({ url = '' }, response) => {
  const body = bodies.get(url);
  response.writeHead(body === undefined ? 404 : 200, {
    'Content-Type': 'application/octet-stream',
    'Content-Length': body?.length ?? 0,
  });
  response.end(body);
};

const secure = createSecureServer(
  { ...tlsProfile(), SNICallback: (name, done) => done(null, contextOf(name)) },
  answer,
);
createServer(answer).listen(Number(httpPort), '127.0.0.1');
secure.listen(Number(httpsPort), '127.0.0.1');
