import { strict as assert } from 'node:assert/strict';
import { test } from 'node:test';
import { BadDatabaseUrl, describePostgresUrl } from '../../../src/stores/index.ts';
import { readPostgresUrl } from '../../../src/stores/postgres/address.ts';

const read = (url: string) => readPostgresUrl(url, () => Buffer.from('a certificate'));

const hosts = (url: string) => read(url).hosts.map(({ host, port }) => `${host} ${port}`);

test('an address says account, place, name and how the connection is secured', () => {
  const plain = read('postgres://ann:p%40ss@db.example.com:6543/shop');
  assert.deepEqual(plain.hosts, [{ host: 'db.example.com', port: 6543, ssl: false }]);
  assert.deepEqual(plain.account, { user: 'ann', password: 'p@ss', database: 'shop' });
  assert.ok(plain.isWritable && plain.isListening && plain.isPreparing);
  const full = 'postgresql://a:b@[::1]/c?sslmode=verify-full&sslrootcert=/etc/ca.pem';
  assert.deepEqual(hosts(full), ['::1 5432']);
  assert.deepEqual(read(full).hosts[0]?.ssl, { ca: Buffer.from('a certificate'), host: '::1' });
  assert.equal(read(`${full}&connections=3`).connectionsMax, 3);
  assert.equal(read(`${full}&prepare=off`).isPreparing, false);
  assert.equal(read(`${full}&listen=off`).isListening, false);
  assert.equal(read(`${full}&target_session_attrs=any`).isWritable, false);
  assert.deepEqual(hosts('postgres://a@localhost/c?host=/run/pg'), ['/run/pg 5432']);
  assert.deepEqual(hosts('postgres:///c'), ['localhost 5432']);
});

test('an address names several hosts, as libpq has it, each secured by its own name', () => {
  const url = 'postgres://ann:a:b@one:5433,two,[2001:db8::3]:5434/shop?sslmode=verify-full';
  assert.deepEqual(hosts(url), ['one 5433', 'two 5432', '2001:db8::3 5434']);
  assert.deepEqual(
    read(url).hosts.map(({ ssl }) => (ssl as { host: string }).host),
    ['one', 'two', '2001:db8::3'],
  );
  assert.equal(read(url).account.password, 'a:b');
  assert.equal(read('postgres://ann:a@b@one,two/shop').account.password, 'a@b');
  assert.equal(describePostgresUrl(url), 'postgres://one:5433,two,[2001:db8::3]:5434/shop');
});

test('what cannot be read is refused with the reason and without the password', () => {
  for (const url of [
    'mysql://a:hush@b/c',
    'postgres://a:hush@b',
    'postgres://a:hush@b/',
    'postgres://a:hush@b/c?sslmode=prefer',
    'postgres://a:hush@b/c?ssl=true',
    'postgres://a:hush@b/c?connections=0',
    'postgres://a:hush%zz@b/c',
    'postgres://a:hu/sh@b/c',
    'postgres://a:hush@b:0/c',
    'postgres://a:hush@b:99999/c',
    'postgres://a:hush@b:5432:hush/c',
    'postgres://a:hush@one, two/c',
    `postgres://a:hush@${Array.from({ length: 17 }, (_, host) => `h${host}`).join()}/c`,
    'postgres://a:hush@b/c?listen=never',
    'postgres://a:hush@b/c?prepare=hush',
    'postgres://a:hush@b/c?target_session_attrs=standby',
  ]) {
    assert.throws(
      () => read(url),
      (error: Error) => error instanceof BadDatabaseUrl && !error.message.includes('hush'),
      url,
    );
  }
});

test('an address is shown without password and parameters', () => {
  const shown = describePostgresUrl('postgres://ann:hush@db:1/shop?sslrootcert=/x&connections=2');
  assert.equal(shown, 'postgres://db:1/shop');
});
