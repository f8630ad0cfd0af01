/**
 * Who may import whom, as data: the architecture on one screen (docs/ARCHITECTURE.md).
 *
 * A room is a folder below `src/` with one door, `index.ts`; other rooms import the door only.
 * `test/tidy/rooms.test.ts` reads every import (types too) and fails on a trespass or a cycle.
 */
export const rooms: Readonly<Record<string, readonly string[]>> = {
  // Corridors: imported by many, importing nothing of ours.
  world: [],
  lru: [],
  errors: [],
  names: [],
  uri: [],
  xml: [],
  signing: [],
  rights: ['lru'],
  forms: ['errors'],
  config: [],
  client: ['signing', 'world'],

  // Below the API: rules, and the engines under them.
  stores: ['lru', 'world'],
  dns: ['world'],
  outbound: ['dns', 'world'],
  sealing: ['world'],
  accounts: ['stores', 'sealing', 'rights', 'errors', 'lru', 'world'],
  certificates: ['stores', 'sealing', 'errors', 'names', 'lru', 'world'],
  images: ['errors'],
  callbacks: ['stores', 'sealing', 'outbound', 'errors'],
  cname: ['stores', 'dns', 'errors', 'names', 'world'],
  buckets: ['stores', 'sealing', 'errors', 'lru', 'world'],
  mirroring: ['buckets', 'outbound', 'errors', 'world'],
  tls: ['certificates', 'names', 'lru', 'world'],
  workers: ['world'],
  checking: [
    'stores',
    'sealing',
    'accounts',
    'callbacks',
    'certificates',
    'buckets',
    'rights',
    'world',
  ],
  copying: ['stores', 'sealing', 'accounts', 'certificates', 'buckets', 'world'],

  // The way of a request.
  http: ['errors', 'uri', 'lru', 'world'],
  'access-log': ['http', 'buckets', 'errors', 'world'],
  operator: ['http', 'errors'],
  hosts: ['cname', 'names', 'uri', 'errors', 'world'],
  auth: ['http', 'accounts', 'signing', 'errors', 'lru', 'world'],
  sts: ['http', 'accounts', 'auth', 'rights', 'stores', 'xml', 'errors', 'world'],
  api: [
    'http',
    'hosts',
    'auth',
    'buckets',
    'cname',
    'certificates',
    'accounts',
    'rights',
    'forms',
    'callbacks',
    'mirroring',
    'images',
    'xml',
    'errors',
    'names',
    'world',
  ],

  // The command line: a client of the API, and the operator's own commands on the stores.
  cli: [
    'client',
    'config',
    'accounts',
    'buckets',
    'callbacks',
    'certificates',
    'checking',
    'copying',
    'dns',
    'names',
    'rights',
    'sealing',
    'stores',
    'world',
  ],
};

/** Files directly in `src/`; they wire rooms together and no room may import them. */
export const wiring: readonly string[] = [
  'main.ts',
  'server.ts',
  'standing-alone.ts',
  'fleet.ts',
  'worker.ts',
  'listening.ts',
  'services.ts',
  'pipeline.ts',
  'engines.ts',
  'log.ts',
  'sweeps.ts',
  'lifecycle.ts',
  'ended-certificates.ts',
  'leased-job.ts',
  'rooms.ts',
];
