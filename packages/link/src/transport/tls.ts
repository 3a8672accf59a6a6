import type { ServerOptions } from 'node:https';
import type { TLSSocket } from 'node:tls';
import type { Ipv4Address } from '@revtr/net';
import { tryParseIpv4 } from '@revtr/net';
import { LinkError } from '../errors.ts';
import type { Credential } from '../identity/certificates.ts';
import { namesOf } from '../identity/names.ts';

/** Paths of the controller's server for agents. */
export const ENROL_PATH = '/enrol';
export const LINK_PATH = '/link';
/** Header of an enrolment: the port on which the agent accepts connections of the controller. */
export const LISTENING_HEADER = 'revtr-listening-port';

/** Text frames without compression: messages are small, and a compressed message could expand without limit. */
export const WEBSOCKET_OPTIONS = { perMessageDeflate: false, closeTimeout: 5_000 } as const;

/** How long a peer may take for the TLS handshake, the headers and a whole request, milliseconds. */
const HANDSHAKE_MS = 10_000;
const REQUEST_MS = 15_000;

/** Options of a server that only peers of this authority use. `isStrict` refuses clients without a certificate. */
export function serverOptions(
  { key, certificate }: Credential,
  rootCertificate: string,
  { isStrict }: { readonly isStrict: boolean },
): ServerOptions {
  return {
    key,
    cert: certificate,
    ca: rootCertificate,
    requestCert: true,
    rejectUnauthorized: isStrict,
    minVersion: 'TLSv1.3',
    handshakeTimeout: HANDSHAKE_MS,
    headersTimeout: HANDSHAKE_MS,
    requestTimeout: REQUEST_MS,
    connectionsCheckingInterval: 1_000,
    keepAliveTimeout: 5_000,
    maxHeaderSize: 8_192,
  };
}

/** The IPv4 address that a connection comes from, also when it arrived on an IPv6 socket (RFC 4291 section 2.5.5.2). */
export function peerAddressOf(socket: { readonly remoteAddress?: string | undefined }): Ipv4Address | undefined {
  return tryParseIpv4((socket.remoteAddress ?? '').replace(/^::ffff:/, ''));
}

/**
 * Checks the name in a certificate instead of the host name: the authority belongs to the controller and signs for nobody
 * else, hence the name is stronger evidence than the address that was dialled.
 */
export function expectName(
  name: string,
): (host: string, certificate: { readonly subjectaltname?: string }) => Error | undefined {
  return (_host, certificate) =>
    namesOf(certificate.subjectaltname).includes(name)
      ? undefined
      : new LinkError('badCertificate', `the certificate does not speak for ${name}`, {});
}

/** The certificate of the peer when its chain leads to the root. */
export function trustedCertificateOf(socket: TLSSocket): ReturnType<TLSSocket['getPeerX509Certificate']> {
  return socket.authorized ? socket.getPeerX509Certificate() : undefined;
}
