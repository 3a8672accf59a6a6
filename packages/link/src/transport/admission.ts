import type { Ipv4Address } from '@revtr/net';

/** What an enrolled agent is known by. */
export interface Enrolment {
  /** Serial number of its certificate, hexadecimal. */
  readonly serialNumber: string;
  /** Port on which the agent accepts connections of the controller; `undefined` when the agent connects by itself. */
  readonly listeningPort: number | undefined;
}

/** Decides who may connect. Each answer is `undefined` for yes, or the reason for no. */
export interface Admission {
  mayEnrol(address: Ipv4Address): Promise<string | undefined>;
  /** Records the certificate of an agent that enrolled; it replaces the one before. */
  enrolled(address: Ipv4Address, enrolment: Enrolment): Promise<void>;
  /** Records the certificate that a connected agent renewed by itself; it replaces the one before. */
  renewed(address: Ipv4Address, serialNumber: string): Promise<void>;
  /** Asked when a connection begins and again at its `hello`: a revocation takes effect at once. */
  mayConnect(address: Ipv4Address, serialNumber: string): Promise<string | undefined>;
}

/** Something that the controller refused, for log and metrics. */
export interface GatewayRefusal {
  readonly kind: 'enrolment' | 'connection' | 'message';
  /** Address that the refused connection came from, or `unknown`. */
  readonly address: string;
  readonly reason: string;
}
