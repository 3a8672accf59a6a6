import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CountTable } from '../../src/safety/budgets/count-table.ts';
import { decodeCounts, encodeCounts } from '../../src/safety/budgets/counts-codec.ts';

/** What happens to a table: a subject gets packets, some with options. */
const events = fc.array(
  fc.record({ key: fc.integer({ min: 1, max: 60 }), packets: fc.nat(9), optionPackets: fc.nat(3) }),
  { maxLength: 400 },
);

const countAll = (table: CountTable, list: readonly { key: number; packets: number; optionPackets: number }[]) => {
  const truth = new Map<number, { packets: number; optionPackets: number }>();
  for (const { key, packets, optionPackets } of list) {
    table.add(table.claim(key), packets, optionPackets);
    const before = truth.get(key) ?? { packets: 0, optionPackets: 0 };
    truth.set(key, {
      packets: before.packets + packets,
      optionPackets: before.optionPackets + optionPackets,
    });
  }
  return truth;
};

describe('CountTable', () => {
  it('counts exactly while there is room', () => {
    fc.assert(
      fc.property(events, (list) => {
        const table = new CountTable(8_192);
        for (const [key, { packets, optionPackets }] of countAll(table, list)) {
          expect(table.packets(table.find(key))).toBe(packets);
          expect(table.optionPackets(table.find(key))).toBe(optionPackets);
        }
      }),
    );
  });

  it('never counts too few packets when subjects lose their places, and never more than all packets', () => {
    fc.assert(
      fc.property(events, (list) => {
        const table = new CountTable(16);
        const total = list.reduce((sum, { packets }) => sum + packets, 0);
        for (const [key, { packets, optionPackets }] of countAll(table, list)) {
          expect(table.packets(table.find(key))).toBeGreaterThanOrEqual(packets);
          expect(table.packets(table.find(key))).toBeLessThanOrEqual(total);
          expect(table.optionPackets(table.find(key))).toBeGreaterThanOrEqual(optionPackets);
        }
      }),
    );
  });

  it('keeps the subjects with the most packets, and counts them exactly from their first packet on', () => {
    const table = new CountTable(8);
    for (let key = 1; key <= 7; key++) table.add(table.claim(key), 1_000, 0);
    for (let key = 100; key < 200; key++) table.add(table.claim(key), 1, 0);
    for (let key = 1; key <= 7; key++) expect(table.packets(table.find(key))).toBe(1_000);
  });

  it('does not let a subject that lost its place send sooner', () => {
    const table = new CountTable(8);
    for (let key = 1; key <= 9; key++) {
      const place = table.claim(key);
      table.add(place, 1, 1);
      table.setPaidUntil(place, 5_000 + key);
    }
    for (let key = 1; key <= 9; key++) expect(table.paidUntil(table.find(key))).toBeGreaterThanOrEqual(5_000 + key);
  });

  it('has no packets at the beginning of a day, also for subjects without a place', () => {
    const table = new CountTable(8);
    for (let key = 1; key <= 30; key++) table.add(table.claim(key), 5, 5);
    table.startDay();
    for (let key = 1; key <= 40; key++) expect(table.packets(table.find(key))).toBe(0);
  });

  it('counts no fewer packets after its changes went through the journal', () => {
    fc.assert(
      fc.property(events, events, (first, second) => {
        const [table, restored] = [new CountTable(16), new CountTable(16)];
        const entries: Uint8Array[] = [];
        const store = () =>
          entries.push(encodeCounts(table.takeChanged().map((counts) => ({ kind: 'destination', ...counts }))));
        countAll(table, first);
        store();
        countAll(table, second);
        store();
        for (const entry of entries) for (const counts of decodeCounts(entry)) restored.restore(counts);
        for (let key = 1; key <= 60; key++)
          expect(restored.packets(restored.find(key))).toBeGreaterThanOrEqual(
            first.concat(second).reduce((sum, event) => sum + (event.key === key ? event.packets : 0), 0),
          );
      }),
    );
  });
});

describe('decodeCounts', () => {
  it('reads what encodeCounts writes, and survives any bytes', () => {
    const counts = [
      { kind: 'user', type: 'subject', key: 4_294_967_295, packets: 4_000_000_000, optionPackets: 7 },
      { kind: 'as', type: 'floor', key: 0, packets: 1, optionPackets: 0 },
    ] as const;
    expect([...decodeCounts(encodeCounts(counts))]).toEqual(counts);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const table = new CountTable(8);
        for (const entry of decodeCounts(bytes)) table.restore(entry);
      }),
    );
  });
});
