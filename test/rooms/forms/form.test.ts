/** multipart/form-data as it comes: any chunks, every bound, what is no form. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { OssError } from '../../../src/errors/index.ts';
import { boundaryOf, openForm } from '../../../src/forms/index.ts';
import { boundary, formBody } from '../../support/forms.ts';

const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31);

interface Read {
  readonly fields: Record<string, string>;
  readonly file: Buffer;
  readonly name: string | undefined;
  readonly type: string | undefined;
}

async function readWhole(chunks: Iterable<Buffer>, mark = boundary): Promise<Read> {
  async function* body(): AsyncGenerator<Buffer> {
    yield* chunks;
  }
  const form = await openForm(body(), mark);
  const pieces: Buffer[] = [];
  for await (const piece of form.file.content()) pieces.push(piece);
  await form.close();
  const { name, contentType: type } = form.file;
  return { fields: Object.fromEntries(form.fields), file: Buffer.concat(pieces), name, type };
}

async function codeOf(body: Buffer | Iterable<Buffer>): Promise<string> {
  try {
    await readWhole(Buffer.isBuffer(body) ? [body] : body);
    return 'none';
  } catch (problem) {
    return (problem as OssError).code;
  }
}

test('the properties of this file are drawn from a seed', (context) => {
  context.diagnostic(`SEED=${seed}`);
});

/** Contents full of what could be taken for a boundary. */
const pieces = fc.constantFrom('\r\n', '--', boundary, `\r\n--${boundary.slice(0, -1)}`, '\r', 'a');
const content = fc
  .array(pieces, { maxLength: 12 })
  .map((parts) => parts.join(''))
  .filter((text) => !text.includes(`--${boundary}`));

test('a form reads the same wherever its chunks are cut', async () => {
  const property = fc.asyncProperty(
    fc.array(content, { maxLength: 4 }),
    content,
    fc.array(fc.nat(2_000), { maxLength: 30 }),
    async (values, file, cuts) => {
      const fields = values.map((value, index) => [`Field-${index}`, value] as const);
      const whole = formBody(fields, { name: 'n.txt', type: 'text/x', content: file }, [
        ['late', file],
      ]);
      const marks = [0, ...cuts.map((cut) => cut % whole.length), whole.length];
      marks.sort((one, other) => one - other);
      const chunks = marks.slice(1).map((end, index) => whole.subarray(marks[index], end));
      const read = await readWhole(chunks);
      assert.equal(read.file.toString(), file);
      assert.deepEqual([read.name, read.type], ['n.txt', 'text/x']);
      const expected = Object.fromEntries(values.map((value, index) => [`field-${index}`, value]));
      assert.deepEqual(read.fields, expected);
    },
  );
  await fc.assert(property, { seed, numRuns: 300 });
});

test('a form that comes byte by byte', async () => {
  const whole = formBody([['key', 'a/\u4e2d']], { name: 'x', content: Buffer.from([0, 13, 10]) });
  const read = await readWhole([...whole].map((byte) => Buffer.from([byte])));
  assert.deepEqual(read.file, Buffer.from([0, 13, 10]));
  assert.deepEqual(read.fields, { key: 'a/\u4e2d' });
});

test('a form cut short anywhere is refused, and never read as whole', async () => {
  const whole = formBody([['key', 'k']], { name: 'x', content: 'content' });
  const fileEnds = whole.lastIndexOf(`\r\n--${boundary}`) + boundary.length + 4;
  for (let length = 0; length < fileEnds; length++) {
    assert.equal(await codeOf(whole.subarray(0, length)), 'MalformedPOSTRequest', `${length}`);
  }
});

