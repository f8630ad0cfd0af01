/** Pictures in, pictures out: sizes, colours, formats, and every bound. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import sharp from 'sharp';
import { OssError } from '../../../src/errors/index.ts';
import { resized } from '../../../src/images/geometry.ts';
import {
  createImages,
  findImageInfo,
  readImageInfo,
  readSteps,
} from '../../../src/images/index.ts';

const images = createImages();

/** Left half red, right half blue; the upper left pixel is green. */
async function sample(
  width = 40,
  height = 20,
  format: 'png' | 'jpeg' | 'webp' | 'gif' | 'tiff' = 'png',
): Promise<Buffer> {
  const data = Buffer.alloc(width * height * 3);
  for (let at = 0; at < width * height; at++) {
    const isLeft = at % width < width / 2;
    const colour = at === 0 ? [0, 255, 0] : isLeft ? [255, 0, 0] : [0, 0, 255];
    data.set(colour, at * 3);
  }
  return await sharp(data, { raw: { width, height, channels: 3 } })
    .toFormat(format)
    .toBuffer();
}

const process = (source: Buffer, text: string) =>
  images.process({ size: source.length, read: async () => source }, readSteps(text));

async function pixel(bytes: Buffer, left: number, top: number): Promise<readonly number[]> {
  const one = { left, top, width: 1, height: 1 };
  return [...(await sharp(bytes).ensureAlpha().extract(one).raw().toBuffer())];
}

function sizeOf(bytes: Buffer): string {
  const info = readImageInfo(bytes);
  return `${info?.format} ${info?.width}x${info?.height}`;
}

async function refusal(work: () => Promise<unknown>): Promise<string> {
  try {
    await work();
    return 'none';
  } catch (problem) {
    assert.ok(problem instanceof OssError, String(problem));
    assert.ok(problem.status < 500);
    return problem.code;
  }
}

describe('sizes, of a source of 40 by 20', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['resize,w_20', '20x10'],
    ['resize,h_5', '10x5'],
    ['resize,w_20,h_20', '20x10'],
    ['resize,m_lfit,w_10,h_2', '4x2'],
    ['resize,m_mfit,w_10,h_8', '16x8'],
    ['resize,m_fixed,w_10,h_8', '10x8'],
    ['resize,m_fixed,w_10', '10x5'],
    ['resize,m_fill,w_10,h_8', '10x8'],
    ['resize,m_fill,w_8', '8x8'],
    ['resize,m_pad,w_10,h_8', '10x8'],
    ['resize,m_pad,h_8', '8x8'],
    ['resize,l_20', '20x10'],
    ['resize,s_10', '20x10'],
    ['resize,p_50', '20x10'],
    ['resize,w_80', '40x20'],
    ['resize,w_80,limit_1', '40x20'],
    ['resize,w_80,limit_0', '80x40'],
    ['resize,p_200,limit_0', '80x40'],
    ['resize,m_fill,w_80,h_80', '40x20'],
    ['resize,m_pad,w_80,h_80,limit_0', '80x80'],
    ['resize,w_1', '1x1'],
    ['crop,w_10,h_10', '10x10'],
    ['crop,x_35,y_15,w_10,h_10', '5x5'],
    ['crop,x_10,y_5', '30x15'],
    ['crop,w_10,h_10,g_se', '10x10'],
    ['crop,w_10,h_10,g_center,x_5', '10x10'],
    ['crop,w_100,h_100', '40x20'],
    ['indexcrop,x_15,i_2', '10x20'],
    ['indexcrop,y_15,i_1', '40x5'],
    ['indexcrop,x_15,i_3', '40x20'],
    ['rotate,90', '20x40'],
    ['rotate,360', '40x20'],
    ['circle,r_5', '10x10'],
    ['circle,r_100', '20x20'],
    ['rounded-corners,r_4', '40x20'],
    ['auto-orient,1', '40x20'],
    ['blur,r_3,s_2/bright,10/contrast,-10/sharpen,100', '40x20'],
    ['resize,w_20/crop,w_5,h_5/rotate,90', '5x5'],
  ];
  for (const [text, expected] of cases) {
    test(text, async () => {
      const { bytes, contentType } = await process(await sample(), text);
      assert.equal(sizeOf(bytes), `png ${expected}`);
      assert.equal(contentType, 'image/png');
    });
  }
});

