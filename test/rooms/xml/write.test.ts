import assert from 'node:assert/strict';
import { test } from 'node:test';
import { element, parseXml, renderXml } from '../../../src/xml/index.ts';

test('a document has its declaration, one element a line, and no namespace', () => {
  const document = element(
    'CnameToken',
    element('Bucket', 'shop-assets'),
    element('Empty'),
    undefined,
    element('Cname', element('Domain', 'img.shop.example')),
  );
  assert.equal(
    renderXml(document),
    `<?xml version="1.0" encoding="UTF-8"?>
<CnameToken>
  <Bucket>shop-assets</Bucket>
  <Empty></Empty>
  <Cname>
    <Domain>img.shop.example</Domain>
  </Cname>
</CnameToken>
`,
  );
});

test('text cannot leave its element', () => {
  const text = renderXml(element('Key', '</Key><Owner>"me"</Owner> & ]]>'));
  assert.ok(
    text.endsWith(
      '<Key>&lt;/Key&gt;&lt;Owner&gt;&quot;me&quot;&lt;/Owner&gt; &amp; ]]&gt;</Key>\n',
    ),
    text,
  );
});

test('control characters are written as numeric references', () => {
  const text = renderXml(element('Key', 'a\u0001b\rc\u007fd\te\n'));
  assert.ok(text.endsWith('<Key>a&#1;b&#13;c&#127;d\te\n</Key>\n'), text);
});

test('what has no form in XML becomes the replacement character', async () => {
  const text = renderXml(element('Key', 'a\0b\ud800c'));
  const root = await parseXml(Buffer.from(text), { bytesMax: 1000, elementsMax: 10 });
  assert.equal(root.text, 'a\ufffdb\ufffdc');
});
