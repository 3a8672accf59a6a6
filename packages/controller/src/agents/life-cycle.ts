import { formatIpv4, type Ipv4Address } from '@revtr/net';
import { type Clock, cancelled, type Prober, type TargetPolicy } from '@revtr/probing';
import type { AgentTests } from '@revtr/storage';
import type { Logger } from 'pino';
import type { SourceAtlases } from '../atlas/source-atlases.ts';
import type { RecordedWork } from '../audit/recorded-work.ts';
import { ControllerError } from '../foundation/errors.ts';
import { Periodic } from '../foundation/periodic.ts';
import type { GuardedRequest } from '../safety/guarded-prober.ts';
import type { KillSwitches } from '../safety/kill-switches.ts';
import { probingFor } from '../safety/probe-context.ts';
import type { AgentProofs } from './agent-proofs.ts';
import { needsTestsFirst } from './agent-states.ts';
import { testAgent } from './agent-tests.ts';
import type { ConnectedAgents } from './connected-agents.ts';
import type { AgentDirectory, RegisteredAgent } from './directory.ts';
import type { OwnerNotices } from './owner-notices.ts';
import { type QuarantineOptions, quarantineEnd } from './quarantine.ts';
import { type Report, verdictOf } from './report.ts';
import { TestPartners } from './test-partners.ts';
import { pauseBeforeTest } from './test-pause.ts';
import { type TestCause, TestQueue } from './test-queue.ts';

export interface LifeCycleOptions {
  readonly quarantine: QuarantineOptions;
  /** How often a ready agent is tested again, milliseconds. */
  readonly retestMs: number;
  /** An agent that fails the test at its connection, or a periodic one, is tested once more after this time, milliseconds. */
  readonly confirmMs: number;
  /** How often to look for agents whose next test is due, milliseconds. */
  readonly pollMs: number;
  /** Addresses that answer pings, to test with in addition to the agents themselves. */
  readonly testTargets: readonly Ipv4Address[];
}

export interface LifeCycleCollaborators {
  readonly directory: AgentDirectory;
  readonly connected: ConnectedAgents;
  readonly tests: AgentTests;
  readonly prober: Prober;
  /** What measurements show about agents while these are tested. */
  readonly proofs: Pick<AgentProofs, 'watch' | 'provenAt'>;
  /** A test that an operator or an opt-out has stopped does not count. */
  readonly switches: Pick<KillSwitches, 'refresh' | 'stops'>;
  readonly optOuts: { readonly refreshIfChanged: () => Promise<void> };
  readonly targetPolicy: Pick<TargetPolicy, 'refuse'>;
  /** Tests wait while their probes cannot be recorded. */
  readonly recorded: Pick<RecordedWork, 'run'>;
  readonly atlas: Pick<SourceAtlases, 'collect' | 'catchUp'> & {
    readonly size: (source: Ipv4Address) => number | Promise<number>;
  };
  readonly notices: OwnerNotices;
  readonly clock: Clock;
  /** A number from 0 to 1. */
  readonly random: () => number;
  readonly log: Logger;
}

const MOST_TESTS_AT_ONCE = 4;
/** What a source has received counts for as many times between two tests: the next test may be late. */
const TESTS_THAT_COUNT = 2;
/** The owner of a ready source is sent a report at most this often. */
const SAME_REPORT_MS = 24 * 3_600_000;
const HEALED = {
  quarantine_level: 0,
  quarantined_until: null,
  quarantine_reason: null,
  quarantined_by: null,
} as const;

/**
 * Moves agents through their states (agent-states.ts). An agent is tested when it connects: one that passes is prepared and becomes
 * ready, one that fails is quarantined, longer each time, and tested again. Ready agents are tested from time to time. An agent stays in its
 * state if a required test could not be made: a new one waits in `testing`, because nothing has shown yet that it is able; a ready one has passed
 * before.
 */
export class LifeCycle {
  readonly #options: LifeCycleOptions;
  readonly #collaborators: LifeCycleCollaborators;
  readonly #partners: TestPartners;
  readonly #queue: TestQueue;
  readonly #polling: Periodic;

