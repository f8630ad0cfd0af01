/** The judge is judged: histories whose verdict is known, each with its mirror image. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createChance } from '../../support/chance.ts';
import { type Call, checkHistory, type Model, shrinkHistory } from './checker.ts';
import { judgeHistory } from './judge.ts';
import type { Answer, CertificateRequest, ListedDomain, Operation, Scene } from './model.ts';

const [x, y, z] = ['x', 'y', 'z'] as const;
const domain = 'a.example';
const done: Answer = { kind: 'done' };
const refused = (code: string): Answer => ({ kind: 'refused', code });
const token = (text: string): Answer => ({ kind: 'token', token: text });
const list = (...domains: ListedDomain[]): Answer => ({ kind: 'list', domains });

/** x and z are of one account, y of another. Certificates 1 and 2 are of the first. */
function sceneOf(
  transfer: Scene['transfer'] = 'deny',
  domains: readonly string[] = [domain],
): Scene {
  const first = (fingerprint: string) => ({ accountId: 'one', fingerprint });
  return {
    domains,
    buckets: new Map([
      [x, 'one'],
      [y, 'two'],
      [z, 'one'],
    ]),
    transfer,
    certificates: new Map([
      ['1-r', first('F1')],
      ['2-r', first('F2')],
      ['3-r', { accountId: 'two', fingerprint: 'F1' }],
    ]),
  };
}

type Written = { readonly span: readonly [number, number]; readonly operation: Operation };

const by = { client: 0, node: 0 };
const create = (bucket: string, answer?: Answer): Operation => ({
  ...by,
  kind: 'CreateCnameToken',
  bucket,
  domain,
  ...(answer ? { answer } : {}),
});
const get = (bucket: string, answer: Answer): Operation => ({
  ...by,
  kind: 'GetCnameToken',
  bucket,
  domain,
  answer,
});
const put = (
  bucket: string,
  answer?: Answer,
  certificate: CertificateRequest = { form: 'none' },
): Operation => ({
  ...by,
  kind: 'PutCname',
  bucket,
  domain,
  certificate,
  ...(answer ? { answer } : {}),
});
const remove = (bucket: string, answer?: Answer): Operation => ({
  ...by,
  kind: 'DeleteCname',
  bucket,
  domain,
  ...(answer ? { answer } : {}),
});
const listed = (bucket: string, answer: Answer): Operation => ({
  ...by,
  kind: 'ListCname',
  bucket,
  answer,
});
const publish = (text: string): Operation => ({
  ...by,
  kind: 'publish',
  domain,
  token: text,
  answer: done,
});

const bound = (id: string, fingerprint: string, type = 'Upload'): ListedDomain => ({
  domain,
  status: 'Enabled',
  certificate: { id, fingerprint, type },
});
const mapped: ListedDomain = { domain, status: 'Enabled' };
const gone: ListedDomain = { domain, status: 'Disabled' };
const inline = (fingerprint: string, previous?: string): CertificateRequest => ({
  form: 'inline',
  fingerprint,
  number: 0,
  isForced: false,
  ...(previous ? { previous } : {}),
});

/** One after the other, at moments 0, 1, 2 ... */
const inTurn = (...operations: Operation[]): Written[] =>
  operations.map((operation, index) => ({ span: [2 * index, 2 * index + 1], operation }));
const at = (from: number, to: number, operation: Operation): Written => ({
  span: [from, to],
  operation,
});
const never = Infinity;

const toCalls = (written: readonly Written[]): Call<Operation>[] =>
  written.map(({ span: [invokedAt, answeredAt], operation }) => ({
    operation,
    invokedAt,
    answeredAt,
  }));
const judge = (written: readonly Written[], scene = sceneOf()) =>
  judgeHistory({ scene, calls: toCalls(written), faults: 'none', cuts: 0 });
const holds = (...args: Parameters<typeof judge>) => assert.ok(judge(...args).isWhole);
const fails = (...args: Parameters<typeof judge>) =>
  assert.throws(() => judge(...args), /not linearizable/);

/** x has the domain after these, at moment 6. */
const claimed = inTurn(create(x, token('t')), publish('t'), put(x, done));

