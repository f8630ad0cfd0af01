/** The check list of custom-domain.md 13, line 16: the list of what is mapped. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  type Call,
  expectOk,
  inline,
  openStage,
  type Place,
  type Stage,
  ways,
} from './check-list/stage.ts';

let stage: Stage;

before(async () => {
  stage = await openStage();
});
after(() => stage.close());

describe('16. ListCname, byte for byte', () => {
  const lines = (...all: readonly string[]): string =>
    ['<?xml version="1.0" encoding="UTF-8"?>', ...all, ''].join('\n');
  const entry = (place: Pick<Place, 'domain'>, at: string, ...more: readonly string[]) => [
    '  <Cname>',
    `    <Domain>${place.domain}</Domain>`,
    `    <LastModified>${at}</LastModified>`,
    '    <Status>Enabled</Status>',
    '    <IsPurgeCdnCache>false</IsPurgeCdnCache>',
    ...more,
    '  </Cname>',
  ];
  const list: Call = { query: { cname: undefined } };

  for (const way of ways) {
    test(way.name, async () => {
      const place = await stage.place(way);
      const iso = () => new Date(stage.world.clock.now()).toISOString();
      const head = [
        '<ListCnameResult>',
        `  <Bucket>${place.bucket}</Bucket>`,
        `  <Owner>${place.owner.accountId}</Owner>`,
      ];
      const tail = '</ListCnameResult>';
      const empty = await stage.place({ ...way, addressing: 'path' }, place.owner);
      const emptyHead = head.map((line) => line.replace(place.bucket, empty.bucket));
      assert.equal((await expectOk(empty.call(list))).text, lines(...emptyHead, tail));

      stage.world.advance(90_061_000);
      const domains = ['b', 'a', 'c'].map((label) => `${label}.${place.domain}`);
      for (const domain of domains) {
        await place.prove(domain);
        await expectOk(place.put(undefined, domain));
      }
      const mappedAt = iso();
      stage.world.advance(7_000);
      const bound = await stage.issue([`b.${place.domain}`], {
        notBefore: Date.UTC(2026, 10, 1),
        notAfter: Date.UTC(2036, 0, 30, 23, 59, 59),
      });
      await expectOk(place.put(inline(bound), `b.${place.domain}`));
      const boundAt = new Date(stage.world.clock.now()).toUTCString();
      const certificate = [
        '    <Certificate>',
        '      <Type>Upload</Type>',
        `      <CertId>${await place.certId(`b.${place.domain}`)}</CertId>`,
        '      <Status>Enabled</Status>',
        `      <CreationDate>${boundAt}</CreationDate>`,
        `      <Fingerprint>${bound.x509.fingerprint}</Fingerprint>`,
        '      <ValidStartDate>Nov  1 00:00:00 2026 GMT</ValidStartDate>',
        '      <ValidEndDate>Jan 30 23:59:59 2036 GMT</ValidEndDate>',
        '    </Certificate>',
      ];
      const carried = await carrierEntry(place);
      const expected = lines(
        ...head,
        ...entry({ domain: `a.${place.domain}` }, mappedAt),
        ...entry({ domain: `b.${place.domain}` }, mappedAt, ...certificate),
        ...entry({ domain: `c.${place.domain}` }, mappedAt),
        ...carried,
        tail,
      );
      const answer = await expectOk(place.call(list));
      assert.equal(answer.text, expected);
      assert.equal(answer.headers['content-type'], 'application/xml');
      assert.match(bound.x509.fingerprint, /^([0-9A-F]{2}:){19}[0-9A-F]{2}$/);
    });
  }

  /** The entry of the carrier, as the list shows it: `c1.carrier.example` sorts by its own name. */
  async function carrierEntry(place: Place): Promise<string[]> {
    if (place.carrier === undefined) return [];
    const { text } = await expectOk(place.call(list));
    const entries = text.match(/ {2}<Cname>\n[\s\S]*?\n {2}<\/Cname>/g) ?? [];
    const found = entries.find((each) => each.includes(`<Domain>${place.carrier}</Domain>`));
    assert.ok(found, text);
    return found.split('\n');
  }
});