describe('what is in them', () => {
  test('the part that was cut out', async () => {
    const source = await sample();
    const corner = await process(source, 'crop,w_1,h_1');
    assert.deepEqual(await pixel(corner.bytes, 0, 0), [0, 255, 0, 255]);
    const right = await process(source, 'crop,w_5,h_5,g_east');
    assert.deepEqual(await pixel(right.bytes, 2, 2), [0, 0, 255, 255]);
    const middle = await process(source, 'crop,w_10,h_10,g_center');
    assert.deepEqual(await pixel(middle.bytes, 0, 5), [255, 0, 0, 255]);
    assert.deepEqual(await pixel(middle.bytes, 9, 5), [0, 0, 255, 255]);
  });

  test('a turn to the right brings the upper left corner to the upper right', async () => {
    const { bytes } = await process(await sample(), 'rotate,90');
    assert.deepEqual(await pixel(bytes, 19, 0), [0, 255, 0, 255]);
  });

  test('padding has its colour, white without one', async () => {
    const source = await sample();
    const padded = await process(source, 'resize,m_pad,w_10,h_10,color_112233');
    assert.deepEqual(await pixel(padded.bytes, 0, 0), [0x11, 0x22, 0x33, 255]);
    const plain = await process(source, 'resize,m_pad,w_10,h_10');
    assert.deepEqual(await pixel(plain.bytes, 5, 0), [255, 255, 255, 255]);
  });

  test('what a circle leaves out is clear, and white where nothing can be clear', async () => {
    const source = await sample();
    const clear = await process(source, 'circle,r_10');
    assert.equal((await pixel(clear.bytes, 0, 0))[3], 0);
    assert.equal((await pixel(clear.bytes, 10, 10))[3], 255);
    const white = await process(source, 'rounded-corners,r_8/format,jpg');
    const [red = 0, green = 0, blue = 0] = await pixel(white.bytes, 0, 0);
    assert.ok(Math.min(red, green, blue) > 230, `${red} ${green} ${blue}`);
    const bitmap = await process(source, 'circle,r_10/format,bmp');
    assert.equal(sizeOf(bitmap.bytes), 'bmp 20x20');
    assert.deepEqual([...bitmap.bytes.subarray(-60, -57)], [255, 255, 255]);
  });

  test('as the camera was held', async () => {
    for (const orientation of [1, 2, 3, 4, 5, 6, 7, 8]) {
      const source = await sharp(await sample(40, 20, 'jpeg'))
        .withMetadata({ orientation })
        .toBuffer();
      const { bytes } = await process(source, 'auto-orient,1/format,png');
      const expected = await sharp(source).autoOrient().png().toBuffer();
      assert.equal(sizeOf(bytes), sizeOf(expected), `${orientation}`);
      const [x, y] = orientation < 5 ? [39, 10] : [10, 39];
      assert.deepEqual(await pixel(bytes, x, y), await pixel(expected, x, y), `${orientation}`);
      const asIs = await process(source, 'auto-orient,0/format,png');
      assert.equal(sizeOf(asIs.bytes), 'png 40x20');
    }
  });

  test('brighter, darker', async () => {
    const grey = await sharp({
      create: { width: 4, height: 4, channels: 3, background: '#808080' },
    })
      .png()
      .toBuffer();
    const mean = async (text: string) =>
      (await pixel((await process(grey, text)).bytes, 1, 1))[0] ?? 0;
    assert.ok((await mean('bright,50')) > 128);
    assert.ok((await mean('bright,-50')) < 128);
    assert.equal(await mean('contrast,50'), 128);
  });
});

