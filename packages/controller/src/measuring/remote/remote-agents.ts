import type { Bus, Stream } from '@revtr/bus';
import type { RunOptions } from '@revtr/link';
import type { Ipv4Address } from '@revtr/net';
import { type Clock, ProbingError } from '@revtr/probing';
import { NO_TRACING, type Tracing } from '@revtr/tracing';
import type { Members } from '../../cluster/members.ts';
import type { AgentAccess, AgentOutcome, AgentTask, ReachableAgent } from '../agent-access.ts';
import { Arrivals } from '../arrivals.ts';
import {
  type AgentNews,
  type AgentView,
  agentListService,
  agentName,
  agentsTopic,
  type TaskRequest,
  type TaskResponse,
  taskService,
} from './contract.ts';

export interface RemoteAgentsCollaborators {
  readonly bus: Bus;
  readonly members: Members;
  readonly clock: Clock;
  /** An agent has begun a session with another gateway. */
  readonly onJoined: (address: Ipv4Address) => void;
  /** An agent has come or gone, or measures again or not. */
  readonly onChanged: (address: Ipv4Address) => void;
  readonly onError: (error: unknown) => void;
  /** Default: no traces. */
  readonly tracing?: Tracing;
}

interface Gateway {
  /** Version of the last change of each agent, also of those that have left. */
  readonly versions: Map<Ipv4Address, number>;
  readonly views: Map<Ipv4Address, AgentView>;
}

/** Pause before the agents of a gateway that did not answer are read again, milliseconds. */
const RETRY_MS = 500;

/** The agents that are connected to the gateways of other processes. */
export class RemoteAgents implements AgentAccess {
  readonly #collaborators: RemoteAgentsCollaborators;
  /** The gateways that are running. What another one says came late, and nothing would ever remove it. */
  readonly #gateways = new Map<string, Gateway>();
  /** Gateways whose agents must be read, and those whose agents are being read. */
  readonly #unread = new Set<string>();
  readonly #reading = new Set<string>();
  /** Which gateway has an agent: the one that the agent has joined last. */
  readonly #placeOf = new Map<Ipv4Address, { readonly gateway: string; readonly view: AgentView }>();
  readonly #streams = new Map<string, Stream<TaskRequest, TaskResponse>>();
  readonly #arrivals: Arrivals;
  readonly #over = new AbortController();
  #unsubscribe: () => void = () => undefined;
  #rootCertificate: string | undefined;

  constructor(collaborators: RemoteAgentsCollaborators) {
    this.#collaborators = collaborators;
    this.#arrivals = new Arrivals(collaborators);
    collaborators.members.subscribe(({ id, isThere }) => {
      if (!isThere) this.#lose(id);
      else if (collaborators.members.with('gateway').includes(id)) {
        this.#gateways.set(id, { versions: new Map(), views: new Map() });
        void this.#readAll(id);
      }
    });
  }

  /** PEM of the certificate that agents need, as a gateway has told it; `undefined` before that. */
  get rootCertificate(): string | undefined {
    return this.#rootCertificate;
  }

