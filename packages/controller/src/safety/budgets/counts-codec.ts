import { BUDGET_KINDS, type BudgetKind } from '@revtr/probing';
import type { StoredCounts } from './count-table.ts';

/** Counts of a subject of some kind. */
export interface KindCounts extends StoredCounts {
  readonly kind: BudgetKind;
}

/** Kind (the highest bit marks a floor), key, packets, packets with options; all numbers big-endian. */
const ENTRY_BYTES = 13;
const FLOOR = 0x80;

/** Writes counts for the journal. */
export function encodeCounts(counts: readonly KindCounts[]): Uint8Array {
  const bytes = new Uint8Array(counts.length * ENTRY_BYTES);
  const view = new DataView(bytes.buffer);
  for (const [i, { kind, type, key, packets, optionPackets }] of counts.entries()) {
    const offset = i * ENTRY_BYTES;
    view.setUint8(offset, BUDGET_KINDS.indexOf(kind) | (type === 'floor' ? FLOOR : 0));
    view.setUint32(offset + 1, key);
    view.setUint32(offset + 5, packets);
    view.setUint32(offset + 9, optionPackets);
  }
  return bytes;
}

/** Reads counts from the journal. Entries of an unknown kind and a cut-off last entry are left out. */
export function* decodeCounts(bytes: Uint8Array): Generator<KindCounts> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let offset = 0; offset + ENTRY_BYTES <= bytes.length; offset += ENTRY_BYTES) {
    const head = view.getUint8(offset);
    const kind = BUDGET_KINDS.at(head & ~FLOOR);
    const key = view.getUint32(offset + 1);
    const isFloor = (head & FLOOR) !== 0;
    if (kind === undefined || (key === 0 && !isFloor)) continue;
    const packets = view.getUint32(offset + 5);
    const optionPackets = view.getUint32(offset + 9);
    yield { kind, type: isFloor ? 'floor' : 'subject', key, packets, optionPackets };
  }
}
