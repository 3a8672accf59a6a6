import { zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AuditBlockError, byTargetAndTime, decodeBlock, encodeBlock, MOST_RECORDS } from '../src/audit/audit-block.ts';
import { anyRecord } from './audit-records.ts';

const records = fc.array(anyRecord, { minLength: 1, maxLength: 60 }).map((made) => made.sort(byTargetAndTime));

describe('an audit block', () => {
  it('returns the records that it was encoded from', () => {
    fc.assert(
      fc.property(records, (made) => {
        expect(decodeBlock(encodeBlock(made))).toEqual(made);
      }),
    );
  });

  it('holds the maximum number of records', () => {
    const [made] = fc.sample(fc.array(anyRecord, { minLength: MOST_RECORDS, maxLength: MOST_RECORDS }), 1);
    made.sort(byTargetAndTime);
    expect(decodeBlock(encodeBlock(made))).toEqual(made);
  });

  it('is refused with AuditBlockError when it is cut or changed', () => {
    const refuses = (data: Uint8Array): boolean => {
      try {
        decodeBlock(data);
        return false;
      } catch (error) {
        return error instanceof AuditBlockError;
      }
    };
    fc.assert(
      fc.property(records, fc.nat(), fc.integer({ min: 0, max: 7 }), (made, place, bit) => {
        const whole = encodeBlock(made);
        const changed = Buffer.from(whole);
        changed[place % whole.length] ^= 1 << bit;
        expect(refuses(whole.subarray(0, place % whole.length))).toBe(true);
        // A change that the checksum does not see leaves the records as they were.
        if (!refuses(changed)) expect(decodeBlock(changed)).toEqual(made);
      }),
      { numRuns: 500 },
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (data) => refuses(data)));
  });

  it('is refused when its content is not a block', () => {
    const number = fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff));
    fc.assert(
      fc.property(fc.array(number, { maxLength: 300 }), (content) => {
        try {
          decodeBlock(zstdCompressSync(Uint8Array.from([1, ...content])));
        } catch (error) {
          expect(error).toBeInstanceOf(AuditBlockError);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
