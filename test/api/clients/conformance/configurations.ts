/**
 * Rules of a bucket that the client has no methods for: its users send the documents by its generic
 * request, which addresses and signs them.
 */
import assert from 'node:assert/strict';
import { type Proof, type Scenario, type Stage, textOf } from './scenario.ts';

const element = (name: string, inner: string): string => `<${name}>${inner}</${name}>`;
const byRequest = (...operations: string[]): Proof[] =>
  operations.map((operation) => [operation, 'request']);

interface Configuration {
  readonly noun: string;
  readonly verbs: readonly ('Put' | 'Get' | 'Delete')[];
  readonly query: Readonly<Record<string, string>>;
  readonly plain?: Readonly<Record<string, string>>;
  readonly body: string;
  /** What reading it must show, besides the document's root. */
  readonly shown: RegExp;
}

const configurations: readonly Configuration[] = [
  {
    noun: 'BucketAccessMonitor',
    verbs: ['Put', 'Get'],
    query: {},
    plain: { accessmonitor: '' },
    body: element('AccessMonitorConfiguration', element('Status', 'Enabled')),
    shown: /<Status>Enabled</,
  },
  {
    noun: 'BucketTransferAcceleration',
    verbs: ['Put', 'Get'],
    query: { transferAcceleration: '' },
    body: element('TransferAccelerationConfiguration', element('Enabled', 'true')),
    shown: /<Enabled>true</,
  },
  {
    noun: 'BucketArchiveDirectRead',
    verbs: ['Put', 'Get'],
    query: { bucketArchiveDirectRead: '' },
    body: element('ArchiveDirectReadConfiguration', element('Enabled', 'true')),
    shown: /<Enabled>true</,
  },
  {
    noun: 'BucketResourceGroup',
    verbs: ['Put', 'Get'],
    query: { resourceGroup: '' },
    body: element('BucketResourceGroupConfiguration', element('ResourceGroupId', 'rg-default')),
    shown: /<ResourceGroupId>rg-default</,
  },
  {
    noun: 'BucketHttpsConfig',
    verbs: ['Put', 'Get'],
    query: { httpsConfig: '' },
    body: element(
      'HttpsConfiguration',
      element('TLS', element('Enable', 'true') + element('TLSVersion', 'TLSv1.2')),
    ),
    shown: /<TLSVersion>TLSv1.2</,
  },
  {
    noun: 'BucketPublicAccessBlock',
    verbs: ['Put', 'Get', 'Delete'],
    query: { publicAccessBlock: '' },
    body: element('PublicAccessBlockConfiguration', element('BlockPublicAccess', 'true')),
    shown: /<BlockPublicAccess>true</,
  },
  {
    noun: 'UserDefinedLogFieldsConfig',
    verbs: ['Put', 'Get', 'Delete'],
    query: { userDefinedLogFieldsConfig: '' },
    body: element(
      'UserDefinedLogFieldsConfiguration',
      element('HeaderSet', element('header', 'h1')),
    ),
    shown: /<header>h1</,
  },
  {
    noun: 'BucketOverwriteConfig',
    verbs: ['Put', 'Get', 'Delete'],
    query: { overwriteConfig: '' },
    body: element(
      'OverwriteConfiguration',
      element('Rule', element('ID', '1') + element('Action', 'forbid') + element('Prefix', 'no/')),
    ),
    shown: /<Action>forbid</,
  },
  {
    noun: 'BucketCallbackPolicy',
    verbs: ['Put', 'Get', 'Delete'],
    query: { policy: '', comp: 'callback' },
    body: element(
      'BucketCallbackPolicy',
      element('PolicyItem', element('PolicyName', 'first') + element('Callback', 'e30=')),
    ),
    shown: /<PolicyName>first</,
  },
  {
    noun: 'BucketQosInfo',
    verbs: ['Put', 'Get', 'Delete'],
    query: { qosInfo: '' },
    body: element('QoSConfiguration', element('TotalQps', '100')),
    shown: /<TotalQps>100</,
  },
  {
    noun: 'BucketRequesterQosInfo',
    verbs: ['Put', 'Get', 'Delete'],
    query: { requesterQosInfo: '', qosRequester: '7' },
    body: element('QoSConfiguration', element('TotalQps', '100')),
    shown: /<Requester>7</,
  },
  {
    noun: 'Style',
    verbs: ['Put', 'Get', 'Delete'],
    query: { style: '', styleName: 'small' },
    body: element('Style', element('Content', 'image/resize,w_200')),
    shown: /<Content>image\/resize,w_200</,
  },
];

