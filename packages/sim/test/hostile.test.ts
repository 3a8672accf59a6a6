import { buildEchoRequest, refreshHeaderChecksum } from '@revtr/net';
import { createRandom } from '@revtr/probing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAsRelationships, SimError, SimulatedInternet, simParameters } from '../src/index.ts';

describe('hostile input', () => {
  const obstacles = {
    sharedPrivateStamps: 0.1,
    stampsByDirection: 0.1,
    transitStampsTwice: 0.5,
    optionsStripped: 0.2,
    optionsRewritten: 0.2,
    optionsSlowPath: 0.5,
    optionsSlowPathPerSecond: 1_000,
    balancesOptionsByAddress: 0.5,
    destinationStampsAlias: 0.5,
    reroutingTunnels: 0.5,
    carrierGradeNat: 0.5,
    congestedLinks: 0.5,
    reordering: 0.5,
    hostDelay: 1,
    limitsByArrival: 1,
  };
  it.each([
    ['without obstacles', {}],
    ['with all obstacles', obstacles],
  ])('in packets never stops the network, %s', async (_, changes) => {
    const { places, network, clock } = new SimulatedInternet({ parameters: simParameters('small', 1, changes) });
    const [{ address: source }] = places.sources;
    const probe = buildEchoRequest({
      source,
      destination: places.hitlist[0],
      ttl: 3,
      identifier: 1,
      sequence: 1,
      payload: new Uint8Array(8),
      option: { type: 'timestamp', form: 'withAddress', slots: 4 },
    });
    const edits = fc.array(fc.tuple(fc.nat(70), fc.nat(255)), { maxLength: 5 });
    fc.assert(
      fc.property(edits, fc.nat(probe.length), (changes, length) => {
        const packet = probe.slice(0, length);
        for (const [at, value] of changes) if (at < packet.length) packet[at] = value;
        if (packet.length >= 60) refreshHeaderChecksum(packet, 0);
        network.send(packet, source);
      }),
      { numRuns: 2_000 },
    );
    await clock.drive(clock.sleep(1_000));
    expect(network.counts.sent).toBe(2_000);
  });

  it('in AS relationships gives a graph or a SimError', () => {
    const line = fc.oneof(
      fc.tuple(fc.nat(5), fc.nat(5), fc.constantFrom('-1', '0', '1', '')).map((parts) => parts.join('|')),
      fc.string(),
      fc.constant(`${'9'.repeat(400)}|1|-1`),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 8 }), (lines) => {
        try {
          const { numbers, edges } = parseAsRelationships(lines.join('\n'), createRandom(1));
          expect(numbers.every((asn) => asn <= 0xffffffff)).toBe(true);
          expect(edges.every(({ a, b }) => a !== b)).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(SimError);
        }
      }),
    );
  });
});
