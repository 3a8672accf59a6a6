import type { Random } from '@revtr/probing';
import { type AsGraph, degreesOf } from './as-graph.ts';
import { NetworkKind } from './topology.ts';

/** Stub networks with at least this many peers offer content. */
const CONTENT_PEERS = 3;
/** Of the other stub networks, those that sell access; the rest are enterprises. Assumption. */
const ACCESS_STUBS = 0.5;

/** Draws what each network is for. Networks with customers sell access or transit. */
export function drawNetworkKinds({ tiers, edges }: AsGraph, random: Random): Uint8Array {
  const peers = degreesOf(
    edges.filter(({ relation }) => relation === 'peer'),
    tiers.length,
  );
  return Uint8Array.from(tiers, (tier, i) => {
    if (tier !== 3) return NetworkKind.access;
    if (peers[i] >= CONTENT_PEERS) return NetworkKind.content;
    return random.chance(ACCESS_STUBS) ? NetworkKind.access : NetworkKind.enterprise;
  });
}
