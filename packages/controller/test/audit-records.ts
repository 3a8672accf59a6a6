import fc from 'fast-check';
import { type AuditRecord, CAUSE_TYPES, PROBE_KINDS, TECHNIQUES } from '../src/audit/audit-record.ts';

const address = fc.integer({ min: 1, max: 0xffffffff });
const id = fc.integer({ min: 0, max: 2 ** 50 });

/** Any audit record. */
export const anyRecord: fc.Arbitrary<AuditRecord> = fc
  .record({
    at: fc.integer({ min: 0, max: 4_000_000_000_000 }),
    kind: fc.constantFrom(...PROBE_KINDS),
    packets: fc.integer({ min: 0, max: 0xffff }),
    sender: address,
    target: fc.integer({ min: 0, max: 0xffffffff }),
    claimedSource: fc.option(address, { nil: undefined }),
    mark: fc.integer({ min: 0, max: 0xffffffff }),
    cause: fc.constantFrom(...CAUSE_TYPES),
    technique: fc.constantFrom(...TECHNIQUES),
    causeId: id,
    batchId: id,
    userId: id,
    keyId: fc.integer({ min: 0, max: 0xffffffff }),
  })
  .map((made) => (made.claimedSource === undefined ? { ...made, mark: 0 } : made));

/** A record of a measurement, with some parts replaced. */
export const recordOf = (parts: Partial<AuditRecord> = {}): AuditRecord => ({
  at: 1_000,
  kind: 'recordRoute',
  packets: 1,
  sender: 0x01_00_00_01,
  target: 0x02_00_00_02,
  claimedSource: undefined,
  mark: 0,
  cause: 'measurement',
  technique: 'recordRoute',
  causeId: 7,
  batchId: 3,
  userId: 2,
  keyId: 0,
  ...parts,
});