test('a picture says what it is, though its directory may lie behind all its pixels', async () => {
  const noise = Buffer.from(Array.from({ length: 700 * 700 }, (_, at) => (at * 7919) % 251));
  const tiff = await sharp(noise, { raw: { width: 700, height: 700, channels: 1 } })
    .tiff({ compression: 'none' })
    .toBuffer();
  assert.ok(tiff.readUInt32LE(4) > 256 * 1024);
  const asked: number[] = [];
  const sizeIn = async (bytes: Buffer) => {
    asked.length = 0;
    return await findImageInfo(bytes.length, async (start, length) => {
      asked.push(length);
      return bytes.subarray(start, start + length);
    });
  };
  assert.deepEqual(await sizeIn(tiff), { format: 'tiff', width: 700, height: 700 });
  assert.ok(Math.max(...asked) <= 256 * 1024);
  assert.equal(await sizeIn(tiff.subarray(0, 300_000)), undefined);
  assert.deepEqual(await sizeIn(await sample()), { format: 'png', width: 40, height: 20 });
  assert.equal(asked.length, 1);
  assert.equal(await sizeIn(Buffer.alloc(0)), undefined);
});

describe('formats', () => {
  const types = { jpg: 'jpeg', png: 'png', webp: 'webp', gif: 'gif', tiff: 'tiff', bmp: 'bmp' };
  for (const [from, fromType] of Object.entries(types)) {
    for (const [to, toType] of Object.entries(types)) {
      test(`${from} to ${to}`, async () => {
        const source =
          from === 'bmp'
            ? (await process(await sample(), 'format,bmp')).bytes
            : await sample(40, 20, fromType as 'png');
        assert.equal(sizeOf(source), `${from} 40x20`);
        const { bytes, contentType } = await process(source, `resize,w_20/format,${to}`);
        assert.equal(sizeOf(bytes), `${to} 20x10`);
        assert.equal(contentType, `image/${toType}`);
        const back = to === 'bmp' ? (await process(bytes, 'format,png')).bytes : bytes;
        const [red = 0, , blue = 0] = await pixel(back, 15, 5);
        assert.ok(blue > 200 && red < 60, `${red} ${blue}`);
      });
    }
  }

  test('quality makes it smaller, interlace makes it progressive', async () => {
    const noise = Buffer.from(Array.from({ length: 60 * 60 * 3 }, (_, at) => (at * 7919) % 251));
    const source = await sharp(noise, { raw: { width: 60, height: 60, channels: 3 } })
      .jpeg({ quality: 100 })
      .toBuffer();
    const [low, high] = [
      await process(source, 'quality,q_10'),
      await process(source, 'quality,Q_95'),
    ];
    assert.ok(low.bytes.length < high.bytes.length);
    const { isProgressive } = await sharp((await process(source, 'interlace,1')).bytes).metadata();
    assert.equal(isProgressive, true);
  });

  test('a moving picture goes on moving where every frame can take the steps', async () => {
    const kinds = ['rotate,180', 'bright,50', 'rotate,0'];
    const single = await Promise.all(
      kinds.map(async (kind) => (await process(await sample(), kind)).bytes),
    );
    const frames = await sharp(single, { join: { animated: true } })
      .gif()
      .toBuffer();
    const pages = async (text: string) =>
      (await sharp((await process(frames, text)).bytes).metadata()).pages ?? 1;
    assert.equal(await pages('resize,w_20'), 3);
    assert.equal(await pages('resize,w_20/format,webp'), 3);
    assert.equal(await pages('crop,w_5,h_5'), 1);
    assert.equal(await pages('resize,w_20/format,png'), 1);
  });
});

test('what a picture is, without drawing it', async () => {
  const source = await sample(40, 20, 'jpeg');
  const { bytes, contentType } = await process(source, 'info');
  assert.equal(contentType, 'application/json');
  assert.deepEqual(JSON.parse(bytes.toString()), {
    FileSize: { value: String(source.length) },
    Format: { value: 'jpg' },
    ImageHeight: { value: '20' },
    ImageWidth: { value: '40' },
  });
  const turned = await sharp(source).withMetadata({ orientation: 6 }).toBuffer();
  const facts = JSON.parse((await process(turned, 'info')).bytes.toString());
  assert.deepEqual(facts.Orientation, { value: '6' });
  const plain = await sharp({ create: { width: 3, height: 3, channels: 3, background: '#5c783b' } })
    .png()
    .toBuffer();
  const hue = await process(plain, 'average-hue');
  assert.deepEqual(JSON.parse(hue.bytes.toString()), { RGB: '0x5c783b' });
});