  constructor(options: LifeCycleOptions, collaborators: LifeCycleCollaborators) {
    this.#options = options;
    this.#collaborators = collaborators;
    const { clock, log } = collaborators;
    const ableForMs = TESTS_THAT_COUNT * options.retestMs;
    this.#partners = new TestPartners({ testTargets: options.testTargets, ableForMs }, collaborators);
    this.#queue = new TestQueue(
      { mostAtOnce: MOST_TESTS_AT_ONCE },
      {
        test: (address, cause, signal) =>
          probingFor({ type: 'agentTest', agent: address }, () => this.#test(address, cause, signal)),
        onError: (address, error) =>
          log.error({ err: error, agent: formatIpv4(address) }, 'the test of an agent failed'),
      },
    );
    this.#polling = new Periodic(
      { everyMs: options.pollMs },
      {
        clock,
        work: () => this.#testDue(),
        onError: (error) => log.error({ err: error }, 'agents could not be queued for tests'),
      },
    );
  }

  /** Begins to look for agents whose next test is due. */
  start(): void {
    this.#polling.start();
  }

  /** Ends the tests under way, whose outcome does not count, and takes no more: another process tests agents. */
  async pause(): Promise<void> {
    await this.#queue.stop();
  }

  /** This process tests agents again. Those whose tests were ended are due. */
  resume(): void {
    this.#queue.resume();
  }

  /** Ends the tests under way. */
  async stop(): Promise<void> {
    await this.#polling.stop();
    await this.#queue.stop();
  }

  /** Notes that an agent has connected, and tests it unless it is in quarantine. */
  async joined(address: Ipv4Address): Promise<void> {
    const { directory, clock } = this.#collaborators;
    const agent = await directory.change(address, { last_connected_at: new Date(clock.now()) });
    if (agent !== undefined && agent.state !== 'quarantined') await this.test(address, 'connected');
  }

  /**
   * Queues an agent for a test. A withdrawn agent is not tested. The test ends a quarantine, but only an operator may have an agent
   * tested that an operator quarantined. @throws {ControllerError} `conflict`
   */
  async test(
    address: Ipv4Address,
    cause: TestCause,
    { byOperator = false }: { readonly byOperator?: boolean } = {},
  ): Promise<void> {
    const { directory } = this.#collaborators;
    const agent = directory.findRegistered(address);
    if (agent === undefined) return;
    if (isHeldByOperator(agent) && !byOperator)
      throw new ControllerError(
        'conflict',
        `an operator quarantined ${formatIpv4(address)}, and only an operator can end that: ${agent.quarantine_reason}`,
      );
    // Only agents that participate may probe and be claimed, and the tests need both.
    if (needsTestsFirst(agent.state)) await directory.enter(address, 'testing');
    this.#queue.add(address, cause);
  }

  /** Quarantines an agent for an operator, who alone can end the quarantine. */
  async quarantine(address: Ipv4Address, reason: string): Promise<void> {
    const { directory } = this.#collaborators;
    await directory.enter(address, 'quarantined', {
      quarantine_level: (directory.find(address)?.quarantine_level ?? 0) + 1,
      quarantined_until: null,
      quarantine_reason: reason,
      quarantined_by: 'operator',
    });
  }

  /** Quarantines an agent that failed its tests. The time doubles with each quarantine in a row. */
  async #quarantineFailed(address: Ipv4Address, reason: string): Promise<void> {
    const { directory, clock, random } = this.#collaborators;
    const agent = directory.find(address);
    // An operator may have quarantined the agent while it was tested.
    if (agent === undefined || isHeldByOperator(agent)) return;
    const level = agent.quarantine_level + 1;
    await directory.enter(address, 'quarantined', {
      quarantine_level: level,
      quarantined_until: quarantineEnd(this.#options.quarantine, level, clock.now(), random),
      quarantine_reason: reason,
      quarantined_by: 'system',
    });
  }

  async #test(address: Ipv4Address, cause: TestCause, signal: AbortSignal): Promise<void> {
    const { directory, tests, clock, log } = this.#collaborators;
    const before = directory.find(address);
    if (before === undefined) return;
    let report = await this.#tested(before, signal);
    if (report.verdict === 'failed' && (cause === 'connected' || cause === 'periodic')) {
      await clock.sleep(this.#options.confirmMs, signal);
      report = await this.#tested(before, signal);
    }
    endIfOver(signal);
    const now = new Date(clock.now());
    const agent = formatIpv4(address);
    await tests.add({ address: agent, tested_at: now, cause, verdict: report.verdict, report });
    endIfOver(signal);
    const spoofed = report.tests.find(({ name }) => name === 'sendSpoofed')?.verdict ?? 'notTested';
    // Nothing is learned while spoofing is stopped, or no partner can be reached.
    const learned = spoofed === 'notTested' ? {} : { can_spoof: spoofed === 'passed' };
    const tested = await directory.change(address, { last_tested_at: now, ...learned });
    log.info({ agent, kind: before.kind, cause, verdict: report.verdict }, 'agent tested');
    if (tested === undefined || tested.state === 'withdrawn' || report.verdict === 'notTested') return;
    await this.#testUntested();
    endIfOver(signal);
    if (report.verdict === 'failed') await this.#failed(tested, report);
    else if (tested.kind === 'vantagePoint') await this.#vantagePointPassed(tested, before, signal);
    else await this.#sourcePassed(tested, report, before, signal);
  }

  /** Tests agents again that had no partner to be tested with, or none that was known to be able to spoof. */
  async #testUntested(): Promise<void> {
    for (const { address, state } of this.#collaborators.connected.participating())
      if (state === 'testing' && !this.#queue.isTesting(address)) await this.test(address, 'connected');
  }

  #tested(agent: RegisteredAgent, signal: AbortSignal): Promise<Report> {
    return this.#collaborators.recorded.run((interrupted) => this.#measure(agent, interrupted), signal);
  }

  async #measure(agent: RegisteredAgent, signal: AbortSignal): Promise<Report> {
    const { prober, proofs, connected } = this.#collaborators;
    const proofOf = proofs.watch(agent.address);
    const plan = await this.#partners.planFor(agent);
    const isForbidden = this.#forbiddenIn(agent.address);
    const results = await testAgent(plan, { prober, isForbidden, proofOf, signal });
    const selfTests = [...(connected.sessionOf(agent.address)?.profile.selfTests ?? [])];
    return { verdict: verdictOf(results), tests: results, selfTests };
  }

  /** Tells in a test whether a refused probe is forbidden. What is forbidden is read once, when the first probe is refused. */
  #forbiddenIn(agent: Ipv4Address): (request: GuardedRequest) => Promise<boolean> {
    const { switches, optOuts, targetPolicy } = this.#collaborators;
    const cause = { type: 'agentTest', agent } as const;
    let read: Promise<unknown> | undefined;
    return async (request) => {
      read ??= Promise.all([switches.refresh(), optOuts.refreshIfChanged()]);
      try {
        await read;
      } catch {
        // Nobody knows.
        return true;
      }
      return switches.stops(request, cause) || targetPolicy.refuse(request.target) !== undefined;
    };
  }

  async #failed(agent: RegisteredAgent, report: Report): Promise<void> {
    const { directory, notices } = this.#collaborators;
    const failed = report.tests.filter(({ isRequired, verdict }) => isRequired && verdict === 'failed');
    await this.#quarantineFailed(agent.address, `failed: ${failed.map(({ name }) => name).join(', ')}`);
    const until = directory.find(agent.address)?.quarantined_until ?? undefined;
    if (agent.kind === 'source') await notices.tested(agent, report, until);
  }

  async #vantagePointPassed(agent: RegisteredAgent, before: RegisteredAgent, signal: AbortSignal): Promise<void> {
    const { directory, connected, atlas } = this.#collaborators;
    const ready = await directory.enter(agent.address, 'ready', HEALED);
    if (ready === undefined || before.state === 'ready') return;
    for (const { address } of connected.ready('source')) await atlas.catchUp(address, signal);
  }

  async #sourcePassed(
    agent: RegisteredAgent,
    report: Report,
    before: RegisteredAgent,
    signal: AbortSignal,
  ): Promise<void> {
    const { directory, atlas, notices, clock, log } = this.#collaborators;
    const { address } = agent;
    const isNew = agent.state !== 'ready';
    const isReportOld = clock.now() - (before.last_tested_at?.getTime() ?? 0) > SAME_REPORT_MS;
    if (isNew || isReportOld) await notices.tested(agent, report, undefined);
    await directory.enter(address, isNew ? 'preparing' : 'ready', HEALED);
    if ((await atlas.size(address)) === 0) await atlas.collect(address, signal);
    endIfOver(signal);
    // The source may have been quarantined or withdrawn while its atlas was measured.
    if (!isNew || directory.find(address)?.state !== 'preparing') return;
    await directory.enter(address, 'ready');
    log.info({ agent: formatIpv4(address) }, 'source is ready');
    await notices.ready(agent);
    // Vantage points may have become ready while the atlas was measured.
    await atlas.catchUp(address, signal);
  }

  async #testDue(): Promise<void> {
    const now = this.#collaborators.clock.now();
    for (const agent of this.#collaborators.connected.participating()) {
      const cause = this.#dueFor(agent, now);
      if (cause !== undefined) await this.test(agent.address, cause);
    }
  }

  #dueFor(agent: RegisteredAgent, now: number): TestCause | undefined {
    const testedAt = agent.last_tested_at?.getTime() ?? 0;
    if (isHeldByOperator(agent)) return undefined;
    if (agent.state === 'quarantined') return (agent.quarantined_until?.getTime() ?? 0) <= now ? 'released' : undefined;
    // Nothing else leads out of these states when a test ended unexpectedly, for example because the database was away.
    if (agent.state === 'testing' || agent.state === 'preparing')
      return now - testedAt > pauseBeforeTest(agent, this.#options.pollMs) && !this.#queue.isTesting(agent.address)
        ? 'connected'
        : undefined;
    return agent.state === 'ready' && now - testedAt > this.#options.retestMs ? 'periodic' : undefined;
  }
}

/** Nothing more is learned from a test that was ended: another process may test the agent by now. @throws {ProbingError} `cancelled` */
function endIfOver(signal: AbortSignal): void {
  if (signal.aborted) throw cancelled();
}

function isHeldByOperator({ state, quarantined_by }: RegisteredAgent): boolean {
  return state === 'quarantined' && quarantined_by === 'operator';
}
