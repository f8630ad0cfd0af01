/** Which addresses a caller may make this server call. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPublicAddress, plainAddress } from '../../../src/outbound/addresses.ts';
import { createAllowList } from '../../../src/outbound/index.ts';

test('addresses of the Internet are open', () => {
  const open = [
    '1.1.1.1',
    '8.8.8.8',
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '172.15.255.255',
    '172.32.0.0',
    '192.167.255.255',
    '223.255.255.255',
    '2606:4700::1111',
    '2400:3200::1',
    '::ffff:1.1.1.1',
    '64:ff9b::101:101',
  ];
  for (const address of open) assert.equal(isPublicAddress(address), true, address);
});

test('addresses of this machine, its network and its cloud are closed, however written', () => {
  const closed = [
    '0.0.0.0',
    '10.1.2.3',
    '100.100.100.200',
    '127.0.0.1',
    '127.255.255.254',
    '168.63.129.16',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.0.0.8',
    '192.168.1.1',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::127.0.0.1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '0:0:0:0:0:FFFF:7F00:0001',
    '::ffff:a9fe:a9fe',
    '::ffff:0:127.0.0.1',
    '64:ff9b::7f00:1',
    '64:ff9b::10.0.0.1',
    '64:ff9b:1::a00:1',
    'fc00::1',
    'fd00:ec2::254',
    'fe80::1',
    'fe80::1%eth0',
    'fec0::1',
    'ff02::1',
    '2001::1',
    '2001:db8::1',
    '2002:7f00:1::',
    'localhost',
    '',
  ];
  for (const address of closed) assert.equal(isPublicAddress(address), false, address);
});

test('one address has one text', () => {
  assert.equal(plainAddress('::ffff:7f00:1'), '127.0.0.1');
  assert.equal(plainAddress('2606:4700:0:0::1111'), '2606:4700::1111');
  assert.equal(plainAddress('fe80::1%eth0'), 'fe80::1');
  assert.equal(plainAddress('1.2.3'), undefined);
});

test('the operator lets through addresses, networks and names', () => {
  const allowed = createAllowList(['127.0.0.1', '10.0.0.0/8', 'fd00::/8', 'Hook.lan']);
  for (const address of ['127.0.0.1', '::ffff:127.0.0.1', '10.9.9.9', 'fd12::1']) {
    assert.equal(allowed.hasAddress(address), true, address);
  }
  for (const address of ['127.0.0.2', '11.0.0.1', 'fe80::1', 'nonsense']) {
    assert.equal(allowed.hasAddress(address), false, address);
  }
  assert.equal(allowed.hasName('hook.LAN'), true);
  assert.equal(allowed.hasName('sub.hook.lan'), false);
});