/** What lists some of these, and what must be in the list between Put and Delete. */
const lists: Readonly<Record<string, readonly [string, Readonly<Record<string, string>>, RegExp]>> =
  {
    Style: ['ListStyle', { style: '' }, /<Name>small</],
    BucketRequesterQosInfo: [
      'ListBucketRequesterQosInfos',
      { requesterQosInfo: '' },
      /<Requester>7</,
    ],
  };

const conversations: readonly Scenario[] = configurations.map(
  ({ noun, verbs, query, plain = {}, body, shown }) => {
    const list = lists[noun];
    return {
      title: `writes and reads ${noun}`,
      where: 'everywhere',
      answers: byRequest(
        ...verbs.map((verb) => `${verb}${noun}`),
        ...(list === undefined ? [] : [list[0]]),
      ),
      async run({ request }) {
        await request({ method: 'PUT', query, plain, body });
        assert.match(await request({ method: 'GET', query, plain }), shown);
        if (list !== undefined) {
          assert.match(await request({ method: 'GET', query: list[1] }), list[2]);
        }
        if (!verbs.includes('Delete')) return;
        await request({ method: 'DELETE', query });
        const after = await request({ method: 'GET', query }).catch(({ code }) => String(code));
        assert.doesNotMatch(after, shown);
      },
    };
  },
);

async function redundancy({ request }: Stage): Promise<void> {
  const all = { redundancyTransition: '' };
  const target = { ...all, 'x-oss-target-redundancy-type': 'ZRS' };
  const taskId = textOf(await request({ method: 'POST', query: target }), 'TaskId');
  const query = { ...all, 'x-oss-redundancy-transition-taskid': taskId };
  const shown = await request({ method: 'GET', query });
  assert.deepEqual([textOf(shown, 'TaskId'), textOf(shown, 'Status')], [taskId, 'Finished']);
  assert.equal(textOf(await request({ method: 'GET', query: all }), 'TaskId'), taskId);
  await request({ method: 'DELETE', query });
}

async function domains({ request, bucket }: Stage): Promise<void> {
  const domain = `spare.${bucket}.test`;
  const body = element('BucketCnameConfiguration', element('Cname', element('Domain', domain)));
  const post = (comp: string) => request({ method: 'POST', query: { cname: '', comp }, body });
  const token = textOf(await post('token'), 'Token');
  assert.match(token, /^[0-9a-f]{32}$/);
  const again = await request({ method: 'GET', query: { comp: 'token', cname: domain } });
  assert.equal(textOf(again, 'Token'), token);
  const list = () => request({ method: 'GET', query: { cname: '' } });
  await post('add');
  assert.match(await list(), new RegExp(`<Domain>${domain}</Domain>`));
  await post('delete');
  assert.doesNotMatch(await list(), new RegExp(`<Domain>${domain}</Domain>`));
}

export const configurationScenarios: readonly Scenario[] = [
  ...conversations,
  {
    title: 'changes the data redundancy',
    where: 'everywhere',
    answers: byRequest(
      'CreateBucketDataRedundancyTransition',
      'GetBucketDataRedundancyTransition',
      'ListBucketDataRedundancyTransition',
      'DeleteBucketDataRedundancyTransition',
    ),
    run: redundancy,
  },
  {
    title: 'maps a domain of its own and lets it go',
    where: 'everywhere',
    answers: byRequest('CreateCnameToken', 'GetCnameToken', 'PutCname', 'ListCname', 'DeleteCname'),
    run: domains,
  },
];
