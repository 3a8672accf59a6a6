import { TRACEROUTE_DEFAULTS } from '@revtr/probing';
import type { GuardedRequest } from '../guarded-prober.ts';

/** Most packets that a request can send. */
export function mostPackets(request: GuardedRequest): number {
  if (request.type === 'ping') return 1;
  const { firstHop, maxHops, attempts } = { ...TRACEROUTE_DEFAULTS, ...request };
  return Math.max(1, maxHops - firstHop + 1) * attempts;
}

/** Whether the packets of a request carry IP options. */
export const hasOption = (request: GuardedRequest): boolean => request.type === 'ping' && request.option !== undefined;
