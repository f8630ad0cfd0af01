/** The official client, pointed at a server of this process in each way its users point it. */

import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { LookupFunction } from 'node:net';
import OSS from 'ali-oss';

/** Every name leads to the loopback, as wildcard DNS would lead it. */
const lookup: LookupFunction = (_name, options, done) => {
  if (options.all) done(null, [{ address: '127.0.0.1', family: 4 }]);
  else done(null, '127.0.0.1', 4);
};

/** How a user of the client reaches a server: the options of its documentation. */
export type Addressing = 'sldEnable' | 'virtual-host' | 'ip' | 'cname';

export interface AliOssOptions {
  readonly addressing: Addressing;
  readonly isV4: boolean;
  readonly port: number;
  readonly isSecure?: boolean;
  readonly bucket?: string;
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  /** The mapped domain, for `cname`. */
  readonly domain?: string;
  /** Certificates trusted over HTTPS, PEM. */
  readonly ca?: string;
}

export interface AliOss {
  readonly client: OSS;
  close(): void;
}

const endpointName: Readonly<Record<Addressing, (domain: string) => string>> = {
  sldEnable: () => 'localhost',
  'virtual-host': () => 'oss.test',
  ip: () => '127.0.0.1',
  cname: (domain) => domain,
};

export function openAliOss(options: AliOssOptions): AliOss {
  const agent = new HttpAgent({ keepAlive: true, lookup });
  const httpsAgent = new HttpsAgent({ keepAlive: true, lookup, ca: options.ca });
  const scheme = options.isSecure ? 'https' : 'http';
  const host = endpointName[options.addressing](options.domain ?? '');
  const client = new OSS({
    accessKeyId: options.accessKeyId,
    accessKeySecret: options.accessKeySecret,
    region: 'oss-cn-hangzhou',
    endpoint: `${scheme}://${host}:${options.port}`,
    secure: options.isSecure ?? false,
    agent,
    httpsAgent,
    retryMax: 0,
    ...(options.bucket === undefined ? {} : { bucket: options.bucket }),
    ...(options.isV4 ? { authorizationV4: true } : {}),
    ...(options.addressing === 'sldEnable' ? { sldEnable: true } : {}),
    ...(options.addressing === 'cname' ? { cname: true } : {}),
  } as OSS.Options);
  return {
    client,
    close() {
      agent.destroy();
      httpsAgent.destroy();
    },
  };
}

export interface GenericAnswer {
  readonly status: number;
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** The client's generic request, which its users call for operations it has no method for. */
export async function genericRequest(
  client: OSS,
  input: {
    method: 'GET' | 'POST';
    bucket: string;
    subResources: Readonly<Record<string, string>>;
    body?: string;
  },
): Promise<GenericAnswer> {
  const requester = client as unknown as {
    request(parameters: object): Promise<{
      data: Buffer;
      res: { status: number; headers: Record<string, string> };
    }>;
  };
  const result = await requester.request({
    method: input.method,
    bucket: input.bucket,
    subres: input.subResources,
    content: input.body,
    mime: 'xml',
    successStatuses: [200],
  });
  return {
    status: result.res.status,
    text: result.data.toString('utf8'),
    headers: result.res.headers,
  };
}
