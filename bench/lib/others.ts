/** nginx and Caddy on the same files and names, each with one worker on one core. */
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { domainOf } from '../fill.ts';
import type { Field } from './field.ts';
import { type Background, startServer } from './processes.ts';

export interface OtherServer extends Background {
  readonly httpPort: number;
  readonly httpsPort: number;
}

/** `one`: the certificate of the first domain alone. `all`: of every domain, by server name. */
export type Certificates = 'one' | 'all';

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

export async function startNginx(field: Field, which: Certificates): Promise<OtherServer> {
  const [httpPort, httpsPort] = [await freePort(), await freePort()];
  const folder = join(field.folder, 'nginx');
  await mkdir(folder, { recursive: true });
  const name = which === 'all' ? '$ssl_server_name' : domainOf(0);
  const pem = join(field.certificateFolder, `${name}.pem`);
  const text = `
user root; worker_processes 1; daemon off; master_process off;
pid ${folder}/pid; error_log ${folder}/error.log error; worker_rlimit_nofile 20000;
events { worker_connections 8192; }
http {
  access_log off; sendfile on; tcp_nopush on; etag on; keepalive_requests 100000000;
  open_file_cache max=10000 inactive=60s; default_type application/octet-stream;
  client_body_temp_path ${folder}/1; proxy_temp_path ${folder}/2; fastcgi_temp_path ${folder}/3;
  uwsgi_temp_path ${folder}/4; scgi_temp_path ${folder}/5;
  ssl_protocols TLSv1.2 TLSv1.3;
  server {
    listen 127.0.0.1:${httpPort}; listen 127.0.0.1:${httpsPort} ssl;
    ssl_certificate ${pem}; ssl_certificate_key ${pem}; root ${field.webRoot};
  }
}
`;
  const path = join(folder, 'nginx.conf');
  await writeFile(path, text);
  const command = ['/usr/sbin/nginx', '-p', folder, '-e', join(folder, 'early.log'), '-c', path];
  return { httpPort, httpsPort, ...(await startServer(command, httpsPort)) };
}

export async function startCaddy(field: Field, which: Certificates): Promise<OtherServer> {
  const [httpPort, httpsPort] = [await freePort(), await freePort()];
  const folder = join(field.folder, 'caddy');
  await mkdir(folder, { recursive: true });
  const first = join(field.certificateFolder, domainOf(0));
  const routes = [{ handle: [{ handler: 'file_server', root: field.webRoot }] }];
  const automatic = { automatic_https: { disable: true } };
  const config = {
    admin: { disabled: true },
    apps: {
      http: {
        servers: {
          plain: { listen: [`127.0.0.1:${httpPort}`], routes, ...automatic },
          secure: {
            listen: [`127.0.0.1:${httpsPort}`],
            routes,
            tls_connection_policies: [{}],
            ...automatic,
          },
        },
      },
      tls: {
        certificates:
          which === 'all'
            ? { load_folders: [field.certificateFolder] }
            : { load_files: [{ certificate: `${first}.crt`, key: `${first}.key` }] },
        cache: { capacity: 200_000 },
      },
    },
  };
  const path = join(folder, 'caddy.json');
  await writeFile(path, JSON.stringify(config));
  const environment = { GOMAXPROCS: '1', HOME: folder };
  const started = await startServer(['caddy', 'run', '--config', path], httpsPort, environment);
  return { httpPort, httpsPort, ...started };
}