describe('what is refused', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['', 'MissingArgument'],
    ['resize', 'MissingArgument'],
    ['resize,m_lfit', 'MissingArgument'],
    ['resize,w_0', 'InvalidArgument'],
    ['resize,w_16385', 'InvalidArgument'],
    ['resize,w_-1', 'InvalidArgument'],
    ['resize,w_1.5', 'InvalidArgument'],
    ['resize,w_', 'InvalidArgument'],
    ['resize,w_10,w_20', 'InvalidArgument'],
    ['resize,w_10,z_20', 'InvalidArgument'],
    ['resize,w_10,limit_2', 'InvalidArgument'],
    ['resize,m_best,w_10', 'InvalidArgument'],
    ['resize,m_pad,w_10,color_red', 'InvalidArgument'],
    ['resize,p_1001', 'InvalidArgument'],
    ['resize,m_fixed,w_16384,h_16384,limit_0', 'InvalidArgument'],
    ['crop,x_40', 'BadRequest'],
    ['crop,y_20', 'BadRequest'],
    ['crop,g_middle', 'InvalidArgument'],
    ['indexcrop,i_1', 'MissingArgument'],
    ['rotate', 'MissingArgument'],
    ['rotate,361', 'InvalidArgument'],
    ['rotate,-1', 'InvalidArgument'],
    ['rotate,right', 'InvalidArgument'],
    ['circle', 'MissingArgument'],
    ['circle,r_0', 'InvalidArgument'],
    ['circle,r_4097', 'InvalidArgument'],
    ['quality', 'MissingArgument'],
    ['quality,q_101', 'InvalidArgument'],
    ['format', 'InvalidArgument'],
    ['format,svg', 'InvalidArgument'],
    ['format,constructor', 'InvalidArgument'],
    ['blur,r_3', 'MissingArgument'],
    ['blur,r_51,s_1', 'InvalidArgument'],
    ['bright,101', 'InvalidArgument'],
    ['sharpen,49', 'InvalidArgument'],
    ['watermark,text_YQ', 'NotImplemented'],
    ['constructor', 'InvalidArgument'],
    ['unknown,a_1', 'InvalidArgument'],
    [Array.from({ length: 33 }, () => 'rotate,90').join('/'), 'TooManyPipes'],
  ];
  for (const [text, code] of cases) {
    test(`${text.slice(0, 60)} is ${code}`, async () => {
      const source = await sample();
      if (code === 'NotImplemented') {
        assert.throws(() => readSteps(text), { code });
        return;
      }
      assert.equal(await refusal(() => process(source, text)), code);
    });
  }

  test('sources that are no pictures, damaged, cut off, or bombs', async () => {
    const resize = (source: Buffer) => refusal(() => process(source, 'resize,w_5'));
    assert.equal(await resize(Buffer.from('hello')), 'BadRequest');
    assert.equal(await resize(Buffer.alloc(0)), 'BadRequest');
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>';
    assert.equal(await resize(Buffer.from(svg)), 'BadRequest');
    const png = await sample();
    assert.equal(await resize(png.subarray(0, 40)), 'ImageDamage');
    const jpeg = await sample(200, 200, 'jpeg');
    assert.equal(await resize(jpeg.subarray(0, jpeg.length / 2)), 'ImageDamage');
    const bitmap = (await process(png, 'format,bmp')).bytes;
    assert.equal(await resize(bitmap.subarray(0, 100)), 'ImageDamage');
    // A head that promises far more than there is.
    const bomb = Buffer.from(png);
    bomb.writeUInt32BE(30_000, 16);
    bomb.writeUInt32BE(30_000, 20);
    assert.equal(await resize(bomb), 'ImageTooLarge');
    bomb.writeUInt32BE(30_001, 16);
    bomb.writeUInt32BE(1, 20);
    assert.equal(await resize(bomb), 'ImageTooLarge');
    bomb.writeUInt32BE(0, 16);
    assert.equal(await resize(bomb), 'ImageDamage');
    assert.equal(await resize(Buffer.alloc(20 * 1024 * 1024 + 1)), 'ImageTooLarge');
  });

  test('no text is anything but steps or a refusal', () => {
    const word = fc.oneof(
      fc.constantFrom('resize', 'crop', 'rotate', 'w_1', 'm_pad', 'format', 'jpg', ',', '/', '_'),
      fc.string({ maxLength: 6 }),
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 12 }), (words) => {
        try {
          assert.ok(readSteps(words.join(',')).length > 0);
        } catch (problem) {
          assert.ok(problem instanceof OssError && problem.status < 502, String(problem));
        }
      }),
    );
  });

  test('bytes of any kind behind a head are a picture or a refusal', async () => {
    const heads = [await sample(), await sample(40, 20, 'jpeg'), await sample(40, 20, 'gif')];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...heads),
        fc.nat(300),
        fc.uint8Array({ maxLength: 40 }),
        async (head, at, bytes) => {
          const source = Buffer.concat([head.subarray(0, at), bytes, head.subarray(at)]);
          await refusal(() => process(source, 'resize,w_5/format,png'));
        },
      ),
      { numRuns: 150 },
    );
  });
});

