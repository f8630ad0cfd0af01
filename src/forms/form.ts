import { OssError } from '../errors/index.ts';
import { readPartHead, textOf } from './part-head.ts';
import { malformedForm } from './refusals.ts';
import { Scanner } from './scanner.ts';

/** oss-object-api.md PostObject: 8 KB a name, 2 MB a value. */
const nameBytesMax = 8 * 1024;
const valueBytesMax = 2 * 1024 * 1024;
/** Ours: a name, a file name and what else a head says. */
const headBytesMax = 24 * 1024;
/** Ours: all names and values in front of the file, since they are held in memory. */
const fieldsBytesMax = 3 * 1024 * 1024;
const fieldsMax = 1_000;
/** Ours: what may stand before the first boundary and on the line of one. */
const preambleBytesMax = 4 * 1024;
/** Ours: fields after the file and an epilogue, which are read past. */
const restBytesMax = 4 * 1024 * 1024;
/** RFC 2046 5.1.1 */
const boundaryForm = /^[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]$/;

const lineEnd = Buffer.from('\r\n');
const headEnd = Buffer.from('\r\n\r\n');

export interface FormFile {
  readonly name: string | undefined;
  readonly contentType: string | undefined;
  /**
   * May be taken once; reads on to the end of the whole body, so that whoever checks that is heard
   * before the content ends.
   */
  content(): AsyncGenerator<Buffer, void, undefined>;
}

/** A form whose fields are read, and whose file is about to come. */
export interface Form {
  /** By lower-case name (oss-semantics.md 7.6), in the order they came. */
  readonly fields: ReadonlyMap<string, string>;
  readonly file: FormFile;
  /** Must be called at the end, whatever that is. */
  close(): Promise<void>;
}

/**
 * The boundary that a Content-Type names.
 * @throws OssError RequestIsNotMultiPartContent, MalformedPOSTRequest.
 */
export function boundaryOf(contentType: string | undefined): string {
  if (!/^multipart\/form-data\s*(;|$)/i.test(contentType ?? '')) {
    throw new OssError('RequestIsNotMultiPartContent');
  }
  const [, quoted, bare] =
    /;\s*boundary\s*=\s*(?:"([^"]*)"|([^;\s]+))/i.exec(contentType ?? '') ?? [];
  const boundary = quoted ?? bare ?? '';
  if (!boundaryForm.test(boundary)) throw malformedForm();
  return boundary;
}

/**
 * Reads all fields up to the one named `file`; later ones are ignored (oss-object-api.md).
 * @throws OssError MalformedPOSTRequest, FieldItemTooLong, InvalidArgument for a name given twice,
 * IncorrectNumberOfFilesInPOSTRequest.
 */
export async function openForm(body: AsyncIterable<Uint8Array>, boundary: string): Promise<Form> {
  const scanner = new Scanner(withLineEnd(body));
  const reader = new FormReader(scanner, Buffer.from(`\r\n--${boundary}`, 'latin1'));
  try {
    const file = await reader.readFields();
    return { fields: reader.fields, file, close: () => scanner.close() };
  } catch (problem) {
    await scanner.close();
    throw problem;
  }
}

/** The first boundary may be the very beginning; all others begin with the end of a line. */
async function* withLineEnd(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield lineEnd;
  yield* body;
}

class FormReader {
  readonly fields = new Map<string, string>();
  readonly #scanner: Scanner;
  readonly #delimiter: Buffer;
  #bytes = 0;

  constructor(scanner: Scanner, delimiter: Buffer) {
    this.#scanner = scanner;
    this.#delimiter = delimiter;
  }

  async readFields(): Promise<FormFile> {
    await this.#scanner.upTo(this.#delimiter, preambleBytesMax, malformedForm);
    while (await this.#beginPart()) {
      const lines = await this.#scanner.upTo(headEnd, headBytesMax, nameTooLong);
      const { name, fileName, contentType } = readPartHead(lines);
      if (Buffer.byteLength(name) > nameBytesMax) throw nameTooLong();
      if (name.toLowerCase() === 'file') {
        return { name: fileName, contentType, content: () => this.#content() };
      }
      const value = await this.#scanner.upTo(this.#delimiter, valueBytesMax, valueTooLong);
      this.#add(name, value);
    }
    throw new OssError('IncorrectNumberOfFilesInPOSTRequest');
  }

  /** False after the last part. */
  async #beginPart(): Promise<boolean> {
    if ((await this.#scanner.peek(2)).equals(Buffer.from('--'))) return false;
    const rest = await this.#scanner.upTo(lineEnd, preambleBytesMax, malformedForm);
    if (!/^[ \t]*$/.test(rest.toString('latin1'))) throw malformedForm();
    return true;
  }

  #add(name: string, value: Buffer): void {
    this.#bytes += Buffer.byteLength(name) + value.length;
    if (this.#bytes > fieldsBytesMax || this.fields.size >= fieldsMax) throw valueTooLong();
    const lower = name.toLowerCase();
    // A policy that looked at one of two values would say nothing of the other.
    if (this.fields.has(lower)) {
      throw new OssError('InvalidArgument', {
        message: `The form field ${name} was given more than once.`,
        fields: { ArgumentName: name, ArgumentValue: '' },
        closeConnection: true,
      });
    }
    this.fields.set(lower, textOf(value));
  }

  async *#content(): AsyncGenerator<Buffer, void, undefined> {
    yield* this.#scanner.before(this.#delimiter);
    await this.#scanner.skipRest(restBytesMax, valueTooLong);
  }
}

function nameTooLong(): OssError {
  return new OssError('FieldItemTooLong', { closeConnection: true });
}

function valueTooLong(): OssError {
  return new OssError('FieldItemTooLong', {
    message: 'Your form has a field that is too long, or too many of them.',
    closeConnection: true,
  });
}
