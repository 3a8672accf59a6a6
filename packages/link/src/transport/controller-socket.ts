import type { Ipv4Address } from '@revtr/net';
import type { Clock } from '@revtr/probing';
import type { WebSocket } from 'ws';
import { LinkError } from '../errors.ts';
import type { AgentIdentity } from '../identity/agent-identity.ts';
import type { Credential } from '../identity/certificates.ts';
import { BoundedSender } from '../limits/bounded-sender.ts';
import { ReceiveLimit } from '../limits/receive-limit.ts';
import { MOST_SOURCES, PROTOCOL } from '../messages/limits.ts';
import { readToAgent, type ToAgent } from '../messages/to-agent.ts';
import type { AgentHealth, ToController } from '../messages/to-controller.ts';
import type { OptOutReceiver } from '../opt-out/opt-out-receiver.ts';
import type { AgentProfile } from '../session/agent-session.ts';
import type { AgentWork } from '../session/agent-work.ts';
import type { AgentPolicy, LinkState } from './agent-policy.ts';
import { CertificateRenewal } from './certificate-renewal.ts';
import { CLOSE, closeReason } from './close-codes.ts';
import { reasonOf } from './enrol.ts';
import { keepAlive } from './heartbeat.ts';

export interface ControllerSocketOptions {
  readonly profile: AgentProfile;
  /** The credential of this connection. */
  readonly credential: Credential;
  /** The last report of the prober's health, if there is one. */
  readonly health: AgentHealth | undefined;
}

export interface ControllerSocketCollaborators {
  readonly identity: AgentIdentity;
  readonly work: AgentWork;
  readonly optOuts: OptOutReceiver;
  readonly policy: AgentPolicy;
  readonly clock: Clock;
  readonly onWelcome: (welcome: Extract<ToAgent, { type: 'welcome' }>) => void;
  readonly onConnected: () => void;
  readonly onState: (state: LinkState) => void;
}

/** How long the controller may take to answer `hello`, milliseconds. */
const WELCOME_MS = 20_000;
const MOST_REFUSAL_CHARACTERS = 4_096;

/** One connection with the controller, as the agent sees it. Nothing that arrives ends more than this connection. */
export class ControllerSocket {
  readonly #socket: WebSocket;
  readonly #options: ControllerSocketOptions;
  readonly #collaborators: ControllerSocketCollaborators;
  readonly #sender: BoundedSender;
  readonly #limit = new ReceiveLimit({ now: () => performance.now() });
  readonly #renewal: CertificateRenewal;
  readonly #ended = new AbortController();
  /** Also tells this connection from others: they share the work and the opt-out list. */
  readonly #answer = (message: ToController): void => this.#sender.send(message);
  #failure: string | undefined;
  #health: AgentHealth | undefined;
  #isWelcome = false;
  #sources: { readonly version: number; readonly addresses: readonly Ipv4Address[] } | undefined;

  constructor(socket: WebSocket, options: ControllerSocketOptions, collaborators: ControllerSocketCollaborators) {
    this.#socket = socket;
    this.#options = options;
    this.#collaborators = collaborators;
    this.#health = options.health;
    const onSlow = (reason: string): void => {
      this.#failure ??= reason;
    };
    this.#sender = new BoundedSender(socket, { onSlow });
    const { identity, clock, onState } = collaborators;
    this.#renewal = new CertificateRenewal({ identity, clock, onRenewed: () => onState({ type: 'renewed' }) });
  }

