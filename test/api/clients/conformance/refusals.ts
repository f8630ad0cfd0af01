/**
 * Operations that this server does not have: each is refused by its name, or by the code that the
 * reference has for "there is no such configuration", and never read as another. One row for every
 * row of the table of operations that is not implemented.
 */
import { type Operation, operations } from '../../../../src/api/index.ts';
import { refused, type Scenario, type Stage } from './scenario.ts';

/** The one that says so without a name: only writing it is missing. */
const codes: Readonly<Record<string, string>> = {
  GetBucketReplication: 'NoSuchReplicationConfiguration',
};

/** Methods of the client for what it cannot have here. */
const methods: Readonly<Record<string, readonly [string, (stage: Stage) => Promise<unknown>]>> = {
  PostAsyncFetchTask: [
    'postAsyncFetch',
    ({ client }) => client.postAsyncFetch('fetched', 'http://a.example/a'),
  ],
  GetAsyncFetchTask: ['getAsyncFetch', ({ client }) => client.getAsyncFetch('1')],
  PutLiveChannel: [
    'putChannel',
    ({ client }) => client.putChannel('live', { Description: 'live', Status: 'enabled' }),
  ],
  PutLiveChannelStatus: [
    'putChannelStatus',
    ({ client }) => client.putChannelStatus('live', 'disabled'),
  ],
  GetLiveChannelInfo: ['getChannel', ({ client }) => client.getChannel('live')],
  GetLiveChannelStat: ['getChannelStatus', ({ client }) => client.getChannelStatus('live')],
  GetLiveChannelHistory: ['getChannelHistory', ({ client }) => client.getChannelHistory('live')],
  DeleteLiveChannel: ['deleteChannel', ({ client }) => client.deleteChannel('live')],
  PostVodPlaylist: [
    'createVod',
    ({ client }) => client.createVod('live', 'a.m3u8', { startTime: 1, endTime: 2 }),
  ],
};

function ask(operation: Operation, { request }: Stage): Promise<unknown> {
  const query: Record<string, string> = {};
  for (const [name, requirement] of Object.entries(operation.query)) {
    if (requirement === 'flag') query[name] = '';
    else if (requirement === 'given') query[name] = 'csv/select';
    else if (typeof requirement === 'object' && 'is' in requirement) query[name] = requirement.is;
  }
  const { method } = operation;
  return request({ method, query, ...(operation.on === 'object' ? { key: 'a' } : {}) });
}

const missing = operations.filter(({ isImplemented }) => !isImplemented);

export const refusals: readonly Scenario[] = [
  {
    title: 'is refused by name what this server does not have',
    where: 'everywhere',
    refuses: missing.map(({ name }) => [
      name,
      methods[name]?.[0] ?? 'request',
      codes[name] ?? 'NotImplemented',
    ]),
    async run(stage) {
      for (const operation of missing) {
        const { name } = operation;
        const call = methods[name]?.[1](stage) ?? ask(operation, stage);
        const code = codes[name];
        if (code === undefined) await refused(call, 'NotImplemented', name);
        else await refused(call, code);
      }
    },
  },
  {
    title: 'lists no live channels',
    where: 'everywhere',
    emptyLists: [['ListLiveChannel', 'listChannels']],
    async run({ client }) {
      const { channels, isTruncated } = await client.listChannels({});
      if (channels.length > 0 || isTruncated) throw new Error('There are live channels.');
    },
  },
];