test('what may differ from client to client', async () => {
  const body = (head: string): Buffer =>
    Buffer.from(`\r\n--${boundary}  \r\n${head}\r\n\r\nc\r\n--${boundary}--`, 'utf8');
  const table: [string, string | undefined][] = [
    ['content-disposition: FORM-DATA; NAME=file; FILENAME=a.txt', 'a.txt'],
    ['Content-Disposition: form-data; filename="a b;c.txt"; name="FILE"', 'a b;c.txt'],
    ['Content-Disposition: form-data; name="file"; filename="C:\\dir\\a.txt"', 'a.txt'],
    ['Content-Disposition: form-data; name="file"; filename="/tmp/a.txt"', 'a.txt'],
    ['Content-Disposition: form-data; name="file"; filename="say \\"x\\".txt"', 'say "x".txt'],
    ['Content-Disposition: form-data; name="file"; filename="\u4e2d.txt"', '\u4e2d.txt'],
    ["Content-Disposition: form-data; name=file; filename*=utf-8''%E4%B8%AD.txt", '\u4e2d.txt'],
    ['X-Other: 1\r\nContent-Disposition: form-data; name="file"', undefined],
  ];
  for (const [head, name] of table) {
    const read = await readWhole([body(head)]);
    assert.deepEqual([read.name, read.file.toString()], [name, 'c'], head);
  }
});

test('what is no form', async () => {
  const part = (head: string, rest = ''): Buffer =>
    Buffer.from(`--${boundary}\r\n${head}\r\n\r\nc\r\n--${boundary}${rest}`, 'latin1');
  const malformed = [
    Buffer.from('no boundary at all'),
    part('Content-Disposition: form-data'),
    part('Content-Disposition: attachment; name="file"'),
    part('Content-Type: text/plain'),
    part('no header'),
    part('Content-Disposition: form-data; name="\xff"'),
    part('Content-Disposition: form-data; name="x"', 'y\r\n'),
    formBody([['x', Buffer.from([0xff])]], { content: '' }),
    Buffer.concat([Buffer.alloc(5_000), formBody([], { content: '' })]),
  ];
  for (const body of malformed) {
    assert.equal(await codeOf(body), 'MalformedPOSTRequest', body.toString('latin1').slice(0, 90));
  }
  assert.equal(await codeOf(formBody([['key', 'k']])), 'IncorrectNumberOfFilesInPOSTRequest');
  const twice: [string, string][] = [
    ['key', 'a'],
    ['KEY', 'b'],
  ];
  assert.equal(await codeOf(formBody(twice, { content: '' })), 'InvalidArgument');
});

test('every bound of a form', async () => {
  const file = { content: '' };
  const two = 2 * 1024 * 1024;
  const long = (count: number): string => 'x'.repeat(count);
  assert.equal(await codeOf(formBody([['f', long(two)]], file)), 'none');
  assert.equal(await codeOf(formBody([[long(8 * 1024), 'v']], file)), 'none');
  const tooLong = [
    formBody([['f', long(two + 1)]], file),
    formBody([[long(8 * 1024 + 1), 'v']], file),
    formBody([[long(100_000), 'v']], file),
    formBody(
      [
        ['f', long(two)],
        ['g', long(two)],
      ],
      file,
    ),
    formBody(
      Array.from({ length: 1_001 }, (_, index) => [`f${index}`, ''] as const),
      file,
    ),
    formBody([], file, [['late', long(5 * 1024 * 1024)]]),
  ];
  for (const body of tooLong) assert.equal(await codeOf(body), 'FieldItemTooLong');
});

test('the boundary stands in the type of the request', () => {
  const codes = (type: string | undefined): string => {
    try {
      return boundaryOf(type);
    } catch (problem) {
      return (problem as OssError).code;
    }
  };
  assert.equal(codes('multipart/form-data; boundary=abc'), 'abc');
  assert.equal(codes('Multipart/Form-Data; charset=utf-8; Boundary="a b:c"'), 'a b:c');
  for (const type of [undefined, '', 'text/plain', 'multipart/form-datax; boundary=a']) {
    assert.equal(codes(type), 'RequestIsNotMultiPartContent', String(type));
  }
  for (const value of ['', ' boundary=', ' boundary=""', ` boundary=${'x'.repeat(71)}`]) {
    assert.equal(codes(`multipart/form-data;${value}`), 'MalformedPOSTRequest', value);
  }
});
