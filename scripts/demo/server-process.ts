/** The server as a user starts it: a child process through the entry point, on free ports. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const entry = fileURLToPath(new URL('../../bin/cnamed.cjs', import.meta.url));

export interface ServerProcess {
  /** The line that said it accepts. */
  readonly readyLine: string;
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  /** Runs another command of the program beside the server; resolves to its standard output. */
  run(...words: string[]): Promise<string>;
  stop(): Promise<void>;
}

export async function startServerProcess(options: {
  dataDir: string;
  dnsServer: string;
}): Promise<ServerProcess> {
  const environment = {
    ...process.env,
    CNAMED_HTTP: '127.0.0.1:0',
    CNAMED_HTTPS: '127.0.0.1:0',
    CNAMED_CONSOLE: 'off',
    CNAMED_DATA_DIR: options.dataDir,
    CNAMED_DNS_SERVERS: options.dnsServer,
    CNAMED_LOG_LEVEL: 'warn',
  };
  const child = spawn(process.execPath, [entry, 'serve'], {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const readyLine = await firstLine(child, () => errors);
  const key = readGeneratedKey(errors);
  const httpPort = portOf(readyLine, 'http');
  return {
    readyLine,
    httpPort,
    httpsPort: portOf(readyLine, 'https'),
    ...key,
    async run(...words) {
      const endpoint = ['--endpoint', `http://127.0.0.1:${httpPort}`];
      const { stdout } = await promisify(execFile)(
        process.execPath,
        [entry, ...words, ...endpoint],
        { env: environment },
      );
      return stdout;
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

async function firstLine(child: ChildProcess, errors: () => string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let output = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    const [line, rest] = output.split('\n', 2);
    if (line !== undefined && rest !== undefined) resolve(line);
  });
  child.on('exit', (code) => reject(new Error(`the server ended with ${code}: ${errors()}`)));
  child.on('error', reject);
  return promise;
}

function readGeneratedKey(errors: string): { accessKeyId: string; accessKeySecret: string } {
  for (const line of errors.split('\n')) {
    if (!line.includes('accessKeySecret')) continue;
    const { accessKeyId, accessKeySecret } = JSON.parse(line);
    return { accessKeyId, accessKeySecret };
  }
  throw new Error(`the server printed no key: ${errors}`);
}

function portOf(readyLine: string, scheme: string): number {
  const port = new RegExp(` ${scheme}://\\S+:(\\d+)`).exec(readyLine)?.[1];
  if (port === undefined) throw new Error(`no ${scheme} address in: ${readyLine}`);
  return Number(port);
}
