import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { MappedDomain } from '../../../src/cname/index.ts';
import { createHostResolver, parseTarget, type ResolvedHost } from '../../../src/hosts/index.ts';
import { createPace } from '../../../src/world/index.ts';
import { createTestWorld } from '../../support/world.ts';

/** What is mapped, for the purpose of these tests: only the name of the bucket matters. */
function mappingOf(bucket: string): MappedDomain {
  return {
    cname: {
      domain: 'img.shop.example',
      bucketId: 1,
      accountId: '1',
      type: 'CNAME_OSS',
      status: 'Enabled',
      isPurgeCdnCache: false,
      mappedAt: 0,
      binding: undefined,
    },
    bucket: {
      id: 1,
      name: bucket,
      accountId: '1',
      acl: 'private',
      storageClass: 'Standard',
      redundancy: 'LRS',
      documents: [],
      versioning: undefined,
      createdAt: 0,
    },
  };
}

const mapped = mappingOf('photos');
const asked: string[] = [];
const resolver = createHostResolver({
  endpoints: ['oss.test', 'eu.oss.test'],
  // Every name is mapped here, also those that must never be looked up.
  findMappedDomain: async (domain) => {
    asked.push(domain);
    return domain.endsWith('.nobody.example') ? undefined : mapped;
  },
  strangers: createPace(createTestWorld(), 100_000),
});

const endpoint: ResolvedHost = { kind: 'endpoint' };
const bucket = (name: string): ResolvedHost => ({ kind: 'bucket', bucket: name });

