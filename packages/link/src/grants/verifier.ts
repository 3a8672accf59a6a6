import { type KeyObject, verify, X509Certificate } from 'node:crypto';
import type { Ipv4Address } from '@revtr/net';
import { LinkError } from '../errors.ts';
import { GRANT_SIGNER_NAME, namesOf } from '../identity/names.ts';
import { type Grant, grantSchema, SIGNATURE } from './grant.ts';

/** Why a grant is refused. */
export type GrantFault =
  | 'malformed'
  | 'wrongSignature'
  | 'expired'
  | 'notYetValid'
  | 'fromBeforeStart'
  | 'replayed'
  | 'otherSender';

/** The longest that any grant may be good for, milliseconds: a signature on a longer one is a mistake. */
const MOST_VALIDITY_MS = 120_000;
/** How far in the future a grant may have been issued: clocks are compared over a network. */
const TOLERANCE_MS = 5_000;

export interface GrantVerifierOptions {
  /** The agent's own address: the only sender it emits for. */
  readonly sender: Ipv4Address;
  /** PEM of the root certificate. */
  readonly rootCertificate: string;
}

/** Checks grants before anything is sent, and lets each be used once. */
export class GrantVerifier {
  readonly #options: GrantVerifierOptions;
  readonly #root: X509Certificate;
  /** Milliseconds since the Unix epoch by the controller's clock. */
  readonly #now: () => number;
  readonly #startedAt: number;
  #signer: KeyObject | undefined;
  /** Tokens of grants used, with the time when they expire anyway. */
  readonly #used = new Map<string, number>();

  constructor(options: GrantVerifierOptions, collaborators: { readonly now: () => number }) {
    this.#options = options;
    this.#root = new X509Certificate(options.rootCertificate);
    this.#now = collaborators.now;
    this.#startedAt = this.#now();
  }

  /** Takes the certificate that grants are signed with. @throws {LinkError} `badCertificate` unless the root vouches for it */
  trust(certificate: string): void {
    let read: X509Certificate;
    try {
      read = new X509Certificate(certificate);
    } catch {
      throw new LinkError('badCertificate', 'the grant signer has no readable certificate');
    }
    const isNamed = namesOf(read.subjectAltName).includes(GRANT_SIGNER_NAME);
    const isCurrent = Date.parse(read.validFrom) <= this.#now() && this.#now() < Date.parse(read.validTo);
    if (!isNamed || !isCurrent || !read.checkIssued(this.#root) || !read.verify(this.#root.publicKey))
      throw new LinkError('badCertificate', 'the certificate of the grant signer is not good');
    this.#signer = read.publicKey;
  }

  /** The grant, used up with this call. @throws {LinkError} `badGrant` with the {@link GrantFault} in `details.fault` */
  use(text: string): Grant {
    const grant = this.#read(text);
    const now = this.#now();
    this.#forget(now);
    const fault = this.#fault(grant, now);
    if (fault !== undefined) throw bad(fault);
    this.#used.set(grant.mark.token, grant.expiresAt);
    return grant;
  }

  #read(text: string): Grant {
    const [payload, signature, ...rest] = text.split('.').map((part) => Buffer.from(part, 'base64url'));
    if (payload === undefined || signature === undefined || rest.length > 0) throw bad('malformed');
    const { hash, dsaEncoding } = SIGNATURE;
    if (this.#signer === undefined || !verify(hash, payload, { key: this.#signer, dsaEncoding }, signature))
      throw bad('wrongSignature');
    try {
      return grantSchema.parse(JSON.parse(payload.toString()));
    } catch {
      throw bad('malformed');
    }
  }

  #fault({ request, mark, issuedAt, expiresAt }: Grant, now: number): GrantFault | undefined {
    if (request.sender !== this.#options.sender) return 'otherSender';
    if (expiresAt - issuedAt > MOST_VALIDITY_MS || issuedAt > now + TOLERANCE_MS) return 'notYetValid';
    if (expiresAt < now) return 'expired';
    // What was used before a restart is not known any more.
    if (issuedAt < this.#startedAt) return 'fromBeforeStart';
    return this.#used.has(mark.token) ? 'replayed' : undefined;
  }

  #forget(now: number): void {
    for (const [token, expiresAt] of this.#used) {
      if (expiresAt >= now) return;
      this.#used.delete(token);
    }
  }
}

const REASONS: Readonly<Record<GrantFault, string>> = {
  malformed: 'it is not a grant',
  wrongSignature: 'the controller has not signed it',
  expired: 'it has expired',
  notYetValid: 'it is not valid yet, or for too long',
  fromBeforeStart: 'it was issued before this agent started',
  replayed: 'it was used before',
  otherSender: 'it is for another sender',
};

const bad = (fault: GrantFault): LinkError => new LinkError('badGrant', `grant refused: ${REASONS[fault]}`, { fault });
