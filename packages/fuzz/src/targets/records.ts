import { decodeRecord, encodeRecord, StorageError } from '@revtr/storage';
import { ensure, type Target } from '../target.ts';

/** Records of results: what is read can be written and read again, and means the same. */
export const record = (): Target => ({
  form: 'bytes',
  seeds: [
    {
      plan: 'default',
      stopReason: 'reaches',
      startedAt: 1.76e12,
      hops: [{ address: '1.2.3.4', evidence: { at: 0.1 } }],
    },
    {
      detail: '3 hops from 1.2.3.4',
      ms: 336.815,
      '\u{1f600}': [null, true, false, -7, 2 ** 40, 'a text', '1.2.3.4'],
    },
    [[], {}, [{ a: 1 }, { a: 2 }], 'x', 'x', 1e300, 1e300],
  ].map(encodeRecord),
  isExpected: (error) => error instanceof StorageError && error.is('badRecord'),
  run: (input) => {
    const value = decodeRecord(input);
    const again = decodeRecord(encodeRecord(value));
    ensure(JSON.stringify(again) === cleanJson(value), 'a record changes when it is written again');
  },
});

/** The JSON text of a value, with U+FFFD for NUL as records are written. */
const cleanJson = (value: unknown): string => JSON.stringify(value).replaceAll('\\u0000', '\ufffd');
