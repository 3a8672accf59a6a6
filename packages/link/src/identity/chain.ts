import { X509Certificate } from 'node:crypto';

/** Leaf and intermediate certificate, and perhaps the root itself. */
const MOST_CERTIFICATES = 3;
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

/** The certificates of a PEM text in order, the leaf first; none when any of them is unreadable or there are too many. */
function certificatesOf(pem: string): X509Certificate[] {
  const texts = pem.match(CERTIFICATE) ?? [];
  if (texts.length > MOST_CERTIFICATES) return [];
  try {
    return texts.map((text) => new X509Certificate(text));
  } catch {
    return [];
  }
}

/**
 * Follows a chain from its leaf to the root (RFC 5280 section 6, for the chains that this authority makes) and returns the leaf;
 * `undefined` when a signature, a validity period or the role of an issuer is wrong.
 */
export function verifyChain(pem: string, root: X509Certificate, now: Date): X509Certificate | undefined {
  const chain = certificatesOf(pem);
  for (const [index, certificate] of chain.entries()) {
    const issuer = chain[index + 1] ?? root;
    if (!isValidAt(certificate, now) || !certificate.checkIssued(issuer) || !certificate.verify(issuer.publicKey))
      return undefined;
    if (index > 0 && !certificate.ca) return undefined;
  }
  return chain[0];
}

/** Whether `now` lies in the validity period of a certificate. */
export const isValidAt = ({ validFrom, validTo }: X509Certificate, now: Date): boolean =>
  Date.parse(validFrom) <= now.getTime() && now.getTime() < Date.parse(validTo);

/** When two thirds of the life of a certificate are over, and it should be renewed; milliseconds since the Unix epoch. */
export function renewalTimeOf({ validFrom, validTo }: X509Certificate): number {
  const from = Date.parse(validFrom);
  return from + ((Date.parse(validTo) - from) * 2) / 3;
}
