import { gzipSync } from 'node:zlib';
import { DatasetError, type DatasetKind, datasetSourcesSchema, readDataset } from '@revtr/datasets';
import { Bzip2Decoder } from '@revtr/datasets/bzip2-decoder';
import { ZodError } from 'zod';
import { bytesOf, inTwoChunks, jsonBytes, type Target, textOf } from '../target.ts';
import { BZIP2_FILES, DATASET_FILES } from './dataset-files.ts';

const isDatasetError = (error: unknown): boolean => error instanceof DatasetError;
/** Small limits: they are reached by inputs of a few thousand bytes, and bound the time that a bomb may take. */
const LIMITS = { bytes: 2 ** 20, lineCharacters: 2_048, entries: 2_000 };

const read = async (kind: DatasetKind, content: Uint8Array): Promise<void> =>
  void (await readDataset(kind, inTwoChunks(content), LIMITS));

/** The file of one kind, without compression. */
export const datasetOf = (kind: DatasetKind) => (): Target => ({
  form: DATASET_FILES[kind][0] === '{'.charCodeAt(0) ? 'json' : 'bytes',
  seeds: [DATASET_FILES[kind]],
  // Compressed files have targets of their own.
  isExpected: isDatasetError,
  run: (input) => (isBzip2(input) ? undefined : read(kind, input)),
});

/** Each bzip2 file starts a thread, which takes a thousand times as long as anything else here. */
const isBzip2 = (input: Uint8Array): boolean => input[0] === 0x42 && input[1] === 0x5a && input[2] === 0x68;

/** Gzip files of a line format, of JSON and of MMDB. */
export const datasetGzip = (): Target => ({
  form: 'bytes',
  seeds: [DATASET_FILES.prefix2as, DATASET_FILES.ripeProbes, DATASET_FILES.mmdb, bytesOf('x'.repeat(10_000))].map(
    (content) => gzipSync(content),
  ),
  isExpected: isDatasetError,
  run: (input) => (isBzip2(input) ? undefined : read('prefix2as', input)),
});

/** The decoder of bzip2 files, in this thread. Errors of its library are expected: `bunzip2` converts every error. */
export const bzip2Decoder = (): Target => ({
  form: 'bytes',
  seeds: BZIP2_FILES,
  isExpected: (error) => error instanceof Error,
  run: (input) => {
    const decoder = new Bzip2Decoder();
    const middle = input.length >>> 1;
    let bytes = 0;
    for (const part of [decoder.push(input.subarray(0, middle)), decoder.push(input.subarray(middle)), decoder.end()])
      for (const block of part) {
        bytes += block.length;
        if (bytes > LIMITS.bytes) return;
      }
  },
});

/** Bzip2 files through the reader, with a thread for each file. */
export const datasetBzip2 = (): Target => ({
  form: 'bytes',
  seeds: BZIP2_FILES,
  isExpected: isDatasetError,
  run: (input) => read('prefix2as', input),
});

/** The file that says where datasets are downloaded from. */
export const datasetSources = (): Target => ({
  form: 'json',
  seeds: [
    jsonBytes({ prefix2as: { url: 'https://data.example/a.gz', sha256Url: 'https://data.example/s', everyHours: 24 } }),
    jsonBytes({ mmdb: { url: 'http://user:secret@data.example:8080/x?token=1' } }),
  ],
  isExpected: (error) => error instanceof ZodError || error instanceof SyntaxError,
  run: (input) => void datasetSourcesSchema.parse(JSON.parse(textOf(input))),
});