describe('histories of the five operations', () => {
  test('a life of a domain, one call after the other', () => {
    holds(
      inTurn(
        get(x, refused('CnameTokenNotFound')),
        put(x, refused('NeedVerifyDomainOwnership')),
        create(x, token('t')),
        create(x, token('t')),
        put(x, refused('NeedVerifyDomainOwnership')),
        publish('t'),
        put(x, done),
        create(x, refused('NoNeedCreateCnameToken')),
        get(x, refused('CnameTokenNotFound')),
        put(x, done, inline('F1')),
        put(x, refused('InvalidArgument 0018-00000209'), inline('F2')),
        put(x, done, inline('F2', '1-r')),
        listed(x, list(bound('2-r', 'F2'))),
        put(x, done, { form: 'stored', id: '1-r', isForced: true }),
        listed(x, list(bound('1-r', 'F1', 'CAS'))),
        put(x, refused('CertificateInvalidCasId'), { form: 'stored', id: '3-r', isForced: true }),
        put(z, refused('CnameAlreadyExists')),
        put(y, refused('NeedVerifyDomainOwnership')),
        create(y, token('u')),
        publish('u'),
        put(y, refused('CnameDenied')),
        put(x, done, { form: 'unbind' }),
        listed(x, list(mapped)),
        remove(x, done),
        remove(x, done),
        listed(x, list()),
        put(y, done),
        put(x, refused('NeedVerifyDomainOwnership')),
      ),
    );
  });

  test('a proof moves the domain without its certificate', () => {
    const moved = [...claimed.map((each) => each.operation), put(x, done, inline('F1'))].concat([
      create(y, token('u')),
      publish('u'),
      put(y, done),
      listed(y, list(mapped)),
    ]);
    holds(
      inTurn(...moved, listed(x, list(gone)), remove(x, done), listed(x, list())),
      sceneOf('proof'),
    );
    fails(inTurn(...moved.slice(0, -1), listed(y, list(bound('1-r', 'F1')))), sceneOf('proof'));
    fails(inTurn(...moved, listed(x, list())), sceneOf('proof'));
  });

  test('a stale read', () => {
    fails([...claimed, at(6, 7, listed(x, list()))]);
    holds([...claimed.slice(0, 2), at(4, 8, put(x, done)), at(6, 7, listed(x, list()))]);
  });

  test('reads that go back in time', () => {
    const later = [at(5, 6, listed(x, list(mapped))), at(7, 8, listed(x, list()))];
    fails([...claimed.slice(0, 2), at(4, 9, put(x, done)), ...later]);
  });

  test('a lost update', () => {
    fails([...claimed, at(6, 7, put(x, done, inline('F1'))), at(8, 9, listed(x, list(mapped)))]);
  });

  test('a double claim', () => {
    const both = inTurn(create(x, token('t')), publish('t'), create(y, token('u')), publish('u'));
    fails([...both, at(8, 20, put(x, done)), at(9, 21, put(y, done))]);
    holds([...both, at(8, 20, put(x, done)), at(9, 21, put(y, refused('CnameDenied')))]);
    holds([...both, at(8, 20, put(x, refused('CnameDenied'))), at(9, 21, put(y, done))]);
    holds([...both, at(8, 20, put(x, done)), at(9, 21, put(y, done))], sceneOf('proof'));
  });

  test('a token used twice', () => {
    fails([...claimed, at(6, 7, remove(x, done)), at(8, 9, put(x, done))]);
    fails([...claimed, at(6, 7, remove(x, done)), at(8, 9, create(x, token('t')))]);
    holds([...claimed, at(6, 7, remove(x, done)), at(8, 9, create(x, token('v')))]);
  });

  test('a second token while the first lives, and one token of two buckets', () => {
    fails([at(0, 9, create(x, token('t'))), at(1, 8, create(x, token('u')))]);
    fails(inTurn(create(x, token('t')), create(y, token('t'))));
  });

  test('a compare-and-swap that succeeds twice', () => {
    const first = [...claimed, at(6, 7, put(x, done, inline('F1')))];
    const swaps = (answer: Answer) => [
      at(8, 20, put(x, done, inline('F2', '1-r'))),
      at(9, 21, put(x, answer, { form: 'unbind', previous: '1-r' })),
    ];
    fails([...first, ...swaps(done)]);
    holds([...first, ...swaps(refused('InvalidArgument 0018-00000209'))]);
  });

  test('a refusal that no order explains: both claims of one bucket were allowed', () => {
    const ready = claimed.slice(0, 2);
    fails([
      ...ready,
      at(4, 20, put(x, done)),
      at(5, 21, put(x, refused('NeedVerifyDomainOwnership'))),
    ]);
    holds([...ready, at(4, 20, put(x, done)), at(5, 21, put(x, done))]);
  });

  test('a call that happens to change nothing early may have changed much later', () => {
    holds([
      ...claimed.slice(0, 2),
      at(4, 30, remove(x, done)),
      at(5, 20, put(x, done)),
      at(21, 29, put(x, refused('NeedVerifyDomainOwnership'))),
    ]);
  });

  test('a list that mixes two moments shows only in the whole history', () => {
    const other = 'b.example';
    const onOther = (operation: Operation) => ({ ...operation, domain: other }) as Operation;
    const ready = inTurn(
      create(x, token('t')),
      publish('t'),
      onOther(create(x, token('u'))),
      onOther(publish('u')),
    );
    const claims = [at(10, 11, put(x, done)), at(12, 13, onOther(put(x, done)))];
    const look = (...domains: string[]) =>
      at(9, 20, listed(x, list(...domains.map((name) => ({ domain: name, status: 'Enabled' })))));
    const scene = sceneOf('deny', [domain, other]);
    fails([...ready, ...claims, look(other)], scene);
    for (const seen of [[], [domain], [domain, other]])
      holds([...ready, ...claims, look(...seen)], scene);
  });
});