test('no picture in between is larger than the source and the largest result', () => {
  const sources = [1, 2, 40, 1_000, 30_000].flatMap((width) =>
    [1, 3, 1_000, 8_000].map((height) => ({ width, height })),
  );
  for (const source of sources) {
    for (const mode of ['lfit', 'mfit', 'fill', 'pad', 'fixed']) {
      for (const box of ['w_4096,h_4096', 'w_16000,h_1', 'w_1,h_16000', 'w_7']) {
        const [step] = readSteps(`resize,m_${mode},${box},limit_0`);
        assert.ok(step?.kind === 'resize');
        try {
          const { cut, scaled, canvas } = resized(source, step);
          for (const { width, height } of [scaled, canvas ?? scaled]) {
            assert.ok(width * height <= 16_777_216, `${mode} ${box} ${width}x${height}`);
          }
          const { left, top, width, height } = cut ?? { ...source, left: 0, top: 0 };
          assert.ok(left >= 0 && left + width <= source.width && width > 0);
          assert.ok(top >= 0 && top + height <= source.height && height > 0);
        } catch (problem) {
          assert.ok(problem instanceof OssError, String(problem));
        }
      }
    }
  }
});

test('a narrow picture fills a square without becoming a long one first', async () => {
  const source = await sample(1, 1_000);
  const { bytes } = await process(source, 'resize,m_fill,w_2000,h_2000,limit_0');
  assert.equal(sizeOf(bytes), 'png 2000x2000');
});

test('frames count, of the source and of the result', async () => {
  const single = await Promise.all(
    Array.from(
      { length: 20 },
      async (_, at) => (await process(await sample(), `bright,${at * 4}`)).bytes,
    ),
  );
  const frames = await sharp(single, { join: { animated: true } })
    .gif()
    .toBuffer();
  const enlarge = () => process(frames, 'resize,m_fixed,w_4000,h_4000,limit_0');
  assert.equal(await refusal(enlarge), 'ImageTooLarge');
});

test('a source is read when its turn has come, and a crowd is told to come again', async () => {
  const source = await sample();
  const large = 20 * 1024 * 1024;
  let reading = 0;
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const read = async (): Promise<Buffer> => {
    reading += 1;
    await opened;
    return source;
  };
  const all = Array.from({ length: 80 }, async () => {
    try {
      await images.process({ size: large, read }, readSteps('resize,w_5'));
      return 'made';
    } catch (problem) {
      return problem instanceof OssError ? problem.code : String(problem);
    }
  });
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(reading, 10);
  open();
  const outcomes = await Promise.all(all);
  // Ten at work, 64 that wait, and the rest is told to come again.
  const refused = outcomes.filter((outcome) => outcome === 'ServiceUnavailable').length;
  assert.deepEqual([refused, reading], [6, 74]);
  assert.equal(outcomes.filter((outcome) => outcome === 'made').length, 74);
});

test('pictures take turns', async () => {
  const source = await sample();
  const many = Array.from({ length: 30 }, () => process(source, 'resize,w_10'));
  assert.equal((await Promise.all(many)).length, 30);
});
