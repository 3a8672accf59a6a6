import type { X509Certificate } from 'node:crypto';

const RENEW_BEFORE_MS = 30 * 86_400_000;

/** Whether the root has signed a certificate, and it need not be renewed yet. */
export function isCurrent(certificate: X509Certificate, root: X509Certificate, now: Date): boolean {
  return certificate.verify(root.publicKey) && Date.parse(certificate.validTo) - now.getTime() > RENEW_BEFORE_MS;
}