describe('calls without an answer', () => {
  test('take effect late, or never', () => {
    const open = [...claimed.slice(0, 2), at(4, never, put(x))];
    holds([...open, at(6, 7, listed(x, list())), at(8, 9, listed(x, list(mapped)))]);
    holds([...open, at(6, 7, listed(x, list())), at(8, 9, listed(x, list()))]);
  });

  test('take effect once, and not before they begin', () => {
    const open = [...claimed.slice(0, 2), at(4, never, put(x))];
    fails([...open, at(6, 7, listed(x, list(mapped))), at(8, 9, listed(x, list()))]);
    fails([...claimed.slice(0, 2), at(6, 7, listed(x, list(mapped))), at(8, never, put(x))]);
    holds([
      ...open,
      at(5, never, remove(x)),
      at(6, 7, listed(x, list(mapped))),
      at(8, 9, listed(x, list())),
    ]);
  });

  test('a token that nobody was told is the one that the next answer shows', () => {
    const open = at(0, never, create(x));
    holds([open, at(2, 3, get(x, token('t'))), at(4, 5, create(x, token('t')))]);
    fails([open, at(2, 3, get(x, token('t'))), at(4, 5, create(x, token('u')))]);
    fails([at(2, 3, get(x, token('t')))]);
  });
});

/** A register: writes of numbers and reads, for histories made at random. */
type Register = { readonly write: number } | { readonly read: number };
const register: Model<number, Register> = {
  initial: 0,
  keyOf: String,
  step: (state, operation) =>
    'write' in operation ? operation.write : operation.read === state ? state : undefined,
  isWithoutEffect: (operation) => 'read' in operation,
};

/** Every order is tried: slow, and too simple to be wrong. */
function isLinearizable(calls: readonly Call<Register>[], state = 0): boolean {
  if (calls.every(({ answeredAt }) => answeredAt === Infinity)) return true;
  return calls.some((call) => {
    if (calls.some((other) => other.answeredAt < call.invokedAt)) return false;
    const after = register.step(state, call.operation);
    return (
      after !== undefined &&
      isLinearizable(
        calls.filter((other) => other !== call),
        after,
      )
    );
  });
}

test('agrees with a search of all orders', (context) => {
  const seed = Date.now() % 1_000_000_000;
  context.diagnostic(`seed ${seed}`);
  const chance = createChance(seed);
  const seen = { linearizable: 0, violated: 0 };
  for (let round = 0; round < 2_000; round++) {
    const calls = Array.from({ length: 2 + chance.int(5) }, (): Call<Register> => {
      const invokedAt = chance.int(1000) / 100 + chance.int(1000) / 1e6;
      const isOpen = chance.one(6);
      return {
        operation: chance.one(2) ? { write: chance.int(3) } : { read: chance.int(3) },
        invokedAt,
        answeredAt: isOpen ? Infinity : invokedAt + 0.1 + chance.int(400) / 100,
      };
    });
    const expected = isLinearizable(calls) ? 'linearizable' : 'violated';
    assert.equal(checkHistory(register, calls).verdict, expected, JSON.stringify(calls));
    seen[expected]++;
    if (expected === 'linearizable') continue;
    const small = shrinkHistory(register, calls, (operation) => operation);
    assert.ok(!isLinearizable(small), 'what is left shows nothing');
  }
  assert.ok(Math.min(seen.linearizable, seen.violated) > 200, JSON.stringify(seen));
});

test('gives up a search that grows too large, and says so', () => {
  const wide = Array.from({ length: 40 }, (_, number) => ({
    operation: { write: number },
    invokedAt: number,
    answeredAt: 100 + number,
  }));
  const impossible = { operation: { read: -1 }, invokedAt: 200, answeredAt: 201 };
  assert.equal(checkHistory(register, [...wide, impossible], 1_000).verdict, 'too-large');
});

test('a violation is told by the calls that show it and no others', () => {
  const noise = Array.from({ length: 20 }, (_, index) =>
    at(7 + index / 100, 7.5 + index / 100, get(y, refused('CnameTokenNotFound'))),
  );
  const history = [
    ...claimed,
    ...noise,
    at(10, 11, listed(x, list())),
    at(12, 13, remove(x, done)),
  ];
  assert.throws(
    () => judge(history),
    ({ message }: Error) => {
      assert.equal(message.split('\n').length, 1 + claimed.length + 1, message);
      return /client 0 on node 0: ListCname/.test(message) && !/DeleteCname/.test(message);
    },
  );
});
