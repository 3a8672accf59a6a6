import { describe, expect, it } from 'vitest';
import { asVerified, destinationHop } from '../src/checks/destination-hop.ts';
import type { Hop } from '../src/index.ts';
import { DESTINATION, ip, measurementWith, ScriptedProber, SOURCE } from './support/measurement.ts';

const first = destinationHop(DESTINATION, 1);
/** The first hop at the end of a measurement whose next hop is `next`, with a destination that answers plain pings or not. */
async function verified(next: Hop, answers: boolean): Promise<Hop> {
  const measurement = measurementWith(new ScriptedProber(() => (answers ? [] : undefined)));
  measurement.path.extend(0, [next]);
  await measurement.plainPings.replyOf(DESTINATION);
  return asVerified(first, measurement);
}
const gateway: Hop = {
  address: ip(11),
  technique: 'standInSubnet',
  trust: 'inferred',
  confidence: 0.9,
  evidence: { type: 'nearby', destination: DESTINATION, sender: SOURCE, at: 0 },
};
const shown: Hop = {
  ...gateway,
  technique: 'recordRoute',
  evidence: { type: 'recordRoute', target: DESTINATION, sender: SOURCE, slot: 1, turn: 'stamp', at: 0 },
};

describe('the destination as the first hop', () => {
  it('is assumed when it has answered nothing and the path was measured through another host', async () => {
    expect(await verified(gateway, false)).toMatchObject({ trust: 'assumed', evidence: { isSilent: true } });
  });

  it('is measured when it has answered a ping, or when a probe to it shows the next hop', async () => {
    expect(await verified(gateway, true)).toEqual(first);
    expect(await verified(shown, false)).toEqual(first);
  });
});
