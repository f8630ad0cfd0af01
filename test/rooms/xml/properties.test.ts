import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  element,
  parseXml,
  renderXml,
  type XmlElement,
  type XmlNode,
  XmlProblem,
} from '../../../src/xml/index.ts';

const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31);
const numRuns = Number(process.env.RUNS ?? 1500);
const limits = { bytesMax: 2 * 1024 * 1024, elementsMax: 500 };

test('the properties of this file are drawn from a seed', (context) => {
  context.diagnostic(`SEED=${seed}`);
});

/** Resolves for a document, and for a refusal of the one kind that the API can answer. */
async function readOrRefuse(bytes: Uint8Array): Promise<void> {
  try {
    await parseXml(bytes, limits);
  } catch (problem) {
    assert.ok(problem instanceof XmlProblem, String(problem));
    assert.ok(problem.message.length < 300, 'a refusal is one sentence');
  }
}

const fragment = fc.constantFrom(
  '<a>',
  '</a>',
  '<a/>',
  '<a b="c">',
  '<!--',
  '-->',
  '<![CDATA[',
  ']]>',
  '<!DOCTYPE a [',
  '<!ENTITY b "c">',
  ']>',
  '<?xml version="1.0" encoding="UTF-8"?>',
  '<?a b?>',
  '&amp;',
  '&#x01;',
  '&#0;',
  '&b;',
  '&',
  '<',
  '>',
  '"',
  "'",
  '\0',
  '\u0001',
  '\r',
  '\n',
  'x',
  'é',
  '\u2028',
  '\u{1f600}',
  '<x:a xmlns:x="y">',
  '</x:a>',
);

test('no bytes whatever make the reader fail otherwise than with a problem', async () => {
  const property = fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), readOrRefuse);
  await fc.assert(property, { seed, numRuns });
});

test('no order of the pieces of documents does', async () => {
  const document = fc.array(fragment, { maxLength: 30 }).map((pieces) => pieces.join(''));
  const property = fc.asyncProperty(document, (text) => readOrRefuse(Buffer.from(text)));
  await fc.assert(property, { seed, numRuns });
});

test('no damaged document does', async () => {
  const sample = Buffer.from(
    '<?xml version="1.0"?><Delete xmlns="x"><Quiet>true</Quiet><Object><Key>a&#x01;&amp;<![CDATA[b]]></Key></Object></Delete>',
  );
  const damage = fc.record({
    position: fc.nat({ max: sample.length - 1 }),
    byte: fc.nat({ max: 255 }),
    isRemoval: fc.boolean(),
  });
  const property = fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 6 }), (damages) => {
    const bytes = [...sample];
    for (const { position, byte, isRemoval } of damages) {
      if (isRemoval) bytes.splice(position, 1);
      else bytes[position] = byte;
    }
    return readOrRefuse(Uint8Array.from(bytes));
  });
  await fc.assert(property, { seed, numRuns });
});

const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9]{0,8}$/);
/** NUL and lone surrogates have no form in XML, and a reader turns raw CR into LF. */
const text = fc
  .string({ unit: 'binary', maxLength: 20 })
  .map((value) => value.replaceAll('\0', '').toWellFormed());

const { tree } = fc.letrec<{ tree: XmlNode }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', maxDepth: 6 },
    fc.tuple(name, text).map(([of, value]) => element(of, value)),
    fc
      .tuple(name, fc.array(tie('tree'), { minLength: 1, maxLength: 4 }))
      .map(([of, children]) => element(of, ...children)),
  ),
}));

/** Name and text for leaves, name and children for the rest: what both sides must agree on. */
function outlineOfNode(node: XmlNode): unknown {
  const children = node.children.filter((child) => typeof child !== 'string');
  return children.length > 0
    ? [node.name, children.map(outlineOfNode)]
    : [node.name, node.children.join('')];
}
function outlineOfElement(read: XmlElement): unknown {
  return read.children.length > 0
    ? [read.name, read.children.map(outlineOfElement)]
    : [read.name, read.text];
}

test('what is written is read again as it was, control characters included', async () => {
  const property = fc.asyncProperty(tree, async (node) => {
    const read = await parseXml(Buffer.from(renderXml(node)), { ...limits, elementsMax: 10_000 });
    assert.deepEqual(outlineOfElement(read), outlineOfNode(node));
  });
  await fc.assert(property, { seed, numRuns: Math.ceil(numRuns / 4) });
});
