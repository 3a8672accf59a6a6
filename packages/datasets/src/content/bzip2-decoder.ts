import bitIterator from 'unbzip2-stream/lib/bit_iterator.js';
import bzip2 from 'unbzip2-stream/lib/bzip2.js';

/** Largest compressed form of a block: a block that is not compressible grows a little. In units of 100,000 bytes, and a rest. */
const UNIT = 100_000;
const REST = 25_000;
const FIRST_OUTPUT = 2 ** 20;

/** Decodes a bzip2 file in parts. It throws errors of its library, and `RangeError` for input that ends early. */
export class Bzip2Decoder {
  readonly #queue: Uint8Array[] = [];
  #received = 0;
  #bits: ReturnType<typeof bitIterator> | undefined;
  /** Size of the blocks of the current stream; 0 between streams. */
  #units = 0;
  #crc = 0;

  /** Decodes the blocks that are complete after `chunk`. */
  *push(chunk: Uint8Array): Generator<Uint8Array> {
    if (chunk.length === 0) return;
    this.#queue.push(chunk);
    this.#received += chunk.length;
    while (this.#unread >= (this.#units === 0 ? 4 : REST + UNIT * this.#units)) yield* this.#step();
  }

  /** Decodes the rest of the file. */
  *end(): Generator<Uint8Array> {
    while (this.#unread > 0) yield* this.#step();
    if (this.#units !== 0) throw new RangeError('ends early');
  }

  get #unread(): number {
    return this.#received - (this.#bits?.bytesRead ?? 0);
  }

  *#step(): Generator<Uint8Array> {
    this.#bits ??= bitIterator(() => {
      const next = this.#queue.shift();
      if (next === undefined) throw new RangeError('ends early');
      return next;
    });
    if (this.#units === 0) {
      this.#units = bzip2.header(this.#bits);
      this.#crc = 0;
      return;
    }
    const output = new ByteCollector();
    const size = UNIT * this.#units;
    const crc = bzip2.decompress(this.#bits, (byte) => output.put(byte), new Int32Array(size), size, this.#crc);
    if (crc === null) this.#units = 0;
    else {
      this.#crc = crc;
      yield output.bytes();
    }
  }
}

/** The output of one block: at most 47 MB, because a run of 4 to 259 equal bytes takes five bytes of a block. */
class ByteCollector {
  #bytes = new Uint8Array(FIRST_OUTPUT);
  #length = 0;

  put(byte: number): void {
    if (this.#length === this.#bytes.length) {
      const larger = new Uint8Array(this.#bytes.length * 2);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes[this.#length++] = byte;
  }

  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }
}
