import { X509Certificate } from 'node:crypto';
import { Agent } from 'node:https';
import { TLSSocket } from 'node:tls';
import { formatIpv4, type Ipv4Address } from '@revtr/net';
import { WebSocket } from 'ws';
import type { Authority } from '../identity/authority.ts';
import { agentName } from '../identity/names.ts';
import { MOST_BYTES_TO_CONTROLLER } from '../messages/limits.ts';
import type { AgentHub } from '../session/agent-hub.ts';
import { type Acceptance, acceptanceIn } from './acceptance.ts';
import type { Admission, GatewayRefusal } from './admission.ts';
import { AgentSocket } from './agent-socket.ts';
import { expectName, LINK_PATH, WEBSOCKET_OPTIONS } from './tls.ts';

/** An agent that the controller connects to. */
export interface ListeningAgent {
  readonly address: Ipv4Address;
  readonly port: number;
}

export interface DialerCollaborators {
  readonly authority: Authority;
  readonly hub: AgentHub;
  readonly admission: Admission;
  /** Agents to connect to when they are not connected. */
  readonly listening: () => readonly ListeningAgent[];
  readonly onRefused: (refusal: GatewayRefusal) => void;
}

const EVERY_MS = 2_000;
const HANDSHAKE_MS = 10_000;

/** Connects to agents that accept connections of the controller, and retries every two seconds. */
export class Dialer {
  readonly #collaborators: DialerCollaborators;
  readonly #underWay = new Set<Ipv4Address>();
  #timer: NodeJS.Timeout | undefined;

  constructor(collaborators: DialerCollaborators) {
    this.#collaborators = collaborators;
  }

  start(): void {
    this.#timer = setInterval(() => this.#look(), EVERY_MS);
    this.#look();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const { hub, listening } = this.#collaborators;
    for (const agent of listening()) {
      const isConnected = hub.sessionOf(agent.address)?.isConnected === true;
      if (!isConnected && !this.#underWay.has(agent.address)) this.#dial(agent);
    }
  }

  #dial({ address, port }: ListeningAgent): void {
    const { authority, onRefused } = this.#collaborators;
    this.#underWay.add(address);
    const text = formatIpv4(address);
    const socket = new WebSocket(`wss://${text}:${port}${LINK_PATH}`, {
      ...WEBSOCKET_OPTIONS,
      agent: new Agent({
        key: authority.controller.key,
        cert: authority.controller.certificate,
        ca: authority.rootCertificate,
        checkServerIdentity: expectName(agentName(address)),
      }),
      maxPayload: MOST_BYTES_TO_CONTROLLER,
      handshakeTimeout: HANDSHAKE_MS,
    });
    let serial = '';
    let accepts: Acceptance = {};
    socket.once('upgrade', ({ socket: wire, headers }) => {
      accepts = acceptanceIn(headers);
      if (wire instanceof TLSSocket) serial = new X509Certificate(wire.getPeerCertificate().raw).serialNumber;
    });
    socket.once('close', () => this.#underWay.delete(address));
    // The next look dials an agent that cannot be reached again.
    socket.on('error', () => socket.terminate());
    socket.once('open', () => {
      // The agent may send its hello while the registry is asked. A socket that is not open yet cannot be paused.
      socket.pause();
      this.#admit(address, serial).then(
        (reason) => {
          if (reason === undefined) {
            new AgentSocket(socket, { peer: { address, serialNumber: serial, ...accepts } }, this.#collaborators);
            socket.resume();
          } else {
            onRefused({ kind: 'connection', address: text, reason });
            socket.terminate();
          }
        },
        () => socket.terminate(),
      );
    });
  }

  #admit(address: Ipv4Address, serial: string): Promise<string | undefined> {
    return this.#collaborators.admission.mayConnect(address, serial);
  }
}
