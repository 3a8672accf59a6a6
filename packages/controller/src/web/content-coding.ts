/** A content coding of answers. */
export type ContentCoding = 'br' | 'gzip';

/**
 * The best of the available codings that a client accepts (RFC 9110, section 12.5.3); `undefined` for none. A coding with the weight 0 is
 * not accepted; other weights do not matter, because a smaller answer is better for everybody.
 */
export function acceptedCoding(
  header: string | undefined,
  available: readonly ContentCoding[],
): ContentCoding | undefined {
  const weights = new Map<string, boolean>();
  for (const part of (header ?? '').toLowerCase().split(',')) {
    const [name, ...parameters] = part.split(';').map((text) => text.trim());
    weights.set(name, !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter)));
  }
  return available.find((coding) => weights.get(coding) ?? weights.get('*') ?? false);
}
