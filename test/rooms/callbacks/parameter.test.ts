/** What a callback may be, and every refusal in the words of the service. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCallback, parseVariables } from '../../../src/callbacks/index.ts';
import { fillTemplate, parseTemplate } from '../../../src/callbacks/template.ts';
import { OssError } from '../../../src/errors/index.ts';
import { readImageInfo } from '../../../src/images/index.ts';

const base64 = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64');

function refusal(work: () => unknown): string {
  try {
    work();
    return 'none';
  } catch (problem) {
    assert.ok(problem instanceof OssError, String(problem));
    assert.equal(problem.code, 'InvalidArgument');
    return problem.message;
  }
}

const fine = { callbackUrl: 'hook.example/a', callbackBody: 'bucket=${bucket}' };

test('callbacks that are refused', () => {
  const url = 'The callback url configuration is invalid.';
  const notBase64 = 'The callback configuration is not base64 encoded.';
  const notJson = 'The callback configuration is not json format.';
  const table: [string, string][] = [
    ['error argument', notBase64],
    ['', notBase64],
    ['abc', notBase64],
    [base64('error argument'), notJson],
    [base64('[]'), notJson],
    [base64('null'), notJson],
    [
      base64({ ...fine, callbackBody: 'x'.repeat(5_000) }),
      'The length of callback exceed max value.',
    ],
    [base64({ callbackBody: 'x' }), url],
    [base64({ ...fine, callbackUrl: '' }), url],
    [base64({ ...fine, callbackUrl: 7 }), url],
    [base64({ ...fine, callbackUrl: 'my' }), url],
    [base64({ ...fine, callbackUrl: 'my.com:test' }), url],
    [base64({ ...fine, callbackUrl: 'ftp://my.com/' }), url],
    [base64({ ...fine, callbackUrl: 'http://user:word@my.com/' }), url],
    [base64({ ...fine, callbackUrl: 'my.com;my' }), url],
    [
      base64({ ...fine, callbackUrl: 'a.com;b.com;c.com;d.com;e.com;f.com;' }),
      'The number of callback url exceed max value.',
    ],
    [base64({ ...fine, callbackHost: 'a b' }), 'The callback host configuration is invalid.'],
    [base64({ ...fine, callbackHost: 'a\r\nb: c' }), 'The callback host configuration is invalid.'],
    [base64({ ...fine, callbackHost: 7 }), 'The callback host configuration is invalid.'],
    [base64({ callbackUrl: 'a.com' }), 'The callback body is empty.'],
    [base64({ ...fine, callbackBody: '' }), 'The callback body is empty.'],
    [base64({ ...fine, callbackBody: 7 }), 'The callback body is invalid.'],
    [base64({ ...fine, callbackBody: 'a=$(object)' }), 'The callback body is invalid.'],
    [base64({ ...fine, callbackBody: 'a=${unknown}' }), 'The callback body is invalid.'],
    [base64({ ...fine, callbackBody: 'a=${object' }), 'The callback body is invalid.'],
    [base64({ ...fine, callbackBodyType: 7 }), 'The callback body type configuration is invalid.'],
    [
      base64({ ...fine, callbackBodyType: 'text/xml' }),
      'The body type of callback is not supported.',
    ],
  ];
  for (const [text, message] of table)
    assert.equal(
      refusal(() => parseCallback(text)),
      message,
    );
});

test('variables that are refused', () => {
  const table: [string, string][] = [
    ['a b', 'The callback-var configuration is not base64 encoded.'],
    [base64('x'), 'The callback-var configuration is not json format.'],
    [base64({ 'x:a': 'x'.repeat(5_000) }), 'The length of callback-var exceed max value.'],
    [base64({ a: 'b' }), 'The callback-var configuration is invalid.'],
    [base64({ 'x:a': {} }), 'The callback-var configuration is invalid.'],
  ];
  for (const [text, message] of table)
    assert.equal(
      refusal(() => parseVariables(text)),
      message,
    );
  const read = parseVariables(base64({ 'x:a': 'b', 'x:n': 1, 'x:\u952e': '\u503c' }));
  assert.deepEqual(
    [...read],
    [
      ['x:a', 'b'],
      ['x:n', '1'],
      ['x:\u952e', '\u503c'],
    ],
  );
});

test('callbacks that are taken', () => {
  const five = 'a.com;https://b.com:8443/p?q=1; http://1.2.3.4:80/x ;[::1]/y;localhost:1;';
  const parsed = parseCallback(base64({ ...fine, callbackUrl: five, callbackSNI: true }));
  assert.ok(parsed.kind === 'callback');
  const { urls, host, bodyType, isNameSent } = parsed.request;
  assert.deepEqual(
    urls.map(({ href }) => href),
    [
      'http://a.com/',
      'https://b.com:8443/p?q=1',
      'http://1.2.3.4/x',
      'http://[::1]/y',
      'http://localhost:1/',
    ],
  );
  assert.deepEqual(
    [host, bodyType, isNameSent],
    [undefined, 'application/x-www-form-urlencoded', true],
  );
  const named = parseCallback(base64({ callbackPolicy: 'mine' }));
  assert.deepEqual(named, { kind: 'policy', name: 'mine' });
});

test('bodies are filled as their type wants it', () => {
  const values = new Map<string, string | number>([
    ['object', 'a b/\u4e2d"&='],
    ['size', 7],
    ['x:own', "it's"],
  ]);
  const fill = (text: string, type: Parameters<typeof fillTemplate>[1]): string => {
    const template = parseTemplate(text);
    assert.ok(template, text);
    return fillTemplate(template, type, values);
  };
  const text = 'o=${object}&s=${size}&x=${x:own}&n=${x:none}${imageInfo.width}';
  assert.equal(
    fill(text, 'application/x-www-form-urlencoded'),
    'o=a%20b%2F%E4%B8%AD%22%26%3D&s=7&x=it%27s&n=',
  );
  const json = fill(
    '{"o":${object},"s":${size},"x":${x:own},"w":${imageInfo.width},"\u952e":"\u503c"}',
    'application/json',
  );
  assert.deepEqual(JSON.parse(json), {
    o: 'a b/\u4e2d"&=',
    s: 7,
    x: "it's",
    w: '',
    '\u952e': '\u503c',
  });
  assert.equal(fill('{}', 'application/json'), '{}');
});

test('sizes of images', () => {
  const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
  const riff = (kind: string, rest: string): Buffer =>
    Buffer.concat([Buffer.from('RIFF'), Buffer.alloc(4), Buffer.from(`WEBP${kind}`), hex(rest)]);
  const bmp = Buffer.alloc(26);
  bmp.write('BM');
  bmp.writeUInt32LE(40, 14);
  bmp.writeInt32LE(3, 18);
  bmp.writeInt32LE(-4, 22);
  const images: [Buffer, unknown][] = [
    [hex('89504e470d0a1a0a 0000000d 49484452 00000190 0000010b'), ['png', 400, 267]],
    [Buffer.concat([Buffer.from('GIF89a'), hex('0300 0400')]), ['gif', 3, 4]],
    [bmp, ['bmp', 3, 4]],
    [riff('VP8 ', '00000000 000000 9d012a 9001 0b01'), ['webp', 400, 267]],
    [riff('VP8L', '00000000 2f 8f814200'), ['webp', 400, 267]],
    [riff('VP8X', '0a000000 00000000 8f0100 0a0100'), ['webp', 400, 267]],
    [hex('ffd8 ffe0 0004 0000 ff ffc0 0011 08 010b 0190 03'), ['jpg', 400, 267]],
    [hex('ffd8 ffe0 0004 0000 ffc0 0011 08'), undefined],
    [hex('ffd8 00'), undefined],
    [Buffer.from('text'), undefined],
    [Buffer.alloc(0), undefined],
  ];
  for (const [head, expected] of images) {
    const read = readImageInfo(head);
    assert.deepEqual(read && [read.format, read.width, read.height], expected);
  }
});
