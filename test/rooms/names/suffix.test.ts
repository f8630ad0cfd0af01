import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isPublicSuffix, registrableDomain } from '../../../src/names/index.ts';

describe('the public suffix list', () => {
  const check = (domain: string, section: 'icann' | 'private' | 'none', registrable?: string) =>
    it(`${domain}: ${section}, registrable ${registrable ?? 'not at all'}`, () => {
      assert.equal(isPublicSuffix(domain, 'icann'), section === 'icann');
      assert.equal(isPublicSuffix(domain, 'private'), section === 'private');
      assert.equal(registrableDomain(domain), registrable);
    });
  check('com', 'icann');
  check('co.uk', 'icann');
  check('com.cn', 'icann');
  check('xn--fiqs8s', 'icann');
  check('anything.ck', 'icann');
  check('www.ck', 'none', 'www.ck');
  check('github.io', 'private', 'github.io');
  check('blogspot.com', 'private', 'blogspot.com');
  check('someone.github.io', 'none', 'github.io');
  check('example.com', 'none', 'example.com');
  check('a.b.example.com', 'none', 'example.com');
  check('shop.example.co.uk', 'none', 'example.co.uk');
  check('shop.example.com.cn', 'none', 'example.com.cn');
  check('nas.lan', 'none', 'nas.lan');
  check('a.b.lan', 'none', 'b.lan');
  check('lan', 'none');
});