  start(): void {
    this.#unsubscribe = this.#collaborators.bus.subscribe(agentsTopic, {
      onMessage: (news) => this.#take(news),
      // A gateway that does not answer must not keep the news of others waiting.
      onGap: () => {
        for (const id of this.#gateways.keys()) void this.#readAll(id);
      },
    });
  }

  stop(): void {
    this.#over.abort();
    this.#unsubscribe();
    for (const stream of this.#streams.values()) stream.close();
  }

  find(address: Ipv4Address): ReachableAgent | undefined {
    const place = this.#placeOf.get(address);
    if (place === undefined) return undefined;
    const { isConnected, health, profile } = place.view;
    const run = (task: AgentTask, options: RunOptions) => this.#run(agentName(place.gateway, address), task, options);
    return { address, isConnected, health, profile, run };
  }

  /** When the session of an agent with another gateway began, milliseconds since the Unix epoch; `undefined` when it has none. */
  joinedAt(address: Ipv4Address): number | undefined {
    const view = this.#placeOf.get(address)?.view;
    return view?.isConnected === true ? view.joinedAt : undefined;
  }

  /** Number of agents that are connected to other gateways. */
  get connected(): number {
    let connected = 0;
    for (const { view } of this.#placeOf.values()) if (view.isConnected) connected++;
    return connected;
  }

  async waitFor(address: Ipv4Address, timeoutMs: number, signal?: AbortSignal): Promise<ReachableAgent | undefined> {
    const present = this.find(address);
    if (present !== undefined || signal?.aborted) return present;
    const over = this.#over.signal;
    await this.#arrivals.wait(address, timeoutMs, signal === undefined ? over : AbortSignal.any([over, signal]));
    return this.find(address);
  }

  async #run(name: string, task: AgentTask, options: RunOptions): Promise<AgentOutcome> {
    const { timeoutMs, isListening = false, signal, onGiven } = options;
    const { tracing = NO_TRACING } = this.#collaborators;
    const ask = (trace?: string): Promise<TaskResponse> =>
      this.#streamTo(name).request({ task: plain(task), timeoutMs, isListening, trace }, signal, onGiven);
    const response = await (tracing.isOn
      ? tracing.child(`bus ${task.kind}`, { kind: 'client', attributes: { 'revtr.service': name } }, () =>
          ask(tracing.carried()),
        )
      : ask());
    if ('outcome' in response) return response.outcome;
    const { code, message, isUnreachable = false } = response.refused;
    throw new ProbingError(code, message, isUnreachable ? { isUnreachable } : {});
  }

  #streamTo(name: string): Stream<TaskRequest, TaskResponse> {
    const known = this.#streams.get(name);
    if (known !== undefined) return known;
    const stream = this.#collaborators.bus.open(taskService, name);
    this.#streams.set(name, stream);
    void stream.ended.then(() => {
      if (this.#streams.get(name) === stream) this.#streams.delete(name);
    });
    return stream;
  }

  #take({ gateway: id, version, address, view }: AgentNews): void {
    const gateway = this.#gateways.get(id);
    if (gateway === undefined || version <= (gateway.versions.get(address) ?? -1)) return;
    this.#keep(gateway, address, version, view);
  }

  /** Reads all agents of a gateway. Asks again while the gateway is running and does not answer, or when it should be read again meanwhile. */
  async #readAll(id: string): Promise<void> {
    const { clock, onError } = this.#collaborators;
    const { signal } = this.#over;
    this.#unread.add(id);
    if (this.#reading.has(id)) return;
    this.#reading.add(id);
    while (!signal.aborted && this.#gateways.has(id) && this.#unread.delete(id))
      try {
        await this.#readOnce(id);
      } catch (error) {
        if (signal.aborted) return;
        onError(error);
        this.#unread.add(id);
        await clock.sleep(RETRY_MS, signal).catch(() => undefined);
      }
    this.#reading.delete(id);
    this.#unread.delete(id);
  }

  async #readOnce(id: string): Promise<void> {
    const { bus } = this.#collaborators;
    const listed = new Map<Ipv4Address, AgentView>();
    let version = Number.POSITIVE_INFINITY;
    let after = -1;
    for (let hasMore = true; hasMore; ) {
      const page = await bus.ask(agentListService, id, { after }, this.#over.signal);
      for (const view of page.views) listed.set(view.address, view);
      // Changes that came while the pages were read have higher versions.
      version = Math.min(version, page.version);
      hasMore = page.hasMore;
      const last = page.views.at(-1)?.address ?? -1;
      if (hasMore && last <= after) throw new Error('a gateway repeats a part of the list of its agents');
      after = last;
      this.#rootCertificate = page.rootCertificate;
    }
    this.#replace(id, version, listed);
  }

  #replace(id: string, version: number, listed: ReadonlyMap<Ipv4Address, AgentView>): void {
    const gateway = this.#gateways.get(id);
    if (gateway === undefined) return;
    for (const address of new Set([...gateway.views.keys(), ...listed.keys()])) {
      if ((gateway.versions.get(address) ?? -1) > version) continue;
      this.#keep(gateway, address, version, listed.get(address));
    }
  }

  #keep(gateway: Gateway, address: Ipv4Address, version: number, view: AgentView | undefined): void {
    gateway.versions.set(address, version);
    if (view === undefined) gateway.views.delete(address);
    else gateway.views.set(address, view);
    this.#place(address);
  }

  #lose(id: string): void {
    const gateway = this.#gateways.get(id);
    if (!this.#gateways.delete(id) || gateway === undefined) return;
    for (const address of gateway.views.keys()) this.#place(address);
  }

  /** Decides which gateway has an agent, and tells what that changes. */
  #place(address: Ipv4Address): void {
    const before = this.#placeOf.get(address);
    let best: { readonly gateway: string; readonly view: AgentView } | undefined;
    for (const [gateway, { views }] of this.#gateways) {
      const view = views.get(address);
      if (view === undefined) continue;
      const isBetter =
        best === undefined ||
        (view.isConnected && !best.view.isConnected) ||
        (view.isConnected === best.view.isConnected && view.joinedAt > best.view.joinedAt);
      if (isBetter) best = { gateway, view };
    }
    if (best === undefined) this.#placeOf.delete(address);
    else {
      this.#placeOf.set(address, best);
      this.#arrivals.arrived(address);
    }
    const { onJoined, onChanged } = this.#collaborators;
    if (best?.view.isConnected === true && before?.view.joinedAt !== best.view.joinedAt) onJoined(address);
    onChanged(address);
  }
}

/** A task as it is sent: the request of a spoofed probe carries its claim beside it. */
function plain(task: AgentTask): TaskRequest['task'] {
  if (task.kind !== 'emit') return task;
  const { spoof: _, ...request } = task.request;
  const { claimedSource, receiver } = task.spoof;
  return { ...task, request, spoof: { claimedSource, receiver } };
}