  /** Reports whether the agent measures. */
  report(health: AgentHealth): void {
    this.#health = health;
    if (this.#isWelcome) this.#answer({ type: 'health', health });
  }

  /** Another connection has been welcomed: ends this one if it was welcomed before. Work that still arrives on it is not taken. */
  yield(): void {
    if (this.#isWelcome) this.#end(CLOSE.replaced, 'another connection replaced this one');
  }

  /** Serves the connection. Resolves with the reason when it has ended. @throws {LinkError} `unknownAgent` when it was refused */
  run(signal: AbortSignal): Promise<string> {
    const socket = this.#socket;
    return new Promise((resolve, reject) => {
      const leave = (): void => socket.close(1_000);
      signal.addEventListener('abort', leave, { once: true });
      keepAlive(socket);
      const timer = setTimeout(() => {
        if (!this.#isWelcome) this.#end(CLOSE.noHello, 'the controller does not answer');
      }, WELCOME_MS);
      this.#ended.signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
      const finish = (): void => {
        signal.removeEventListener('abort', leave);
        if (this.#ended.signal.aborted) return;
        this.#ended.abort();
        this.#collaborators.optOuts.detach(this.#answer);
        this.#collaborators.work.detach(this.#answer);
      };
      socket.once('upgrade', (response) => this.#sender.useStream(response.socket));
      socket.once('unexpected-response', (_request, response) => {
        let body = '';
        response.on('data', (chunk: Buffer) => {
          body = `${body}${chunk.toString()}`.slice(0, MOST_REFUSAL_CHARACTERS);
        });
        response.once('close', () => {
          finish();
          socket.terminate();
          const status = response.statusCode ?? 0;
          reject(new LinkError('unknownAgent', `the controller refused: ${reasonOf(body, status)}`, { status }));
        });
      });
      if (socket.readyState === socket.OPEN) this.#greet();
      else socket.once('open', () => this.#greet());
      socket.on('message', (data) => this.#take(String(data)));
      socket.on('ping', (data) => this.#guard(() => this.#limit.count(data.length)));
      socket.on('error', (error) => {
        this.#failure ??= error.message;
      });
      socket.once('close', (code, reason) => {
        finish();
        resolve(this.#failure ?? (reason.toString() || `the connection was closed (${code})`));
      });
    });
  }

  #greet(): void {
    const { work } = this.#collaborators;
    const { selfTests, ...profile } = this.#options.profile;
    this.#answer({
      type: 'hello',
      protocol: PROTOCOL,
      ...profile,
      selfTests: [...selfTests],
      ...(work.session !== undefined && { session: work.session }),
      known: work.known,
    });
  }

  #take(text: string): void {
    this.#guard(() => {
      this.#limit.count(text.length);
      const message = readToAgent(text);
      if (message.type !== 'welcome' && !this.#isWelcome)
        throw new LinkError('badMessage', 'the first message must be welcome', {});
      this.#receive(message);
    });
  }

  #receive(message: ToAgent): void {
    const { work, policy, optOuts, onState } = this.#collaborators;
    switch (message.type) {
      case 'welcome':
        this.#welcome(message);
        return;
      case 'switches':
        policy.setSwitches(message.switches);
        this.#answer({ type: 'applied', topic: 'switches', version: message.version });
        return;
      case 'sources':
        this.#useSources(message.version, message.addresses);
        return;
      case 'sourcesDelta':
        this.#changeSources(message);
        return;
      case 'optOut':
      case 'optOutChunk':
      case 'optOutDelta':
        optOuts.receive(message);
        return;
      case 'certificate':
        if (!this.#renewal.take(message.certificate, this.#answer))
          onState({ type: 'problem', message: 'the controller sent a certificate that is not valid for this agent' });
        return;
      default:
        work.receive(message);
        return;
    }
  }

  #useSources(version: number, addresses: readonly Ipv4Address[]): void {
    this.#sources = { version, addresses };
    this.#collaborators.policy.setSources(addresses);
    this.#answer({ type: 'applied', topic: 'sources', version });
  }

  #changeSources({ from, version, added, removed }: Extract<ToAgent, { type: 'sourcesDelta' }>): void {
    if (this.#sources?.version !== from)
      throw new LinkError('badMessage', 'the change of the sources is for another version of them', {});
    const addresses = new Set(this.#sources.addresses);
    for (const address of removed) addresses.delete(address);
    for (const address of added) addresses.add(address);
    if (addresses.size > MOST_SOURCES) throw new LinkError('badMessage', 'there are too many sources', {});
    this.#useSources(version, [...addresses]);
  }

  #welcome(message: Extract<ToAgent, { type: 'welcome' }>): void {
    const { identity, work, optOuts, onWelcome, onConnected, onState } = this.#collaborators;
    const send = this.#answer;
    if (this.#isWelcome) throw new LinkError('badMessage', 'the controller said welcome twice', {});
    onWelcome(message);
    this.#isWelcome = true;
    // May store the accepted credential: only then is the other one deleted.
    onConnected();
    identity.confirm();
    optOuts.attach(send);
    work.welcome(message.session, message.resumed, send);
    if (this.#health !== undefined) send({ type: 'health', health: this.#health });
    onState({ type: 'connected', resumed: message.resumed });
    this.#renewal.run(this.#options.credential, send, this.#ended.signal).catch((error: unknown) => this.#fail(error));
  }

  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (error instanceof LinkError) this.#end(CLOSE.badMessage, error.message);
    else this.#end(CLOSE.internal, error instanceof Error ? error.message : String(error));
  }

  #end(code: number, reason: string): void {
    this.#failure ??= reason;
    this.#socket.removeAllListeners('message');
    this.#socket.close(code, closeReason(reason));
  }
}
