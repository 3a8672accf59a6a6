import { type Ipv4Address, MAX_RECORD_ROUTE_SLOTS } from '@revtr/net';
import type { PingRequest } from '@revtr/probing';

/**
 * A ping with a Record Route option of nine slots (RFC 791) whose reply goes to `source`. It is spoofed unless `sender` is the source itself.
 *
 * @param timeoutMs longest wait for the reply, milliseconds
 */
export function recordRoutePing(
  sender: Ipv4Address,
  source: Ipv4Address,
  target: Ipv4Address,
  timeoutMs: number,
): PingRequest {
  const request = {
    type: 'ping',
    sender,
    target,
    option: { type: 'recordRoute', slots: MAX_RECORD_ROUTE_SLOTS },
    timeoutMs,
  } as const;
  return sender === source ? request : { ...request, spoof: { claimedSource: source, receiver: source } };
}
