import { type Ipv4Address, MAX_RECORD_ROUTE_SLOTS } from '@revtr/net';
import type { PingRequest } from '@revtr/probing';

/** A Record Route ping whose answer goes to `source`: spoofed unless the source sends it itself. */
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
