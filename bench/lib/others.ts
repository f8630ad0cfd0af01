/** Other servers on the same files and names, each with one worker on one core. */
import { readdirSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../../test/support/postgres/cluster.ts';
import { domainOf } from '../fill.ts';
import { startAzurite } from './azurite.ts';
import { type Field, files } from './field.ts';
import { type Background, startServer } from './processes.ts';
import { adviseMissing, findTool } from './tools.ts';

export interface OtherServer extends Background {
  readonly httpPort: number;
  readonly httpsPort: number;
  /** Where it is not `pid` that serves HTTPS. */
  readonly httpsPid?: number;
  /** Where the files are, `/` when left out. */
  readonly path?: string;
}

/** `one`: the certificate of the first domain alone. `all`: of every domain, by server name. */
export type Certificates = 'one' | 'all';

const starters = {
  nginx: startNginx,
  caddy: startCaddy,
  haproxy: startHaproxy,
  azurite: startAzurite,
  node: startBareNode,
} as const;

export type OtherName = keyof typeof starters;

export interface Others {
  /** In the order of the names; those that are not on this machine are left out. */
  readonly servers: Readonly<Record<string, OtherServer>>;
  /** What the reader must know of those that are there, and which are not. */
  readonly notes: readonly string[];
  stop(): Promise<void>;
}

const remarks: Readonly<Partial<Record<OtherName, string>>> = {
  haproxy: 'HAProxy has no files: what it answers is part of its configuration and in its memory.',
  node: 'node is a bare `https` server of the same runtime, with SNICallback: the least that Node costs.',
  azurite: 'Azurite runs on the same Node, with its files in a folder; the path names the account.',
};

/** Starts those of `names` that are installed; all of them end when one does not start. */
export async function startOthers(
  field: Field,
  which: Certificates,
  names: readonly OtherName[],
): Promise<Others> {
  const servers: Record<string, OtherServer> = {};
  const notes: string[] = [];
  const stop = async () => {
    for (const server of Object.values(servers)) await server.stop();
  };
  try {
    for (const name of names) {
      if (findTool(name) === undefined) {
        notes.push(`Not measured: ${name}, ${adviseMissing([name])}.`);
        continue;
      }
      servers[name] = await starters[name](field, which);
      const remark = remarks[name];
      if (remark !== undefined) notes.push(remark);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { servers, notes, stop };
}

async function startNginx(field: Field, which: Certificates): Promise<OtherServer> {
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
    listen 127.0.0.1:${httpPort}; listen 127.0.0.1:${httpsPort} ssl http2;
    ssl_certificate ${pem}; ssl_certificate_key ${pem}; root ${field.webRoot};
  }
}
`;
  const path = join(folder, 'nginx.conf');
  await writeFile(path, text);
  const command = ['/usr/sbin/nginx', '-p', folder, '-e', join(folder, 'early.log'), '-c', path];
  return { httpPort, httpsPort, ...(await startServer(command, httpsPort)) };
}

async function startBareNode(field: Field): Promise<OtherServer> {
  const [httpPort, httpsPort] = [await freePort(), await freePort()];
  const script = join(import.meta.dirname, 'bare-node.ts');
  const ports = [String(httpPort), String(httpsPort)];
  const command = [process.execPath, script, ...ports, field.webRoot, field.certificateFolder];
  return { httpPort, httpsPort, ...(await startServer(command, httpsPort)) };
}

async function startCaddy(field: Field, which: Certificates): Promise<OtherServer> {
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

/** Of the files, one by one: the largest must fit in a buffer, which is 16 KiB by default. */
async function startHaproxy(field: Field, which: Certificates): Promise<OtherServer> {
  const [httpPort, httpsPort] = [await freePort(), await freePort()];
  const folder = join(field.folder, 'haproxy');
  await mkdir(folder, { recursive: true });
  const names =
    which === 'all'
      ? readdirSync(field.certificateFolder).filter((name) => name.endsWith('.pem'))
      : [`${domainOf(0)}.pem`];
  const list = join(folder, 'certificates.txt');
  await writeFile(list, names.map((name) => `${join(field.certificateFolder, name)}\n`).join(''));
  const bufferBytes = Math.max(...Object.values(files)) + 16_384;
  const answers = Object.keys(files).map(
    (name) =>
      '  http-request return status 200 content-type application/octet-stream ' +
      `file ${join(field.webRoot, name)} if { path /${name} }`,
  );
  const text = `global
  nbthread 1
  maxconn 4096
  tune.bufsize ${bufferBytes}
  ssl-default-bind-options ssl-min-ver TLSv1.2
defaults
  mode http
  timeout client 60s
  timeout http-keep-alive 60s
frontend bench
  bind 127.0.0.1:${httpPort}
  bind 127.0.0.1:${httpsPort} ssl crt-list ${list} alpn h2,http/1.1
${answers.join('\n')}
`;
  const path = join(folder, 'haproxy.cfg');
  await writeFile(path, text);
  const command = [findTool('haproxy') ?? '', '-db', '-q', '-f', path];
  return { httpPort, httpsPort, ...(await startServer(command, httpsPort)) };
}
