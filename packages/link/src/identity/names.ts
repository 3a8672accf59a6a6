import type { X509Certificate } from 'node:crypto';
import { formatIpv4, type Ipv4Address, tryParseIpv4 } from '@revtr/net';

/** What a certificate speaks for: the URI in its subject alternative name (RFC 5280 section 4.2.1.6). */
export const CONTROLLER_NAME = 'revtr://controller';
export const GRANT_SIGNER_NAME = 'revtr://grant-signer';
const AGENT_PREFIX = 'revtr://agent/';

/** The name of the agent of an address. */
export const agentName = (address: Ipv4Address): string => `${AGENT_PREFIX}${formatIpv4(address)}`;

/** The URIs of a subject alternative name as Node.js prints it. */
export function namesOf(subjectAltName: string | undefined): string[] {
  return (subjectAltName ?? '').split(', ').flatMap((entry) => (entry.startsWith('URI:') ? [entry.slice(4)] : []));
}

/** The address of the agent that a certificate speaks for; `undefined` for other certificates. */
export function agentAddressOf(certificate: X509Certificate): Ipv4Address | undefined {
  const name = namesOf(certificate.subjectAltName).find((candidate) => candidate.startsWith(AGENT_PREFIX));
  return name === undefined ? undefined : tryParseIpv4(name.slice(AGENT_PREFIX.length));
}
