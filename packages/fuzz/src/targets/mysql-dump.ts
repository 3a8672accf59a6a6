import { readFileSync } from 'node:fs';
import { DatasetError, readMysqlDump } from '@revtr/datasets';
import { bytesOf, ensure, inTwoChunks, type Target } from '../target.ts';

/** What the real mysqldump wrote: `packages/datasets/test/fixtures/mysql/record.sh`. */
const recorded = ['all.sql', 'revtr-ansi.sql'].map((name) =>
  readFileSync(new URL(`../../../datasets/test/fixtures/mysql/${name}`, import.meta.url)),
);
const MOST_BYTES = 2 ** 20;

interface Read {
  readonly rows: readonly string[];
  readonly error: string | undefined;
}

async function read(chunks: AsyncIterable<Uint8Array>): Promise<Read> {
  const rows: string[] = [];
  try {
    for await (const part of readMysqlDump(chunks, { wants: () => true, mostBytes: MOST_BYTES })) {
      if (!('row' in part)) return { rows, error: undefined };
      ensure(Object.keys(part.row).length > 0, 'a row without columns');
      rows.push(JSON.stringify(part));
    }
  } catch (error) {
    if (error instanceof DatasetError) return { rows, error: error.code };
    throw error;
  }
  throw new Error('the dump has no end');
}

async function* inOne(input: Uint8Array): AsyncGenerator<Uint8Array> {
  yield input;
}

/** Dumps of MySQL databases, without compression. Where the chunks of a file end makes no difference. */
export const mysqlDump = (): Target => ({
  form: 'bytes',
  maxBytes: 8_192,
  seeds: [
    ...recorded.flatMap((file) => [file.subarray(0, 2_000), file.subarray(-4_000)]),
    ...recorded.map((file) => file.subarray(file.indexOf('DROP TABLE IF EXISTS `users`'), 6_000)),
    bytesOf("create table t (a int, `b``` text); insert into t values (-1,'x\\'y'),(NULL,_binary 'z''');"),
  ].filter(({ length }) => length > 0),
  words: [
    'INSERT INTO',
    'VALUES',
    'CREATE TABLE',
    'DELIMITER ;;',
    '/*!40101 ',
    '*/',
    "\\'",
    "''",
    '`',
    '-- ',
    '#',
    ';\n',
  ],
  isExpected: () => false,
  run: async (input) => {
    // Compressed files have targets of their own.
    if ((input[0] === 0x42 && input[1] === 0x5a) || input[0] === 0x1f) return;
    const whole = await read(inOne(input));
    const parts = await read(inTwoChunks(input));
    ensure(whole.error === parts.error, `${whole.error} in one chunk, ${parts.error} in two`);
    if (whole.error === undefined) ensure(whole.rows.join() === parts.rows.join(), 'other rows in two chunks');
  },
});
