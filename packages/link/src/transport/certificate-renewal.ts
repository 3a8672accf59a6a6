import { X509Certificate } from 'node:crypto';
import type { Clock } from '@revtr/probing';
import type { AgentIdentity } from '../identity/agent-identity.ts';
import { type Credential, createRequest } from '../identity/certificates.ts';
import { renewalTimeOf } from '../identity/chain.ts';
import type { ToController } from '../messages/to-controller.ts';

/** Longest single wait, milliseconds: timers do not survive much longer ones, and the clock may be set meanwhile. */
const MOST_WAIT_MS = 6 * 3_600_000;
/** Pause before an agent asks again when no certificate came, milliseconds. */
const RETRY_MS = 3_600_000;

/**
 * Renews the certificate of an agent over its connection, once two thirds of the certificate's life are over. The previous
 * certificate is kept until the controller has accepted the new one, because either side may fail in between.
 */
export class CertificateRenewal {
  readonly #identity: AgentIdentity;
  readonly #clock: Clock;
  readonly #onRenewed: () => void;
  #key: string | undefined;

  constructor(collaborators: {
    readonly identity: AgentIdentity;
    readonly clock: Clock;
    /** Called when a new certificate is stored. */
    readonly onRenewed: () => void;
  }) {
    this.#identity = collaborators.identity;
    this.#clock = collaborators.clock;
    this.#onRenewed = collaborators.onRenewed;
  }

  /** Asks for certificates in time until `signal` fires. */
  async run(credential: Credential, send: (message: ToController) => void, signal: AbortSignal): Promise<void> {
    let current = credential;
    while (!signal.aborted) {
      const waitMs = renewalTimeOf(new X509Certificate(current.certificate)) - this.#clock.now();
      if (waitMs <= 0) {
        const { key, request } = await createRequest();
        this.#key = key;
        send({ type: 'renew', request });
      }
      const pauseMs = waitMs > 0 ? Math.min(waitMs, MOST_WAIT_MS) : RETRY_MS;
      await this.#clock.sleep(pauseMs, signal).catch(() => undefined);
      current = this.#identity.load(new Date(this.#clock.now())) ?? current;
    }
  }

  /** Stores a certificate that the agent asked for, and confirms it. Returns whether it was good. */
  take(certificate: string, send: (message: ToController) => void): boolean {
    const key = this.#key;
    this.#key = undefined;
    if (key === undefined) return false;
    const credential = this.#identity.check({ key, certificate }, new Date(this.#clock.now()));
    if (credential === undefined) return false;
    this.#identity.renew(credential);
    send({ type: 'renewed' });
    this.#onRenewed();
    return true;
  }
}
