import { strict as assert } from 'node:assert/strict';
import { test } from 'node:test';
import { BadDatabaseUrl, describePostgresUrl } from '../../../src/stores/index.ts';
import { readPostgresUrl } from '../../../src/stores/postgres/address.ts';

const read = (url: string) => readPostgresUrl(url, () => Buffer.from('a certificate'));

test('an address says account, place, name and how the connection is secured', () => {
  const plain = read('postgres://ann:p%40ss@db.example.com:6543/shop');
  assert.deepEqual(plain.connection, {
    host: 'db.example.com',
    port: 6543,
    user: 'ann',
    password: 'p@ss',
    database: 'shop',
    ssl: false,
  });
  const full = 'postgresql://a:b@[::1]/c?sslmode=verify-full&sslrootcert=/etc/ca.pem';
  const { connection } = read(`${full}&connections=3&prepare=off`);
  assert.equal(connection.host, '::1');
  assert.equal(connection.port, 5432);
  assert.deepEqual(connection.ssl, { ca: Buffer.from('a certificate'), servername: '::1' });
  assert.equal(read(`${full}&connections=3`).connectionsMax, 3);
  assert.equal(read(`${full}&prepare=off`).isPreparing, false);
  assert.equal(read('postgres://a@localhost/c?host=/run/pg').connection.host, '/run/pg');
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