describe('hosts', () => {
  const cases: [string, ResolvedHost['kind'] | ResolvedHost][] = [
    ['oss.test', endpoint],
    ['OSS.Test.:9080', endpoint],
    ['eu.oss.test', endpoint],
    ['localhost', endpoint],
    ['localhost:9080', endpoint],
    ['127.0.0.1', endpoint],
    ['127.0.0.1:9080', endpoint],
    ['[::1]:9080', endpoint],
    ['10.1.2.3', endpoint],
    ['photos.oss.test', bucket('photos')],
    ['PHOTOS.oss.test:80', bucket('photos')],
    ['photos.eu.oss.test', bucket('photos')],
    ['a.b.oss.test', bucket('a.b')],
    ['photos.localhost', bucket('photos')],
    ['.oss.test', endpoint],
    ['.oss-cn-hangzhou.aliyuncs.com', endpoint],
    ['oss-cn-hangzhou.aliyuncs.com', endpoint],
    ['photos.oss-cn-hangzhou.aliyuncs.com', bucket('photos')],
    ['photos.oss-us-west-1-internal.aliyuncs.com', bucket('photos')],
    ['photos.oss-accelerate.aliyuncs.com', bucket('photos')],
    ['photos.oss-accelerate-overseas.aliyuncs.com', bucket('photos')],
    ['photos.cn-hangzhou.oss.aliyuncs.com', bucket('photos')],
    ['oss-data.oss-cn-hangzhou.aliyuncs.com', bucket('oss-data')],
    ['img.shop.example', 'mapped'],
    ['IMG.Shop.Example.:443', 'mapped'],
    ['ecs.aliyuncs.com', 'mapped'],
    ['xoss.test', 'mapped'],
    ['oss.test.evil.example', 'mapped'],
    ['www.nobody.example', { kind: 'unknown', name: 'www.nobody.example' }],
    ['photos', 'mapped'],
    ['.shop.example', 'bad'],
    ['a..b', 'bad'],
    ['127.1', 'bad'],
    ['0x7f.0.0.1', 'bad'],
    ['oss.test:99999', 'bad'],
    ['oss.test:80:80', 'bad'],
    ['-a.example', 'bad'],
    ['a_b.example', 'bad'],
    ['oss.test..', 'bad'],
    ['[::1', 'bad'],
    ['', 'bad'],
  ];
  for (const [host, expected] of cases) {
    const what = typeof expected === 'string' ? expected : expected.kind;
    test(`${JSON.stringify(host)} is ${what}`, async () => {
      const resolved = await resolver.resolve(host);
      if (typeof expected === 'string') assert.equal(resolved.kind, expected);
      else assert.deepEqual(resolved, expected);
    });
  }

  test('endpoints and what is below them are never looked up', async () => {
    asked.length = 0;
    for (const [host, expected] of cases) {
      if (expected === endpoint || (typeof expected === 'object' && expected.kind === 'bucket')) {
        await resolver.resolve(host);
      }
    }
    assert.deepEqual(asked, []);
  });

  test('a mapping is looked up by its canonical name', async () => {
    asked.length = 0;
    await resolver.resolve('IMG.Shop.Example.:443');
    assert.deepEqual(asked, ['img.shop.example']);
  });

  test('an endpoint that is no host name is refused at the start', () => {
    assert.throws(
      () =>
        createHostResolver({
          endpoints: ['a b'],
          findMappedDomain: async () => undefined,
          strangers: createPace(createTestWorld(), 1),
        }),
      /"a b" is not a host name/,
    );
  });

  test('unknown ones wait their turn; too many are refused, and nobody else is', async () => {
    const turns: ((isIn: boolean) => void)[] = [];
    const turn = () => new Promise<boolean>((resolve) => void turns.push(resolve));
    const paced = createHostResolver({
      endpoints: ['oss.test'],
      findMappedDomain: async (domain) => (domain === 'img.shop.example' ? mapped : undefined),
      strangers: { turn, turnNow: () => false },
    });
    const waiting = [paced.resolve('one.invented'), paced.resolve('two.invented')];
    for (const known of ['img.shop.example', 'oss.test', 'photos.oss.test', '127.0.0.1']) {
      assert.ok(['mapped', 'endpoint', 'bucket'].includes((await paced.resolve(known)).kind));
    }
    assert.equal(turns.length, 2);
    turns[0]?.(true);
    turns[1]?.(false);
    const [unknown, crowded] = await Promise.all(waiting);
    assert.deepEqual(unknown, { kind: 'unknown', name: 'one.invented' });
    assert.deepEqual(crowded, { kind: 'crowded' });
    assert.throws(() => parseTarget({ kind: 'crowded' }, { rawPath: '/' }), {
      code: 'ServiceUnavailable',
      closeConnection: true,
    });
  });

  test('no text makes the resolver throw', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 300 }), async (host) => {
        const { kind } = await resolver.resolve(host);
        assert.ok(['endpoint', 'bucket', 'mapped', 'unknown', 'bad'].includes(kind));
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('targets', () => {
  const at = (resolved: ResolvedHost, rawPath: string) => {
    const { level, bucket: name, key, addressing } = parseTarget(resolved, { rawPath });
    return [level, name, key, addressing];
  };
  const inBucket = bucket('photos');
  const onDomain: ResolvedHost = { kind: 'mapped', mapping: mapped };
  const cases: [ResolvedHost, string, [string, string, string, string]][] = [
    [endpoint, '/', ['service', '', '', 'service']],
    [endpoint, '/photos', ['bucket', 'photos', '', 'path']],
    [endpoint, '/photos/', ['bucket', 'photos', '', 'path']],
    [endpoint, '/photos/a/b', ['object', 'photos', 'a/b', 'path']],
    [endpoint, '/photos//a', ['object', 'photos', '/a', 'path']],
    [endpoint, '//a', ['object', '', 'a', 'path']],
    [endpoint, '/photos%2Fa', ['bucket', 'photos/a', '', 'path']],
    [inBucket, '/', ['bucket', 'photos', '', 'virtual-host']],
    [inBucket, '/a/b', ['object', 'photos', 'a/b', 'virtual-host']],
    [inBucket, '/a%2Fb', ['object', 'photos', 'a/b', 'virtual-host']],
    [inBucket, '/../b/./c//d/', ['object', 'photos', '../b/./c//d/', 'virtual-host']],
    [inBucket, '/%2e%2e/b', ['object', 'photos', '../b', 'virtual-host']],
    [inBucket, '/a+b%2Bc', ['object', 'photos', 'a+b+c', 'virtual-host']],
    [inBucket, '/a%20b', ['object', 'photos', 'a b', 'virtual-host']],
    [inBucket, '/%2541', ['object', 'photos', '%41', 'virtual-host']],
    [inBucket, '/%E4%BD%A0', ['object', 'photos', '\u4f60', 'virtual-host']],
    [inBucket, '/%EF%BB%BFa', ['object', 'photos', '\ufeffa', 'virtual-host']],
    [inBucket, '/%F0%9F%98%80', ['object', 'photos', '\u{1f600}', 'virtual-host']],
    [inBucket, '/%00', ['object', 'photos', '\0', 'virtual-host']],
    [onDomain, '/', ['bucket', 'photos', '', 'mapped-domain']],
    [onDomain, '/photos/a', ['object', 'photos', 'photos/a', 'mapped-domain']],
  ];
  for (const [resolved, rawPath, expected] of cases) {
    test(`${rawPath} on ${resolved.kind} is ${expected.join(' ')}`, () => {
      assert.deepEqual(at(resolved, rawPath), expected);
    });
  }

  test('the mapping comes with the target', () => {
    assert.equal(parseTarget(onDomain, { rawPath: '/a' }).mapping, mapped);
  });

  const refused: [ResolvedHost, string, string][] = [
    [inBucket, '/%', 'InvalidURI'],
    [inBucket, '/a%2', 'InvalidURI'],
    [inBucket, '/%g0', 'InvalidURI'],
    [inBucket, '/% 0', 'InvalidURI'],
    [inBucket, '/%C4%E3', 'InvalidArgument'],
    [inBucket, '/%ED%A0%80', 'InvalidArgument'],
    [inBucket, '/%C0%AF', 'InvalidArgument'],
    [inBucket, '/%F5%80%80%80', 'InvalidArgument'],
    [endpoint, '/%FF/a', 'InvalidArgument'],
    [{ kind: 'unknown', name: 'x.example' }, '/photos/a', 'NoSuchBucket'],
    [{ kind: 'bad', problem: 'empty' }, '/', 'BadHost'],
  ];
  for (const [resolved, rawPath, code] of refused) {
    test(`${rawPath} on ${resolved.kind} is refused: ${code}`, () => {
      assert.throws(
        () => parseTarget(resolved, { rawPath }),
        (error: { code?: string; fields?: object }) => {
          assert.equal(error.code, code);
          // A host nobody mapped says nothing about buckets (DESIGN ruling 19).
          if (code === 'NoSuchBucket') assert.deepEqual(error.fields, {});
          return true;
        },
      );
    });
  }

  test('every key survives encoding and decoding', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (key) => {
        const rawPath = `/${encodeURIComponent(key)}`;
        assert.equal(parseTarget(inBucket, { rawPath }).key, key);
      }),
    );
  });
});
