import { encodeWarts, WartsDecoder, type WritableRecord } from '@revtr/scamper';

const HOPS = 12;
const TRACES = 200_000;
const CHUNK = 65_536;

/** Megabytes of warts read a second: traceroutes of twelve hops as a measurement platform writes them. */
export function benchWarts() {
  const trace: WritableRecord = {
    type: 'trace',
    listId: 1,
    cycleId: 1,
    start: { sec: 1_700_000_000, usec: 5 },
    stopReason: 1,
    stopData: 0,
    attempts: 2,
    method: 4,
    probeSize: 44,
    hopCount: HOPS,
    source: '192.0.2.1',
    destination: '198.51.100.1',
    hops: Array.from({ length: HOPS }, (_, i) => ({
      probeTtl: i + 1,
      replyTtl: 64 - i,
      flags: 17,
      probeId: 0,
      rttMicros: 1000 * i,
      icmp: 0x0b00,
      probeSize: 44,
      replySize: 56,
      ipId: i,
      tos: 0,
      from: `203.0.113.${i}`,
      sentAt: { sec: 1_700_000_000, usec: i },
    })),
  };
  const one = encodeWarts(trace);
  const perChunk = Math.floor(CHUNK / one.length);
  const chunk = new Uint8Array(perChunk * one.length);
  for (let i = 0; i < perChunk; i++) chunk.set(one, i * one.length);
  const decoder = new WartsDecoder();
  let records = 0;
  const started = performance.now();
  while (records < TRACES) records += decoder.push(chunk).length;
  const seconds = (performance.now() - started) / 1000;
  return {
    records,
    bytesPerRecord: one.length,
    megabytesPerSecond: Math.round((records * one.length) / seconds / 1e5) / 10,
  };
}
