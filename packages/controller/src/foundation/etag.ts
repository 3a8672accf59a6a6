import { createHash } from 'node:crypto';

/** A strong validator of a content, quoted, as in the header `ETag` (RFC 9110, section 8.8.3). */
export const etagOf = (content: Buffer): string =>
  `"${createHash('sha256').update(content).digest('base64url').slice(0, 22)}"`;
