import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readXml, writeXml, XmlProblem } from '../../../src/client/xml.ts';

const seed = Number(process.env.CNAMED_TEST_SEED ?? 20_261_122);
process.stdout.write(`seed ${seed}\n`);

test('answers are read with or without declaration, namespace, comments and white space', () => {
  const expected = { name: 'A', text: '', children: [{ name: 'B', text: 'x', children: [] }] };
  for (const text of [
    '<A><B>x</B></A>',
    '<?xml version="1.0" encoding="UTF-8"?>\n<A>\n  <B>x</B>\n</A>\n',
    '\uFEFF<?xml version="1.0"?><A xmlns="http://doc.oss-cn-hangzhou.aliyuncs.com"><B>x</B></A>',
    '<o:A xmlns:o=\'urn:x\' a = "b > c"><o:B >x</o:B ></o:A>',
    '<!-- a -- > --><A><!-- <B>y</B> --><B><![CDATA[x]]></B></A><?pi x?>',
  ]) {
    assert.deepEqual(readXml(text), expected, text);
  }
});

test('a stray semicolon between elements, as in the sample of the reference, is no fault', () => {
  const root = readXml('<CnameToken><Cname>a.b</Cname>;<Token>t</Token></CnameToken>');
  assert.deepEqual(
    root.children.map((child) => child.text),
    ['a.b', 't'],
  );
});

test('references are decoded, also inside one another only once', () => {
  assert.equal(
    readXml('<A>&lt;&amp;&gt;&quot;&apos;&#65;&#x1F600;&amp;lt;</A>').text,
    '<&>"\'A😀&lt;',
  );
});

test('what is no well-formed document is refused', () => {
  for (const text of [
    '',
    'x',
    '<A>',
    '<A></B>',
    '</A>',
    '<A/><B/>',
    '<A/>x',
    '<!DOCTYPE A><A/>',
    '<A>&undefined;</A>',
    '<A>&constructor;</A>',
    '<A>& </A>',
    '<A>&amp</A>',
    '<A>&#x110000;</A>',
    '<A b></A>',
    '<A b=c></A>',
    '<A><![CDATA[</A>',
    '<A><!-- </A>',
    `${'<A>'.repeat(40)}${'</A>'.repeat(40)}`,
  ]) {
    assert.throws(() => readXml(text), XmlProblem, text.slice(0, 40));
  }
});

test('whatever is written reads back the same, and no text can add an element', () => {
  const text = fc.string({ unit: 'grapheme' }).filter((each) => each.trim() === each);
  fc.assert(
    fc.property(text, text, (left, right) => {
      const root = readXml(
        writeXml('A', [
          ['B', left],
          ['C', undefined],
          ['D', [['E', right]]],
        ]),
      );
      assert.deepEqual(root, {
        name: 'A',
        text: '',
        children: [
          { name: 'B', text: left, children: [] },
          { name: 'D', text: '', children: [{ name: 'E', text: right, children: [] }] },
        ],
      });
    }),
    { seed, numRuns: 500 },
  );
});

test('any text is either read or refused, and quickly', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      '<',
      '>',
      '</',
      '/>',
      '<A>',
      '</A>',
      '<!--',
      '-->',
      '<![CDATA[',
      ']]>',
      '&',
      ';',
    ),
    fc.constantFrom(' a="', '"', "'", ' ', '<?', '?>', '&#', '<!DOCTYPE'),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
      try {
        readXml(pieces.join(''));
      } catch (error) {
        assert.ok(error instanceof XmlProblem, String(error));
      }
    }),
    { seed, numRuns: 2000 },
  );
  const long = `<A${' a="b"'.repeat(50_000)}`;
  assert.throws(() => readXml(long), XmlProblem);
});
