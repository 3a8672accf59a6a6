import { formatIpv4, type Ipv4Address, parseIpv4 } from '@revtr/net';
import type { AgentAccess, ReachableAgent } from './agent-access.ts';
import { AgentGateway, type AgentGatewayCollaborators, type AgentGatewayOptions } from './agent-gateway.ts';
import { AgentServer } from './remote/agent-server.ts';
import { RemoteAgents } from './remote/remote-agents.ts';

/** What the gateway of this process needs, and the network as a whole. */
export type AgentNetworkCollaborators = Omit<AgentGatewayCollaborators, 'isElsewhere'>;

const SETTLE_POLL_MS = 50;

/** All connected agents: those of the gateway of this process, if it has one, and those of the gateways of other processes. */
export class AgentNetwork implements AgentAccess {
  readonly #collaborators: AgentNetworkCollaborators;
  readonly #gateway: AgentGateway | undefined;
  readonly #server: AgentServer | undefined;
  readonly #remote: RemoteAgents | undefined;

  private constructor(
    collaborators: AgentNetworkCollaborators,
    parts: {
      readonly gateway: AgentGateway | undefined;
      readonly server: AgentServer | undefined;
      readonly remote: RemoteAgents | undefined;
    },
  ) {
    this.#collaborators = collaborators;
    this.#gateway = parts.gateway;
    this.#server = parts.server;
    this.#remote = parts.remote;
    collaborators.cluster.changes.on('expel', ({ address, reason }) => this.#expelHere(parseIpv4(address), reason));
  }

  static async open(options: AgentGatewayOptions, collaborators: AgentNetworkCollaborators): Promise<AgentNetwork> {
    const { cluster, events, onJoined, onLeft, onHealth, directory, targetPolicy, switches, clock, log } =
      collaborators;
    const { roles, isShared, bus, members } = cluster;
    const onError = (error: unknown): void => log.info({ err: error }, 'a gateway does not tell its agents yet');
    const remote = isShared
      ? new RemoteAgents({
          ...{ bus, members, clock, onError },
          onJoined: (address) => {
            gateway?.movedAway(address);
            onJoined(address);
            events.joined(address);
          },
          onChanged: (address) => {
            onHealth(address);
            onLeft(address);
          },
        })
      : undefined;
    const gateway = roles.has('gateway')
      ? await AgentGateway.create(options, {
          ...collaborators,
          onJoined: (address) => {
            server?.wake();
            onJoined(address);
          },
          onLeft: (address) => {
            server?.wake();
            onLeft(address);
          },
          isElsewhere: (address) => remote?.joinedAt(address) !== undefined,
        })
      : undefined;
    const server =
      gateway !== undefined && isShared
        ? new AgentServer({
            ...{ bus, directory, targetPolicy, switches, clock, onError },
            agents: gateway.agents,
            connected: () => gateway.hub.connected(),
            isSuspended: (address) => gateway.isSuspended(address),
            rootCertificate: gateway.rootCertificate,
          })
        : undefined;
    return new AgentNetwork(collaborators, { gateway, server, remote });
  }

  /** PEM of the certificate that agents need; `undefined` while no gateway is known. */
  get rootCertificate(): string | undefined {
    return this.#gateway?.rootCertificate ?? this.#remote?.rootCertificate;
  }

  find(address: Ipv4Address): ReachableAgent | undefined {
    const here = this.#gateway?.agents.find(address);
    if (here?.isConnected === true) return here;
    // An agent that has lost its connection to this gateway may have chosen another one.
    const elsewhere = this.#remote?.find(address);
    return elsewhere?.isConnected === true ? elsewhere : (here ?? elsewhere);
  }

  /** An agent that is connected or may resume, and need not be left alone. */
  usable(address: Ipv4Address): ReachableAgent | undefined {
    return this.#gateway?.isSuspended(address) === true ? undefined : this.find(address);
  }

  async waitFor(address: Ipv4Address, timeoutMs: number, signal?: AbortSignal): Promise<ReachableAgent | undefined> {
    const over = new AbortController();
    const limited = signal === undefined ? over.signal : AbortSignal.any([signal, over.signal]);
    const places = [this.#gateway?.agents, this.#remote].filter((place) => place !== undefined);
    try {
      await Promise.race(places.map((place) => place.waitFor(address, timeoutMs, limited)));
      return this.find(address);
    } finally {
      over.abort();
    }
  }

  /** Ends the session of an agent, wherever it is connected. */
  expel(address: Ipv4Address, reason: string): void {
    this.#expelHere(address, reason);
    this.#collaborators.cluster.changes.announce({ type: 'expel', address: formatIpv4(address), reason });
  }

  publishOptOut(): void {
    this.#gateway?.publishOptOut();
  }

  async start(): Promise<void> {
    this.#remote?.start();
    this.#server?.start();
    if (this.#gateway === undefined) return;
    const port = await this.#gateway.start();
    this.#collaborators.log.info({ port }, 'listening for agents');
  }

  /** Resolves when as many agents are connected as were ready before a restart, or after `timeoutMs`. */
  async settled(timeoutMs: number, signal: AbortSignal): Promise<void> {
    const { directory, clock } = this.#collaborators;
    const wanted = directory.list().filter(({ state }) => state === 'ready').length;
    const deadline = clock.now() + timeoutMs;
    const connected = (): number => (this.#gateway?.hub.connected().length ?? 0) + (this.#remote?.connected ?? 0);
    while (connected() < wanted && clock.now() < deadline && !signal.aborted)
      await clock.sleep(SETTLE_POLL_MS, signal).catch(() => undefined);
  }

  async stop(): Promise<void> {
    await this.#server?.stop();
    this.#remote?.stop();
    await this.#gateway?.stop();
  }

  #expelHere(address: Ipv4Address, reason: string): void {
    this.#gateway?.hub.expel(address, reason);
  }
}
