import { Agent } from 'node:https';
import { backOff, type Clock, untilAborted } from '@revtr/probing';
import { WebSocket } from 'ws';
import { LinkError } from '../errors.ts';
import type { AgentIdentity } from '../identity/agent-identity.ts';
import type { Credential } from '../identity/certificates.ts';
import { CONTROLLER_NAME } from '../identity/names.ts';
import { MOST_BYTES_TO_AGENT } from '../messages/limits.ts';
import type { ToAgent } from '../messages/to-agent.ts';
import type { AgentHealth } from '../messages/to-controller.ts';
import { OptOutReceiver } from '../opt-out/opt-out-receiver.ts';
import type { AgentProfile } from '../session/agent-session.ts';
import type { AgentWork } from '../session/agent-work.ts';
import { acceptanceHeaders } from './acceptance.ts';
import type { AgentPolicy, LinkState } from './agent-policy.ts';
import { ControllerSocket } from './controller-socket.ts';
import { type ControllerEndpoint, enrol } from './enrol.ts';
import { InboundServer } from './inbound-server.ts';
import { expectName, LINK_PATH, WEBSOCKET_OPTIONS } from './tls.ts';

export interface LinkClientOptions {
  readonly endpoint: ControllerEndpoint;
  readonly profile: AgentProfile;
  /** Whether work may carry the context of a trace. Default false. */
  readonly acceptsTrace?: boolean;
  /** Shortest and longest pause before the agent connects again, milliseconds. Default 500 and 60,000. */
  readonly retryMs?: { readonly least: number; readonly most: number };
}

export interface LinkClientCollaborators {
  readonly identity: AgentIdentity;
  readonly work: AgentWork;
  readonly policy: AgentPolicy;
  readonly clock: Clock;
  /** Uniform in [0, 1): spreads the reconnects of agents that lost the same controller. */
  readonly random: () => number;
  /** Takes the controller's first message, before any work. @throws {LinkError} when the controller is not to be trusted */
  readonly onWelcome: (welcome: Extract<ToAgent, { type: 'welcome' }>) => void;
  /** Called with connections, their ends, and problems, for log and metrics. */
  readonly onState: (state: LinkState) => void;
}

/** What one connection tells. */
interface ConnectionEvents {
  /** The controller has accepted the credential of the connection. */
  readonly onConnected: () => void;
  /** A new credential is stored. */
  readonly onRenewed?: () => void;
}

/** How long the TLS handshake and the WebSocket upgrade may take together, milliseconds. */
const HANDSHAKE_MS = 20_000;

/** Keeps an agent connected to its controller: enrols when it has no identity, and reconnects with growing pauses. */
export class LinkClient {
  readonly #options: LinkClientOptions;
  readonly #collaborators: LinkClientCollaborators;
  /** Outlives connections: a list that has not changed is not fetched again. */
  readonly #optOuts: OptOutReceiver;
  readonly #connections = new Set<ControllerSocket>();
  #health: AgentHealth | undefined;

