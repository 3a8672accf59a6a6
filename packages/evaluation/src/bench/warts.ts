import { encodeWarts, WartsDecoder, type WritableRecord } from '@revtr/scamper';
import { medianSeconds } from './rounds.ts';

const HOPS = 12;
/** Traceroutes in each round. */
const TRACES = 40_000;
const CHUNK = 65_536;

/** Decodes warts traceroutes with twelve hops. Reports the median rate over five rounds, in megabytes per second. */
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
  const seconds = medianSeconds(() => {
    records = 0;
    while (records < TRACES) records += decoder.push(chunk).length;
  });
  return {
    records,
    bytesPerRecord: one.length,
    megabytesPerSecond: Math.round((records * one.length) / seconds / 1e5) / 10,
  };
}
