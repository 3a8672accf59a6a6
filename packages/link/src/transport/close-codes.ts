/** Status codes of closed connections (RFC 6455 section 7.4.2 leaves 4000 to 4999 to applications). */
export const CLOSE = {
  badMessage: 4_400,
  notAdmitted: 4_403,
  noHello: 4_408,
  replaced: 4_409,
  tooMuch: 4_429,
  internal: 4_500,
} as const;

const MOST_REASON_BYTES = 120;

/** Shortens a reason to what fits into a close frame (RFC 6455 section 5.5: 125 bytes with the status code). */
export function closeReason(reason: string): string {
  const ascii = reason.replace(/[^\x20-\x7e]/g, '?');
  return ascii.slice(0, MOST_REASON_BYTES);
}