  constructor(options: LinkClientOptions, collaborators: LinkClientCollaborators) {
    this.#options = options;
    this.#collaborators = collaborators;
    const { policy, onState } = collaborators;
    this.#optOuts = new OptOutReceiver({
      onList: (list) => policy.setOptedOut(list),
      onProblem: (message) => onState({ type: 'problem', message }),
    });
  }

  /** Reports whether the agent measures, now and at the beginning of each connection. */
  report(health: AgentHealth): void {
    this.#health = health;
    for (const connection of this.#connections) connection.report(health);
  }

  /** Runs until `signal` fires: connects to the controller, or accepts its connections where the endpoint says so. */
  async run(signal: AbortSignal): Promise<void> {
    const { least, most } = this.#options.retryMs ?? { least: 500, most: 60_000 };
    const { clock, random, onState } = this.#collaborators;
    let failures = 0;
    while (!signal.aborted) {
      let reason: string;
      try {
        const endpoint = endpointOf(this.#options.endpoint, failures);
        const credential = await this.#credential(endpoint, signal);
        const onConnected = (): void => {
          failures = 0;
        };
        reason =
          endpoint.listeningPort === undefined
            ? await this.#connect(endpoint, credential, signal, { onConnected })
            : await this.#listen(credential, endpoint.listeningPort, signal);
      } catch (error) {
        if (!(error instanceof LinkError)) throw error;
        reason = error.message;
        // The controller may not have recorded the last renewal. A refusal may also have passed by then: both credentials stay.
        if (error.code === 'unknownAgent') this.#collaborators.identity.exchangePrevious();
      }
      if (signal.aborted) return;
      failures++;
      const retryInMs = backOff({ firstMs: least, mostMs: most }, failures, random);
      onState({ type: 'disconnected', reason, retryInMs });
      await clock.sleep(retryInMs, signal).catch(() => undefined);
    }
  }

  async #credential(endpoint: ControllerEndpoint, signal: AbortSignal): Promise<Credential> {
    const { identity, clock, onState } = this.#collaborators;
    const now = new Date(clock.now());
    const known = identity.load(now);
    if (known !== undefined) return known;
    const credential = await enrol(endpoint, now, signal);
    identity.save(credential);
    onState({ type: 'enrolled' });
    return credential;
  }

  /** Resolves with the reason when the connection has ended. @throws {LinkError} `unknownAgent` when it was refused */
  #connect(
    endpoint: ControllerEndpoint,
    credential: Credential,
    signal: AbortSignal,
    events: ConnectionEvents,
  ): Promise<string> {
    const { host, port, rootCertificate, localAddress } = endpoint;
    const socket = new WebSocket(`wss://${host}:${port}${LINK_PATH}`, {
      ...WEBSOCKET_OPTIONS,
      agent: new Agent({
        key: credential.key,
        cert: credential.certificate,
        ca: rootCertificate,
        checkServerIdentity: expectName(CONTROLLER_NAME),
        ...(localAddress !== undefined && { localAddress }),
      }),
      headers: acceptanceHeaders({ acceptsTrace: this.#options.acceptsTrace === true }),
      maxPayload: MOST_BYTES_TO_AGENT,
      handshakeTimeout: HANDSHAKE_MS,
    });
    return this.#serve(socket, credential, signal, events);
  }

  /**
   * Accepts connections of the controller until `signal` fires. After a renewal it offers the new certificate; the one before is offered
   * again in turn with it until the controller has accepted one of them. @throws {LinkError} `unreachable` when the port is taken
   */
  async #listen(credential: Credential, port: number, signal: AbortSignal): Promise<string> {
    const { identity, clock, onState } = this.#collaborators;
    let offered = credential;
    let before: Credential | undefined;
    const offer = (next: Credential): void => {
      offered = next;
      server.useCredential(next);
    };
    const onConnection = (socket: WebSocket): void => {
      const shown = offered;
      let isWelcome = false;
      const onConnected = (): void => {
        isWelcome = true;
        before = undefined;
        // The controller may not have recorded the last renewal.
        if (identity.load(new Date(clock.now()))?.certificate !== shown.certificate) identity.save(shown);
      };
      const onRenewed = (): void => {
        const renewed = identity.load(new Date(clock.now()));
        if (renewed === undefined) return;
        before = shown;
        offer(renewed);
      };
      this.#serve(socket, shown, signal, { onConnected, onRenewed }).then(
        (reason) => {
          if (!isWelcome && before !== undefined) {
            const next = before;
            before = offered;
            offer(next);
          }
          onState({ type: 'disconnected', reason, retryInMs: 0 });
        },
        () => undefined,
      );
    };
    const onRefused = (reason: string): void => onState({ type: 'problem', message: reason });
    const { endpoint, acceptsTrace = false } = this.#options;
    const { rootCertificate } = endpoint;
    const server = new InboundServer({ port, rootCertificate, credential, acceptsTrace }, { onConnection, onRefused });
    await server.start();
    await untilAborted(signal);
    server.stop();
    return 'stopped';
  }

  async #serve(
    socket: WebSocket,
    credential: Credential,
    signal: AbortSignal,
    { onConnected, onRenewed }: ConnectionEvents,
  ): Promise<string> {
    const { profile } = this.#options;
    const onState = (state: LinkState): void => {
      if (state.type === 'renewed') onRenewed?.();
      this.#collaborators.onState(state);
    };
    // Two controllers that give work at the same time would receive each other's outcomes.
    const onWelcome = (): void => {
      onConnected();
      for (const other of this.#connections) if (other !== connection) other.yield();
    };
    const connection: ControllerSocket = new ControllerSocket(
      socket,
      { profile, credential, health: this.#health },
      { ...this.#collaborators, optOuts: this.#optOuts, onConnected: onWelcome, onState },
    );
    this.#connections.add(connection);
    try {
      return await connection.run(signal);
    } finally {
      this.#connections.delete(connection);
    }
  }
}

/** The gateway to try after so many failures in a row. */
function endpointOf({ others = [], ...first }: ControllerEndpoint, failures: number): ControllerEndpoint {
  const turn = failures % (others.length + 1);
  return turn === 0 ? first : { ...first, ...others[turn - 1] };
}
