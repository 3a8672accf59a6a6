import { formatIpv4, type Ipv4Address, parseIpv4 } from '@revtr/net';
import type { AgentAccess, ReachableAgent } from './agent-access.ts';
import { AgentGateway, type AgentGatewayCollaborators, type AgentGatewayOptions } from './agent-gateway.ts';
import { expelExcluded } from './expel-excluded.ts';
import { LegacyGateway, type LegacyOptions } from './legacy/legacy-gateway.ts';
import { SharedReplies } from './legacy/shared-replies.ts';
import { AgentServer } from './remote/agent-server.ts';
import { RemoteAgents } from './remote/remote-agents.ts';

/** What the gateway of this process needs, and the network as a whole. */
export type AgentNetworkCollaborators = Omit<AgentGatewayCollaborators, 'isElsewhere'>;

const SETTLE_POLL_MS = 50;

/** All connected agents: those of the gateway of this process, if it has one, and those of the gateways of other processes. */
export class AgentNetwork implements AgentAccess {
  readonly #collaborators: AgentNetworkCollaborators;
  readonly #gateway: AgentGateway | undefined;
  readonly #legacy: LegacyGateway | undefined;
  readonly #replies: SharedReplies | undefined;
  readonly #server: AgentServer | undefined;
  readonly #remote: RemoteAgents | undefined;

  private constructor(
    collaborators: AgentNetworkCollaborators,
    parts: {
      readonly gateway: AgentGateway | undefined;
      readonly legacy: LegacyGateway | undefined;
      readonly replies: SharedReplies | undefined;
      readonly server: AgentServer | undefined;
      readonly remote: RemoteAgents | undefined;
    },
  ) {
    this.#collaborators = collaborators;
    this.#gateway = parts.gateway;
    this.#legacy = parts.legacy;
    this.#replies = parts.replies;
    this.#server = parts.server;
    this.#remote = parts.remote;
    collaborators.cluster.changes.on(
      'expel',
      ({ address, reason }) => this.#expelHere(parseIpv4(address), reason),
      () =>
        expelExcluded({
          directory: collaborators.directory,
          connected: () => parts.gateway?.hub.connected() ?? [],
          connectedLegacy: () => parts.legacy?.agents.connected() ?? [],
          expel: (address) => this.#expelHere(address, 'it may not connect any more'),
        }),
    );
  }

  static async open(options: AgentGatewayOptions, collaborators: AgentNetworkCollaborators): Promise<AgentNetwork> {
    const { cluster, events, onJoined, onLeft, onHealth, directory, targetPolicy, switches, clock, log, tracing } =
      collaborators;
    const { roles, isShared, bus, members } = cluster;
    const onError = (error: unknown): void => log.info({ err: error }, 'a gateway does not tell its agents yet');
    const remote = isShared
      ? new RemoteAgents({
          ...{ bus, members, clock, onError, tracing },
          onJoined: (address) => {
            gateway?.movedAway(address);
            legacy?.agents.movedAway(address);
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
    const replies: SharedReplies | undefined =
      gateway !== undefined && isShared
        ? new SharedReplies({
            ...{ bus, members, clock },
            take: (receiver, reports) => legacy?.agents.take(receiver, reports) ?? reports,
            onError: (error) => log.info({ err: error }, 'a gateway cannot be asked about replies to spoofed probes'),
          })
        : undefined;
    const legacy =
      gateway !== undefined && options.legacy !== undefined
        ? openLegacy(
            { ...options, ...options.legacy },
            { ...collaborators, gateway, replies, wake: () => server?.wake() },
          )
        : undefined;
    const server =
      gateway !== undefined && isShared
        ? new AgentServer({
            ...{ bus, directory, targetPolicy, switches, clock, onError, tracing },
            agents: { find: (address) => findHere(address, gateway, legacy) },
            connected: () => [...gateway.hub.connected(), ...(legacy?.agents.connected() ?? [])],
            isSuspended: (address) => gateway.isSuspended(address),
            rootCertificate: gateway.rootCertificate,
          })
        : undefined;
    return new AgentNetwork(collaborators, { gateway, legacy, replies, server, remote });
  }

  /** PEM of the certificate that agents need; `undefined` while no gateway is known. */
  get rootCertificate(): string | undefined {
    return this.#gateway?.rootCertificate ?? this.#remote?.rootCertificate;
  }

  find(address: Ipv4Address): ReachableAgent | undefined {
    const here = this.#gateway && findHere(address, this.#gateway, this.#legacy);
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
    const places = [this.#gateway?.agents, this.#legacy?.agents, this.#remote].filter((place) => place !== undefined);
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
    this.#replies?.start();
    this.#server?.start();
    if (this.#gateway === undefined) return;
    const port = await this.#gateway.start();
    this.#collaborators.log.info({ port }, 'listening for agents');
    await this.#legacy?.start();
  }

  /** Resolves when as many agents are connected as were ready before a restart, or after `timeoutMs`. */
  async settled(timeoutMs: number, signal: AbortSignal): Promise<void> {
    const { directory, clock } = this.#collaborators;
    const wanted = directory.list().filter(({ state }) => state === 'ready').length;
    const deadline = clock.now() + timeoutMs;
    const connected = (): number =>
      (this.#gateway?.hub.connected().length ?? 0) +
      (this.#legacy?.agents.connected().length ?? 0) +
      (this.#remote?.connected ?? 0);
    while (connected() < wanted && clock.now() < deadline && !signal.aborted)
      await clock.sleep(SETTLE_POLL_MS, signal).catch(() => undefined);
  }

  async stop(): Promise<void> {
    this.#replies?.stop();
    await this.#server?.stop();
    this.#remote?.stop();
    await this.#legacy?.stop();
    await this.#gateway?.stop();
  }

  #expelHere(address: Ipv4Address, reason: string): void {
    this.#gateway?.hub.expel(address, reason);
    this.#legacy?.agents.expel(address);
  }
}

/** An agent that is connected to this process, or may resume its session. */
function findHere(
  address: Ipv4Address,
  gateway: AgentGateway,
  legacy: LegacyGateway | undefined,
): ReachableAgent | undefined {
  const linked = gateway.agents.find(address);
  return linked?.isConnected === true ? linked : (legacy?.agents.find(address) ?? linked);
}

/** Opens the gateway for agents of revtr 2.0, whose probes end as soon as a rule forbids them. */
function openLegacy(
  options: AgentGatewayOptions & LegacyOptions,
  collaborators: AgentNetworkCollaborators & {
    readonly gateway: AgentGateway;
    readonly replies: SharedReplies | undefined;
    readonly wake: () => void;
  },
): LegacyGateway {
  const { gateway, replies, wake, directory, switches, optOuts, events, onJoined, onLeft, onHealth, metrics } =
    collaborators;
  const legacy = new LegacyGateway(
    { ...options, contact: options.contact },
    {
      ...collaborators,
      random: Math.random,
      certify: (names) => gateway.certify(names),
      handOn: async (receiver, reports, signal) => replies?.handOn(receiver, reports, signal) ?? reports,
      isLinked: (address) => gateway.hub.sessionOf(address)?.isConnected === true,
      onJoined: (address, isNew) => {
        wake();
        onJoined(address);
        if (isNew) events.joined(address);
        else onHealth(address);
      },
      onLeft: (address) => {
        wake();
        onLeft(address);
      },
    },
  );
  const enforce = (): void => legacy.agents.enforceRules();
  switches.subscribe(enforce);
  directory.subscribe(enforce);
  optOuts.subscribe(enforce);
  metrics.observeLegacyAgents(() => legacy.agents.connected().length);
  return legacy;
}
