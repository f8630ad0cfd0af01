import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseXml, type XmlElement, type XmlLimits, XmlProblem } from '../../../src/xml/index.ts';

const roomy: XmlLimits = { bytesMax: 4 * 1024 * 1024, elementsMax: 1_000_000 };

const parse = (text: string | Uint8Array, limits: XmlLimits = roomy): Promise<XmlElement> =>
  parseXml(typeof text === 'string' ? Buffer.from(text) : text, limits);

/** Elements as nested arrays: the name, then text or children. */
function shape(element: XmlElement): unknown[] {
  const inside = element.children.length > 0 ? element.children.map(shape) : [element.text];
  return [element.name, ...inside];
}

test('a document is read into names, texts and children in document order', async () => {
  const root = await parse('<a>\n  <b>1</b><c/><b>2</b>\n</a>');
  assert.deepEqual(shape(root), ['a', ['b', '1'], ['c', ''], ['b', '2']]);
  assert.equal(root.child('b')?.text, '1');
  assert.equal(root.child('d'), undefined);
  assert.deepEqual(
    root.childrenNamed('b').map((each) => each.text),
    ['1', '2'],
  );
});

const accepted: readonly [string, string | Uint8Array, unknown[]][] = [
  ['an XML declaration', '<?xml version="1.0" encoding="UTF-8"?>\n<a>x</a>', ['a', 'x']],
  ['an encoding in lower case', '<?xml version="1.0" encoding="utf-8"?><a>x</a>', ['a', 'x']],
  ['a byte order mark', '\ufeff<?xml version="1.0"?><a>x</a>', ['a', 'x']],
  ['version 1.1, read as 1.0', '<?xml version="1.1"?><a>\u2028\u0085</a>', ['a', '\u2028\u0085']],
  ['a default namespace', '<a xmlns="http://doc.example/"><b>x</b></a>', ['a', ['b', 'x']]],
  ['prefixes', '<o:a xmlns:o="http://doc.example/"><o:b>x</o:b></o:a>', ['a', ['b', 'x']]],
  ['the five entities', '<a>&lt;&gt;&amp;&quot;&apos;</a>', ['a', '<>&"\'']],
  ['numeric references', '<a>&#65;&#x42;&#x1F600;</a>', ['a', 'AB\u{1f600}']],
  ['references to control characters', '<a>&#x01;&#31;&#x7f;</a>', ['a', '\u0001\u001f\u007f']],
  ['a reference to U+FFFF', '<a>&#xFFFF;</a>', ['a', '\uffff']],
  ['CDATA, taken as it is', '<a><![CDATA[&#x01;<b>]]></a>', ['a', '&#x01;<b>']],
  ['comments, left out', '<!-- x --><a>1<!-- <b> -->2</a><!-- y -->', ['a', '12']],
  ['an escaped reference, taken as text', '<a>&amp;#x01;</a>', ['a', '&#x01;']],
  ['CR LF as LF', '<a>1\r\n2\r3</a>', ['a', '1\n2\n3']],
  ['names of other scripts', '<名前>値</名前>', ['名前', '値']],
  ['blanks after the root', '<a/> \n', ['a', '']],
];

for (const [what, text, expected] of accepted) {
  test(`accepted: ${what}`, async () => {
    assert.deepEqual(shape(await parse(text)), expected);
  });
}

