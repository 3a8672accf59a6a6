import { ICMP } from '@revtr/net';
import type { GuardedResult } from '../guarded-prober.ts';

/** What became of a probe. `prohibited` is one kind of `unreachable`. */
export type Outcome = 'answered' | 'unreachable' | 'prohibited' | 'silent';

/** Destination network, host, or communication administratively prohibited (RFC 1812, section 5.2.7.1). */
const PROHIBITED_CODES: readonly number[] = [9, 10, 13];

/** What a result says about the network of its target. */
export function outcomeOf(result: GuardedResult): Outcome {
  if (result.type === 'traceroute') {
    if (result.stop === 'unreachable') return 'unreachable';
    return result.stop === 'gapLimit' ? 'silent' : 'answered';
  }
  if (result.reply === undefined) return 'silent';
  const { icmpType, icmpCode } = result.reply;
  if (icmpType !== ICMP.unreachable) return 'answered';
  return PROHIBITED_CODES.includes(icmpCode) ? 'prohibited' : 'unreachable';
}
