/** TTLs with which hosts and routers send. */
const INITIAL_TTLS = [64, 128, 255];

/** How many routers a packet has passed, from the TTL with which it arrived: senders start at 64, 128 or 255. */
export function hopCountOf(ttl: number): number {
  const initial = INITIAL_TTLS.find((start) => ttl <= start) ?? ttl;
  return initial - ttl;
}
