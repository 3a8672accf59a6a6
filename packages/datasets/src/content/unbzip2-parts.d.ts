/** The parts of unbzip2-stream, which has types for its stream only. */
declare module 'unbzip2-stream/lib/bit_iterator.js' {
  interface BitReader {
    (bits: number | null): number;
    readonly bytesRead: number;
  }
  export default function bitIterator(nextBuffer: () => Uint8Array): BitReader;
}

declare module 'unbzip2-stream/lib/bzip2.js' {
  import type { BitReader } from 'unbzip2-stream/lib/bit_iterator.js';

  const bzip2: {
    /** The size of the blocks, in units of 100,000 bytes. */
    header(bits: BitReader): number;
    /** Decompresses one block. Returns the checksum of the stream so far, or null at its end. */
    decompress(
      bits: BitReader,
      put: (byte: number) => void,
      work: Int32Array,
      size: number,
      crc: number,
    ): number | null;
  };
  export default bzip2;
}
