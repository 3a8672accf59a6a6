import type { TLSSocket } from 'node:tls';
import type { Ipv4Address } from '@revtr/net';
import { tryParseIpv4 } from '@revtr/net';
import { LinkError } from '../errors.ts';
import { namesOf } from '../identity/names.ts';

/** Paths of the controller's server for agents. */
export const ENROL_PATH = '/enrol';
export const LINK_PATH = '/link';
/** Header of an enrolment: the port on which the agent awaits the controller, if it does not dial. */
export const LISTENING_HEADER = 'revtr-listening-port';

/** Text frames only, no compression: messages are small, and compressing each costs more than it saves. */
export const WEBSOCKET_OPTIONS = { perMessageDeflate: false } as const;

/** The address that a connection comes from; IPv4 connections on an IPv6 socket count as what they are. */
export function peerAddressOf(socket: { readonly remoteAddress?: string | undefined }): Ipv4Address | undefined {
  return tryParseIpv4((socket.remoteAddress ?? '').replace(/^::ffff:/, ''));
}

/**
 * Accepts a certificate by whom it speaks for, not by host name: the authority is the controller's own and signs for nobody
 * else, so that a name is worth more than the address it was reached by.
 */
export function expectName(
  name: string,
): (host: string, certificate: { readonly subjectaltname?: string }) => Error | undefined {
  return (_host, certificate) =>
    namesOf(certificate.subjectaltname).includes(name)
      ? undefined
      : new LinkError('badCertificate', `the certificate does not speak for ${name}`);
}

/** The certificate of the other side when the root has signed it. */
export function trustedCertificateOf(socket: TLSSocket): ReturnType<TLSSocket['getPeerX509Certificate']> {
  return socket.authorized ? socket.getPeerX509Certificate() : undefined;
}
