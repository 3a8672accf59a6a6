import { Agent } from 'node:https';
import { type Clock, untilAborted } from '@revtr/probing';
import { WebSocket } from 'ws';
import { LinkError } from '../errors.ts';
import type { AgentIdentity } from '../identity/agent-identity.ts';
import type { Credential } from '../identity/certificates.ts';
import { CONTROLLER_NAME } from '../identity/names.ts';
import { MOST_MESSAGE_BYTES, PROTOCOL, readToAgent, type ToAgent, type ToController } from '../messages/messages.ts';
import type { AgentProfile } from '../session/agent-session.ts';
import type { AgentWork } from '../session/agent-work.ts';
import { type ControllerEndpoint, enrol, reasonOf } from './enrol.ts';
import { keepAlive } from './heartbeat.ts';
import { InboundServer } from './inbound-server.ts';
import { expectName, LINK_PATH, WEBSOCKET_OPTIONS } from './tls.ts';

export interface LinkClientOptions {
  readonly endpoint: ControllerEndpoint;
  readonly profile: AgentProfile;
  /** Shortest and longest pause before the controller is dialled again, milliseconds. Default 500 and 60,000. */
  readonly retryMs?: { readonly least: number; readonly most: number };
}

export interface LinkClientCollaborators {
  readonly identity: AgentIdentity;
  readonly work: AgentWork;
  readonly clock: Clock;
  /** Uniform in [0, 1): spreads agents that lost the same controller. */
  readonly random: () => number;
  /** Takes what the controller says about itself before any work. @throws {LinkError} when it is not to be trusted */
  readonly onWelcome: (welcome: Extract<ToAgent, { type: 'welcome' }>) => void;
  readonly onOptOut: (message: Extract<ToAgent, { type: 'optOut' }>) => void;
  /** Told of connections and their ends, for log and metrics. */
  readonly onState: (state: LinkState) => void;
}

export type LinkState =
  | { readonly type: 'enrolled' }
  | { readonly type: 'connected'; readonly resumed: boolean }
  | { readonly type: 'disconnected'; readonly reason: string; readonly retryInMs: number };

/** Keeps an agent connected to its controller: enrols when there is no identity, and dials again, ever more patiently. */
export class LinkClient {
  readonly #options: LinkClientOptions;
  readonly #collaborators: LinkClientCollaborators;

  constructor(options: LinkClientOptions, collaborators: LinkClientCollaborators) {
    this.#options = options;
    this.#collaborators = collaborators;
  }

  /** Runs until `signal` fires: dials the controller, or awaits it where the endpoint says so. */
  async run(signal: AbortSignal): Promise<void> {
    const { least, most } = this.#options.retryMs ?? { least: 500, most: 60_000 };
    const { clock, random, onState } = this.#collaborators;
    let failures = 0;
    while (!signal.aborted) {
      let reason: string;
      try {
        const credential = await this.#credential(signal);
        const onConnected = (): void => {
          failures = 0;
        };
        reason =
          this.#options.endpoint.listeningPort === undefined
            ? await this.#connect(credential, signal, onConnected)
            : await this.#await(credential, this.#options.endpoint.listeningPort, signal);
      } catch (error) {
        if (!(error instanceof LinkError)) throw error;
        reason = error.message;
      }
      if (signal.aborted) return;
      const retryInMs = Math.min(most, least * 2 ** failures) * (0.5 + random() / 2);
      failures++;
      onState({ type: 'disconnected', reason, retryInMs });
      await clock.sleep(retryInMs, signal).catch(() => undefined);
    }
  }

  async #credential(signal: AbortSignal): Promise<Credential> {
    const { identity, clock, onState } = this.#collaborators;
    const known = identity.load(new Date(clock.now()));
    if (known !== undefined) return known;
    const credential = await enrol(this.#options.endpoint, signal);
    identity.save(credential);
    onState({ type: 'enrolled' });
    return credential;
  }

  /** Resolves with the reason when the connection has ended. @throws {LinkError} when there was none */
  #connect(credential: Credential, signal: AbortSignal, onConnected: () => void): Promise<string> {
    const { host, port, rootCertificate, localAddress } = this.#options.endpoint;
    const socket = new WebSocket(`wss://${host}:${port}${LINK_PATH}`, {
      ...WEBSOCKET_OPTIONS,
      agent: new Agent({
        key: credential.key,
        cert: credential.certificate,
        ca: rootCertificate,
        checkServerIdentity: expectName(CONTROLLER_NAME),
        ...(localAddress !== undefined && { localAddress }),
      }),
      maxPayload: MOST_MESSAGE_BYTES,
      handshakeTimeout: 20_000,
    });
    return this.#serve(socket, signal, onConnected);
  }

  /** Lets the controller connect until `signal` fires. @throws {LinkError} when the port is taken */
  async #await(credential: Credential, port: number, signal: AbortSignal): Promise<string> {
    const { onState } = this.#collaborators;
    const onConnection = (socket: WebSocket): void => {
      this.#serve(socket, signal, () => undefined).then(
        (reason) => onState({ type: 'disconnected', reason, retryInMs: 0 }),
        () => undefined,
      );
    };
    const onRefused = (reason: string): void => onState({ type: 'disconnected', reason, retryInMs: 0 });
    const { rootCertificate } = this.#options.endpoint;
    const server = new InboundServer({ port, rootCertificate, credential }, { onConnection, onRefused });
    await server.start();
    await untilAborted(signal);
    server.stop();
    return 'stopped';
  }

  #serve(socket: WebSocket, signal: AbortSignal, onConnected: () => void): Promise<string> {
    const { work } = this.#collaborators;
    return new Promise((resolve, reject) => {
      let failure: string | undefined;
      const send = (message: ToController): void => {
        if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(message));
      };
      const leave = (): void => socket.close(1_000);
      signal.addEventListener('abort', leave, { once: true });
      keepAlive(socket);
      socket.once('unexpected-response', (_request, response) => {
        let body = '';
        response.on('data', (chunk: Buffer) => {
          body = `${body}${chunk.toString()}`.slice(0, 4_096);
        });
        response.once('close', () => {
          signal.removeEventListener('abort', leave);
          socket.terminate();
          reject(new LinkError('unknownAgent', `refused: ${reasonOf(body, response.statusCode ?? 0)}`));
        });
      });
      const greet = (): void =>
        send({
          type: 'hello',
          protocol: PROTOCOL,
          ...this.#options.profile,
          selfTests: [...this.#options.profile.selfTests],
          ...(work.session !== undefined && { session: work.session }),
          known: work.known,
        });
      if (socket.readyState === socket.OPEN) greet();
      else socket.once('open', greet);
      socket.on('message', (data) => {
        try {
          this.#receive(readToAgent(String(data)), send, onConnected);
        } catch (error) {
          if (!(error instanceof LinkError)) throw error;
          failure = error.message;
          socket.close(4_400, error.message.slice(0, 120));
        }
      });
      socket.on('error', (error) => {
        failure ??= error.message;
      });
      socket.once('close', (code, reason) => {
        signal.removeEventListener('abort', leave);
        work.detach();
        resolve(failure ?? (reason.toString() || `connection closed (${code})`));
      });
    });
  }

  #receive(message: ToAgent, send: (message: ToController) => void, onConnected: () => void): void {
    const { work, onWelcome, onOptOut, onState } = this.#collaborators;
    if (message.type === 'welcome') {
      onWelcome(message);
      onConnected();
      work.welcome(message.session, message.resumed, send);
      onState({ type: 'connected', resumed: message.resumed });
    } else if (message.type === 'optOut') onOptOut(message);
    else work.receive(message);
  }
}