const refused: readonly [string, string | Uint8Array, RegExp][] = [
  ['nothing', '', /empty/],
  ['blanks only', ' \n ', /root/],
  ['text', 'hello', /outside of root/],
  ['JSON', '{"Domain":"a.example"}', /outside of root/],
  ['an element that does not end', '<a><b></b>', /unclosed tag: a/],
  ['elements that cross', '<a><b></a></b>', /line 1, column 10: unexpected close tag/],
  ['two roots', '<a/><b/>', /one root/],
  ['text after the root', '<a/>x', /outside of root/],
  ['a tag cut off', '<a><b', /unclosed|unexpected/],
  ['a declaration after blanks', ' <?xml version="1.0"?><a/>', /XML declaration/],
  ['a DOCTYPE', '<!DOCTYPE a><a/>', /DOCTYPE/],
  ['a DOCTYPE with entities', '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', /DOCTYPE/],
  ['a DOCTYPE from outside', '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', /DOCTYPE/],
  ['a DOCTYPE inside the root', '<a><!DOCTYPE b></a>', /DOCTYPE/i],
  ['a processing instruction', '<a><?php echo ?></a>', /processing instruction/],
  [
    'a style sheet',
    '<?xml version="1.0"?><?xml-stylesheet href="x"?><a/>',
    /processing instruction/,
  ],
  ['an undefined entity', '<a>&nbsp;</a>', /line 1, column 9: undefined entity/],
  ['an entity named as a property', '<a>&__proto__;</a>', /undefined entity/],
  ['an entity without a name', '<a>&;</a>', /entity/],
  ['an ampersand alone', '<a>1 & 2</a>', /unclosed tag/],
  ['a reference to NUL', '<a>&#0;</a>', /malformed character entity/],
  ['a reference to a surrogate', '<a>&#xD800;</a>', /malformed character entity/],
  ['a reference beyond Unicode', '<a>&#x110000;</a>', /malformed character entity/],
  ['a reference without digits', '<a>&#x;</a>', /malformed character entity/],
  ['a raw control character', '<a>\u0001</a>', /disallowed character/],
  ['a raw NUL', '<a>\0</a>', /disallowed character/],
  ['a raw U+FFFF', '<a>\uffff</a>', /disallowed character/],
  ['an attribute twice', '<a b="1" b="2"/>', /duplicate attribute/],
  ['an attribute without quotes', '<a b=1/>', /attribute/],
  ['a prefix without a name', '<a:></a:>', /not an element name/],
  ['a name that begins with a digit', '<1/>', /disallowed character/],
  ['CDATA that does not end', '<a><![CDATA[x</a>', /unclosed|unexpected/],
  ['the end of CDATA in text', '<a>]]></a>', /disallowed in char data/],
  [
    'another encoding by name',
    '<?xml version="1.0" encoding="GBK"?><a/>',
    /encoding must be UTF-8/,
  ],
  ['bytes that are not UTF-8', Buffer.from('<a>\xe9</a>', 'latin1'), /not valid UTF-8/],
  ['an overlong form', Buffer.from([0x3c, 0x61, 0x3e, 0xc0, 0xaf, 0x3c]), /not valid UTF-8/],
  ['a sequence cut off', Buffer.from([0x3c, 0x61, 0x3e, 0xe5, 0x80]), /not valid UTF-8/],
  ['UTF-16', Buffer.from('\ufeff<a/>', 'utf16le'), /not valid UTF-8/],
];

for (const [what, text, reason] of refused) {
  test(`refused: ${what}`, async () => {
    await assert.rejects(parse(text), (problem) => {
      assert.ok(problem instanceof XmlProblem, String(problem));
      assert.match(problem.message, reason);
      return true;
    });
  });
}

test('a problem says where it is', async () => {
  await assert.rejects(parse('<a>\n  <b>\n</a>'), { name: 'XmlProblem', line: 3, column: 4 });
});

test('sixteen levels are read, the seventeenth is refused', async () => {
  const nested = (levels: number): string => '<a>'.repeat(levels) + '</a>'.repeat(levels);
  await parse(nested(16));
  await assert.rejects(parse(nested(17)), /more than 16 levels/);
  await assert.rejects(parse('<a>'.repeat(500_000)), /more than 16 levels/);
});

test('the caps on elements and bytes are those given', async () => {
  const text = '<a><b/><b/></a>';
  await parse(text, { bytesMax: text.length, elementsMax: 3 });
  await assert.rejects(parse(text, { bytesMax: text.length, elementsMax: 2 }), /than 2 elements/);
  await assert.rejects(parse(text, { bytesMax: text.length - 1, elementsMax: 3 }), /than 14 bytes/);
});

test('an element has at most sixteen attributes', async () => {
  const attributes = (count: number): string =>
    Array.from({ length: count }, (_, index) => ` b${index}="1"`).join('');
  await parse(`<a${attributes(16)}><b${attributes(16)}/></a>`);
  await assert.rejects(parse(`<a${attributes(17)}/>`), /more than 16 attributes/);
});

test('characters of several bytes survive the cuts between slices', async () => {
  for (let shift = 0; shift < 4; shift++) {
    const text = 'x'.repeat(shift) + '\u{1f600}é\r\n€'.repeat(20_000);
    const root = await parse(`<a>${text}</a>`);
    assert.equal(root.text, text.replaceAll('\r\n', '\n'));
  }
});

test('documents know nothing of each other, one after the other and at once', async () => {
  const long = (name: string): string => `<${name}>${`<b>${name}</b>`.repeat(10_000)}</${name}>`;
  for (const name of ['a', 'c']) {
    await assert.rejects(parse('<x><y>left over', roomy), XmlProblem);
    assert.deepEqual(shape(await parse(`<${name}>&#x01;</${name}>`)), [name, '\u0001']);
    const limits = { bytesMax: 100, elementsMax: 2 };
    assert.deepEqual(shape(await parse('<a><b/></a>', limits)), ['a', ['b', '']]);
  }
  const read = await Promise.all(['a', 'b', 'c'].map((name) => parse(long(name))));
  for (const root of read) {
    assert.equal(root.children.length, 10_000);
    assert.ok(root.children.every(({ text }) => text === root.name));
  }
});
