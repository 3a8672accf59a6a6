import type { Credential } from '@revtr/link';
import { type CredentialFiles, readCredential } from '../../foundation/credential-files.ts';
import type { Metrics } from '../../foundation/metrics.ts';
import { Periodic } from '../../foundation/periodic.ts';
import type { GrpcServer } from '../../grpc/grpc-server.ts';
import { LegacyAgents, type LegacyAgentsCollaborators } from './legacy-agents.ts';
import { createReplyServer } from './reply-server.ts';
import { ScamperListener, type ScamperListenerOptions } from './scamper-listener.ts';

/** How agents of revtr 2.0 are served. */
export interface LegacyOptions {
  /** Port that their scampers dial in to; `undefined`: none is opened. */
  readonly scamperPort: number | undefined;
  /** Port on which they report replies to spoofed probes over gRPC; `undefined`: none is opened. */
  readonly grpcPort: number | undefined;
  /** Host names that they expect in the certificate of the controller. */
  readonly names: readonly [string, ...string[]];
  /** Files with a certificate and its key. `undefined`: the authority of the controller certifies the names. */
  readonly credentialFiles: CredentialFiles | undefined;
  /** Whether their scampers may connect without TLS. */
  readonly acceptsPlaintext: boolean;
  /** Packets per second that the controller lets each of them send. */
  readonly packetsPerSecond: number;
}

export interface LegacyGatewayCollaborators extends LegacyAgentsCollaborators {
  readonly metrics: Metrics;
  /** Creates a certificate for host names, and its key. */
  readonly certify: (names: LegacyOptions['names']) => Promise<Credential>;
  /** A number from 0 to 1. */
  readonly random: () => number;
}

/** Certificates are valid for months, and files may be renewed at any time. */
const RENEWAL_MS = 24 * 3_600_000;

/** Serves agents of revtr 2.0. They verify nothing themselves, so that the controller checks every command for them. */
export class LegacyGateway {
  readonly agents: LegacyAgents;
  readonly #options: LegacyOptions & Pick<ScamperListenerOptions, 'host' | 'patienceMs' | 'arrivals'>;
  readonly #collaborators: LegacyGatewayCollaborators;
  readonly #renewing: Periodic;
  #listener: ScamperListener | undefined;
  #replies: GrpcServer | undefined;

  constructor(
    options: LegacyOptions &
      Pick<ScamperListenerOptions, 'host' | 'patienceMs' | 'arrivals'> & { readonly contact: string | undefined },
    collaborators: LegacyGatewayCollaborators,
  ) {
    this.#options = options;
    this.#collaborators = collaborators;
    this.agents = new LegacyAgents(options, collaborators);
    const { clock, log } = collaborators;
    this.#renewing = new Periodic(
      { everyMs: RENEWAL_MS },
      {
        clock,
        work: async () => {
          const credential = await this.#credential();
          this.#listener?.useCredential(credential);
          this.#replies?.useCertificate(credential);
        },
        onError: (error) => log.error({ err: error }, 'the certificate for agents of revtr 2.0 could not be renewed'),
      },
    );
  }

  /** Begins to listen. */
  async start(): Promise<void> {
    const { clock, log, random } = this.#collaborators;
    const { scamperPort, grpcPort, host } = this.#options;
    const credential = await this.#credential();
    if (scamperPort !== undefined) {
      const options = { ...this.#options, port: scamperPort };
      this.#listener = new ScamperListener(options, credential, { agents: this.agents, clock, random });
      const port = await this.#listener.start();
      log.warn(
        { port, withoutTls: this.#options.acceptsPlaintext },
        'listening for scampers of agents of revtr 2.0: the controller checks for them what agents of this project check themselves',
      );
    }
    if (grpcPort !== undefined) {
      const { metrics } = this.#collaborators;
      this.#replies = createReplyServer({ host, port: grpcPort }, credential, {
        agents: this.agents,
        metrics,
        clock,
        log,
      });
      const port = await this.#replies.start();
      log.info({ port }, 'listening for replies that agents of revtr 2.0 report');
    }
    this.#renewing.start();
  }

  async stop(): Promise<void> {
    await this.#renewing.stop();
    await this.#listener?.stop();
    await this.#replies?.stop();
    await this.agents.stop();
  }

  async #credential(): Promise<Credential> {
    const { credentialFiles: files, names } = this.#options;
    return files === undefined ? this.#collaborators.certify(names) : readCredential(files);
  }
}
