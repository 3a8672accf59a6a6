import { type KeyObject, X509Certificate } from 'node:crypto';
import type { Ipv4Address } from '@revtr/net';
import { type GrantFault, LinkError } from '../errors.ts';
import { verifyChain } from '../identity/chain.ts';
import { GRANT_SIGNER_NAME, namesOf } from '../identity/names.ts';
import { type Grant, grantSchema } from './grant.ts';
import { isSignatureOf } from './signature.ts';

/** Longest validity of a grant, milliseconds; the agent refuses longer ones even when the controller signed them. */
const MOST_VALIDITY_MS = 120_000;
/** How far in the future a grant may have been issued, milliseconds: the agent estimates the controller's clock. */
const TOLERANCE_MS = 5_000;

export interface GrantVerifierOptions {
  /** The agent's own address, the only sender whose grants it accepts. */
  readonly sender: Ipv4Address;
  /** PEM of the root certificate. */
  readonly rootCertificate: string;
}

/** Checks grants before a packet is sent, and lets each grant be used once. */
export class GrantVerifier {
  readonly #options: GrantVerifierOptions;
  readonly #root: X509Certificate;
  /** Milliseconds since the Unix epoch by the controller's clock. */
  readonly #now: () => number;
  readonly #startedAt: () => number;
  #signer: KeyObject | undefined;
  /** The signer before, and until when its grants may arrive. */
  #previous: { readonly signer: KeyObject; readonly until: number } | undefined;
  /** Tokens of used grants, with the times when the grants expire. */
  readonly #used = new Map<string, number>();

  constructor(
    options: GrantVerifierOptions,
    collaborators: {
      readonly now: () => number;
      /** When the agent started, by the controller's clock as it is known now. Default: when the verifier was created. */
      readonly startedAt?: () => number;
    },
  ) {
    this.#options = options;
    this.#root = new X509Certificate(options.rootCertificate);
    this.#now = collaborators.now;
    const createdAt = this.#now();
    this.#startedAt = collaborators.startedAt ?? (() => createdAt);
  }

  /**
   * Takes the certificate that grants are signed with, PEM, followed by the intermediate certificate if there is one. Grants of the signer
   * before are accepted for two more minutes: they may be on their way.
   * @throws {LinkError} `badCertificate` unless the chain leads to the root
   */
  trust(certificate: string): void {
    const read = verifyChain(certificate, this.#root, new Date(this.#now()));
    if (read === undefined || !namesOf(read.subjectAltName).includes(GRANT_SIGNER_NAME))
      throw new LinkError('badCertificate', 'the certificate of the grant signer is not valid', {});
    if (this.#signer !== undefined && !this.#signer.equals(read.publicKey))
      this.#previous = { signer: this.#signer, until: this.#now() + MOST_VALIDITY_MS };
    this.#signer = read.publicKey;
  }

  /** Reads a grant and marks it as used. @throws {LinkError} `badGrant` with the {@link GrantFault} */
  use(text: string): Grant {
    const grant = this.#read(text);
    const now = this.#now();
    this.#forget(now);
    const fault = this.#fault(grant, now);
    if (fault !== undefined) throw bad(fault);
    this.#used.set(grant.mark.token, grant.expiresAt);
    return grant;
  }

  /** Checks again, right before the packet is sent, that the grant has not expired. @throws {LinkError} `badGrant` */
  assertCurrent({ expiresAt }: Grant): void {
    if (expiresAt < this.#now()) throw bad('expired');
  }

  #read(text: string): Grant {
    const [payload, signature, ...rest] = text.split('.').map((part) => Buffer.from(part, 'base64url'));
    if (payload === undefined || signature === undefined || rest.length > 0) throw bad('malformed');
    if (!this.#signers().some((key) => isSignatureOf(signature, payload, key))) throw bad('wrongSignature');
    try {
      return grantSchema.parse(JSON.parse(payload.toString()));
    } catch {
      throw bad('malformed');
    }
  }

  #signers(): KeyObject[] {
    if (this.#previous !== undefined && this.#previous.until < this.#now()) this.#previous = undefined;
    return [this.#signer, this.#previous?.signer].filter((signer) => signer !== undefined);
  }

  #fault({ request, mark, issuedAt, expiresAt }: Grant, now: number): GrantFault | undefined {
    if (request.sender !== this.#options.sender) return 'otherSender';
    if (expiresAt - issuedAt > MOST_VALIDITY_MS || issuedAt > now + TOLERANCE_MS) return 'notYetValid';
    if (expiresAt < now) return 'expired';
    // The tokens that were used before a restart are lost.
    if (issuedAt < this.#startedAt()) return 'fromBeforeStart';
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
  notYetValid: 'it is not valid yet, or is valid for too long',
  fromBeforeStart: 'it was issued before this agent started',
  replayed: 'it was used before',
  otherSender: 'it is for another sender',
};

const bad = (fault: GrantFault): LinkError<'badGrant'> =>
  new LinkError('badGrant', `the grant is refused: ${REASONS[fault]}`, { fault });
