import { isDeepStrictEqual } from 'node:util';
import type { Bus } from '@revtr/bus';
import { type AgentProfile, LinkError, type RunOptions } from '@revtr/link';
import { formatIpv4, type Ipv4Address } from '@revtr/net';
import { type Clock, ProbingError } from '@revtr/probing';
import { NO_TRACING, type Tracing } from '@revtr/tracing';
import { Periodic } from '../../foundation/periodic.ts';
import type { AgentAccess, ReachableAgent } from '../agent-access.ts';
import { checkTask, type TaskRules } from '../check-task.ts';
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

export interface AgentServerCollaborators extends TaskRules {
  readonly bus: Bus;
  readonly agents: Pick<AgentAccess, 'find'>;
  /** Agents that are connected at this moment. */
  readonly connected: () => readonly Ipv4Address[];
  /** Whether an agent must not be used although it is connected. */
  readonly isSuspended: (address: Ipv4Address) => boolean;
  readonly rootCertificate: string;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
  /** Default: no traces. */
  readonly tracing?: Tracing;
}

type ServingOptions = Required<Pick<RunOptions, 'signal' | 'onGiven'>>;

interface Served {
  view: AgentView;
  readonly stop: () => void;
}

/** How often the agents are compared with what the others know, milliseconds. */
const LOOK_MS = 250;
/** Most agents in a page of the list of agents, and their bytes. */
const PAGE = 100;
const PAGE_BYTES = 384 * 1_024;
/** Bytes of what an agent says about its own tests: the others are told of the first ones only. An honest agent needs less than a tenth. */
const SELF_TEST_BYTES = 64 * 1_024;
/** Tasks of one engine that an agent may have in addition to its window: those that only listen, see `AgentSession`. */
const MOST_LISTENING = 5_000;

/** Lets the engines of other processes use the agents that are connected to this gateway, and tells which they are. */
export class AgentServer {
  readonly #collaborators: AgentServerCollaborators;
  readonly #served = new Map<Ipv4Address, Served>();
  readonly #profiles = new WeakMap<AgentProfile, AgentProfile>();
  readonly #looking: Periodic;
  #version = 0;
  #stopList: () => void = () => undefined;

  constructor(collaborators: AgentServerCollaborators) {
    this.#collaborators = collaborators;
    const { clock, onError } = collaborators;
    this.#looking = new Periodic({ everyMs: LOOK_MS }, { clock, work: async () => this.#look(), onError });
  }

  start(): void {
    const { bus, rootCertificate } = this.#collaborators;
    this.#stopList = bus.serve(agentListService, bus.id, {
      window: 10,
      handle: async ({ after }) => {
        const later = [...this.#served.values()]
          .filter(({ view }) => view.address > after)
          .sort((a, b) => a.view.address - b.view.address);
        const views = fitting(
          later.slice(0, PAGE).map(({ view }) => view),
          PAGE_BYTES,
        );
        return { version: this.#version, views, hasMore: later.length > views.length, rootCertificate };
      },
    });
    this.#looking.start();
  }

  /** Tells the others at once that an agent has come or gone. */
  wake(): void {
    this.#looking.wake();
  }

  async stop(): Promise<void> {
    await this.#looking.stop();
    this.#stopList();
    for (const [address, { stop }] of this.#served) {
      stop();
      this.#tell({ address });
    }
    this.#served.clear();
  }

  #look(): void {
    const { connected, agents } = this.#collaborators;
    for (const address of new Set([...this.#served.keys(), ...connected()])) {
      const agent = agents.find(address);
      const served = this.#served.get(address);
      if (agent === undefined) {
        served?.stop();
        if (this.#served.delete(address)) this.#tell({ address });
        continue;
      }
      const view = this.#viewOf(agent, served?.view);
      if (served !== undefined && isDeepStrictEqual(served.view, view)) continue;
      this.#tell({ address, view });
      if (served === undefined) this.#served.set(address, { view, stop: this.#serve(address, view) });
      else served.view = view;
    }
  }

  #viewOf({ address, isConnected, health, profile }: ReachableAgent, before: AgentView | undefined): AgentView {
    const { isSuspended, clock } = this.#collaborators;
    const isBack = isConnected && before?.isConnected === false;
    return {
      address,
      isConnected: isConnected && !isSuspended(address),
      joinedAt: before === undefined || isBack ? clock.now() : before.joinedAt,
      ...(health !== undefined && { health }),
      profile: this.#told(profile),
    };
  }

  /** What the others are told of a profile. A session has one profile, and agents are looked at often. */
  #told(profile: AgentProfile): AgentProfile {
    const known = this.#profiles.get(profile);
    if (known !== undefined) return known;
    const told = { ...profile, selfTests: fitting(profile.selfTests, SELF_TEST_BYTES) };
    this.#profiles.set(profile, told);
    return told;
  }

  #tell(news: Pick<AgentNews, 'address' | 'view'>): void {
    const { bus } = this.#collaborators;
    this.#version++;
    bus.publish(agentsTopic, { gateway: bus.id, version: this.#version, ...news });
  }

  #serve(address: Ipv4Address, { profile }: AgentView): () => void {
    const { bus } = this.#collaborators;
    return bus.serve(taskService, agentName(bus.id, address), {
      window: 2 * profile.window + MOST_LISTENING,
      handle: (request, signal, onBegun) => this.#handle(address, request, { signal, onGiven: onBegun }),
    });
  }

  #handle(address: Ipv4Address, request: TaskRequest, options: ServingOptions): Promise<TaskResponse> {
    const { tracing = NO_TRACING } = this.#collaborators;
    const work = (): Promise<TaskResponse> => this.#run(address, request, options);
    return tracing.isOn
      ? tracing.continued(request.trace, `gateway ${request.task.kind}`, { kind: 'server' }, work)
      : work();
  }

  async #run(address: Ipv4Address, request: TaskRequest, options: ServingOptions): Promise<TaskResponse> {
    const { task, timeoutMs, isListening } = request;
    try {
      checkTask(address, task, this.#collaborators);
      const agent = this.#collaborators.agents.find(address);
      if (agent === undefined) return unreachable(`the agent of ${formatIpv4(address)} has left`);
      return { outcome: await agent.run(task, { timeoutMs, isListening, ...options }) };
    } catch (error) {
      if (error instanceof LinkError) return unreachable(error.message);
      if (!(error instanceof ProbingError)) throw error;
      const { code, message } = error;
      const isKnown = code === 'spoofingRefused' || code === 'invalidRequest';
      return { refused: { code: isKnown ? code : 'proberStopped', message } };
    }
  }
}

const unreachable = (message: string): TaskResponse => ({
  refused: { code: 'proberStopped', message, isUnreachable: true },
});

/** The first ones of `items`, as many as fit in `bytes` of JSON. */
function fitting<T>(items: readonly T[], bytes: number): T[] {
  let left = bytes;
  const end = items.findIndex((item) => {
    left -= Buffer.byteLength(JSON.stringify(item)) + 1;
    return left < 0;
  });
  return items.slice(0, end < 0 ? items.length : end);
}
