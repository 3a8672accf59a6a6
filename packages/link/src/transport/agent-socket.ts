import { X509Certificate } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { formatIpv4, type Ipv4Address } from '@revtr/net';
import type { WebSocket } from 'ws';
import { LinkError } from '../errors.ts';
import type { Authority } from '../identity/authority.ts';
import { BoundedSender } from '../limits/bounded-sender.ts';
import { ReceiveLimit } from '../limits/receive-limit.ts';
import { readToController, type ToController } from '../messages/to-controller.ts';
import type { AgentConnection, AgentHub } from '../session/agent-hub.ts';
import type { AgentSession } from '../session/agent-session.ts';
import type { Acceptance } from './acceptance.ts';
import type { Admission, GatewayRefusal } from './admission.ts';
import { CLOSE, closeReason } from './close-codes.ts';
import { keepAlive } from './heartbeat.ts';

/** An agent that has proved its address. */
export interface AgentPeer extends Acceptance {
  readonly address: Ipv4Address;
  /** Serial number of the certificate that it connected with. */
  readonly serialNumber: string;
}

export interface AgentSocketOptions {
  /** How long the agent may take to say `hello`, milliseconds. Default 10,000. */
  readonly helloTimeoutMs?: number;
}

export interface AgentSocketCollaborators {
  readonly hub: AgentHub;
  readonly admission: Admission;
  readonly authority: Authority;
  readonly onRefused: (refusal: GatewayRefusal) => void;
}

/** A message for an agent that would reject the context of a trace. */
function withoutTrace(message: object): object {
  if (!('trace' in message)) return message;
  const { trace: _, ...rest } = message;
  return rest;
}

const DEFAULT_HELLO_MS = 10_000;
/** Most certificates that an agent may ask for on one connection. */
const MOST_RENEWALS = 3;

/** Serves one connection of an agent. Nothing that the agent sends affects more than this connection. */
export class AgentSocket implements AgentConnection {
  readonly #socket: WebSocket;
  readonly #peer: AgentPeer;
  readonly #collaborators: AgentSocketCollaborators;
  readonly #sender: BoundedSender;
  readonly #limit = new ReceiveLimit({ now: () => performance.now() });
  readonly #timer: NodeJS.Timeout;
  #hasGreeted = false;
  #session: AgentSession | undefined;
  #renewals = 0;
  /** Serial number of a certificate that the agent has not confirmed yet. */
  #renewal: string | undefined;

  constructor(
    socket: WebSocket,
    options: AgentSocketOptions & {
      readonly peer: AgentPeer;
      /** What the WebSocket writes to, if it is known. */
      readonly stream?: Duplex;
    },
    collaborators: AgentSocketCollaborators,
  ) {
    this.#socket = socket;
    this.#peer = options.peer;
    this.#collaborators = collaborators;
    this.#sender = new BoundedSender(socket, { onSlow: (reason) => this.#report(reason), stream: options.stream });
    this.#timer = setTimeout(
      () => this.#end(CLOSE.noHello, 'the agent did not say hello in time'),
      options.helloTimeoutMs ?? DEFAULT_HELLO_MS,
    );
    collaborators.hub.admitted(this.#peer.address, this);
    keepAlive(socket);
    socket.on('message', (data, isBinary) => this.#guard(() => this.#receive(String(data), isBinary)));
    socket.on('ping', (data) => this.#guard(() => this.#limit.count(data.length)));
    // The library ends the connection after a frame that violates the WebSocket protocol.
    socket.on('error', () => socket.terminate());
    socket.once('close', () => {
      clearTimeout(this.#timer);
      collaborators.hub.left(this.#peer.address, this);
    });
  }

  get acceptsSourceChanges(): boolean {
    return this.#peer.acceptsSourceChanges === true;
  }

  send(message: object): void {
    this.#sender.send(this.#peer.acceptsTrace === true ? message : withoutTrace(message));
  }

  close(reason: string): void {
    this.#socket.close(CLOSE.replaced, closeReason(reason));
    this.#ignoreTheRest();
  }

  #receive(text: string, isBinary: boolean): void {
    this.#limit.count(text.length);
    if (isBinary) throw new LinkError('badMessage', 'binary frames are not used', {});
    const message = readToController(text);
    const { hub } = this.#collaborators;
    if (message.type === 'hello') {
      this.#greet(message);
      return;
    }
    if (this.#session === undefined) throw new LinkError('badMessage', 'the agent must await the welcome', {});
    if (message.type === 'done') this.#session.receive(message.id, message.outcome);
    else if (message.type === 'renew') this.#renew(message.request);
    else if (message.type === 'renewed') this.#recordRenewal();
    else hub.receive(this.#peer.address, message);
  }

  #greet(hello: Extract<ToController, { type: 'hello' }>): void {
    if (this.#hasGreeted) throw new LinkError('badMessage', 'the agent said hello twice', {});
    this.#hasGreeted = true;
    clearTimeout(this.#timer);
    this.#await(async () => {
      const { hub, admission } = this.#collaborators;
      const { address, serialNumber } = this.#peer;
      const reason = await admission.mayConnect(address, serialNumber);
      if (this.#socket.readyState !== this.#socket.OPEN) return;
      if (reason === undefined) this.#session = hub.join(address, hello, this);
      else this.#end(CLOSE.notAdmitted, reason);
    });
  }

  #renew(request: string): void {
    if (++this.#renewals > MOST_RENEWALS) throw new LinkError('badMessage', 'the agent renews too often', {});
    this.#await(async () => {
      const { authority, hub } = this.#collaborators;
      const certificate = await authority.certifyAgent(request, this.#peer.address, new Date(hub.now()));
      this.#renewal = new X509Certificate(certificate).serialNumber;
      this.send({ type: 'certificate', certificate });
    });
  }

  /** Only now, when the agent has stored its new certificate, does the controller retire the previous one. */
  #recordRenewal(): void {
    const serialNumber = this.#renewal;
    if (serialNumber === undefined) throw new LinkError('badMessage', 'the agent has asked for no certificate', {});
    this.#renewal = undefined;
    this.#await(async () => {
      const { admission } = this.#collaborators;
      // An agent whose certificate was revoked meanwhile must not come back with a new one.
      const reason = await admission.mayConnect(this.#peer.address, this.#peer.serialNumber);
      if (reason === undefined && this.#socket.readyState === this.#socket.OPEN)
        await admission.renewed(this.#peer.address, serialNumber);
    });
  }

  #await(work: () => Promise<void>): void {
    work().catch((error: unknown) => this.#fail(error));
  }

  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (!(error instanceof LinkError)) this.#end(CLOSE.internal, `internal error: ${String(error)}`);
    else this.#end(error.code === 'overloaded' ? CLOSE.tooMuch : CLOSE.badMessage, error.message);
  }

  #end(code: number, reason: string): void {
    this.#report(reason);
    this.#socket.close(code, closeReason(reason));
    this.#ignoreTheRest();
  }

  /** Messages that arrive while the connection closes have no effect. */
  #ignoreTheRest(): void {
    clearTimeout(this.#timer);
    this.#socket.removeAllListeners('message');
  }

  #report(reason: string): void {
    this.#collaborators.onRefused({ kind: 'message', address: formatIpv4(this.#peer.address), reason });
  }
}
