/**
 * Documents of 2 MiB made to be slow. Time is not asserted (the machine is shared); what bounds it
 * is: the work pauses at least once per 32 KiB, so that no step is longer than one slice.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseXml, XmlProblem } from '../../../src/xml/index.ts';

const size = 2 * 1024 * 1024;
const sliceBytes = 32 * 1024;
const fill = (piece: string): string => piece.repeat(Math.floor(size / piece.length));

const documents: Readonly<Record<string, string>> = {
  'a thousand keys and more': `<a>${fill('<Object><Key>some/key</Key></Object>')}</a>`,
  'small elements': `<a>${fill('<b/>')}</a>`,
  'one long text': `<a>${fill('x')}</a>`,
  'numeric references': `<a>${fill('&#x41;')}</a>`,
  'line ends': `<a>${fill('\r')}</a>`,
  brackets: `<a>${fill(']]')}</a>`,
  comments: `<a>${fill('<!---->')}</a>`,
  'CDATA sections': `<a>${fill('<![CDATA[]]>')}</a>`,
  'one long attribute': `<a b="${fill('&#x41;')}"/>`,
  'one long name': `<${fill('a')}`,
  'one long entity': `<a>&${fill('q')};</a>`,
  'one long declaration': `<?xml ${fill(' ')}`,
  'one long DTD': `<!DOCTYPE a [${fill('<!ENTITY b "c">')}]><a/>`,
};

for (const [what, text] of Object.entries(documents)) {
  test(`2 MiB of hostile XML leave room for others: ${what}`, async () => {
    let pauses = 0;
    const limits = {
      bytesMax: 2 * size,
      elementsMax: size,
      pause: async () => {
        pauses++;
      },
    };
    const bytes = Buffer.from(text);
    try {
      await parseXml(bytes, limits);
    } catch (problem) {
      assert.ok(problem instanceof XmlProblem, String(problem));
    }
    assert.equal(pauses, Math.ceil(bytes.length / sliceBytes) - 1);
  });
}

test('many attributes on one element are refused before they pile up', async () => {
  let pauses = 0;
  const pause = async (): Promise<void> => {
    pauses++;
  };
  const text = `<a ${Array.from({ length: 100_000 }, (_, index) => `b${index}="1"`).join(' ')}/>`;
  const reading = parseXml(Buffer.from(text), { bytesMax: size, elementsMax: 10, pause });
  await assert.rejects(reading, /more than 16 attributes/);
  assert.equal(pauses, 0);
});

test('other work runs while a long document is read', async () => {
  let turns = 0;
  let isDone = false;
  const others = (async () => {
    while (!isDone) {
      await new Promise((resolve) => setImmediate(resolve));
      turns++;
    }
  })();
  await parseXml(Buffer.from(`<a>${fill('<b>x</b>')}</a>`), {
    bytesMax: size * 2,
    elementsMax: size,
  });
  isDone = true;
  await others;
  assert.ok(turns >= 60, `others had ${turns} turns`);
});
