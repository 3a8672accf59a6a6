import type { AgentSession } from '@revtr/link';
import { formatIpv4, type Ipv4Address, parseIpv4 } from '@revtr/net';
import { type Prober, ProbingError, systemClock } from '@revtr/probing';
import type { Agent, AgentTests, Users } from '@revtr/storage';
import type { Logger } from 'pino';
import type { AtlasService } from '../atlas/atlas-service.ts';
import { type MailText, readyMail, reportMail } from '../mail/messages.ts';
import type { Outbox } from '../mail/outbox.ts';
import { testAgent } from './agent-tests.ts';
import type { AgentDirectory } from './directory.ts';
import { type QuarantineOptions, quarantineEnd } from './quarantine.ts';
import { type Report, verdictOf } from './report.ts';

export interface LifeCycleOptions {
  readonly quarantine: QuarantineOptions;
  /** How often an agent that works is tested again, milliseconds. */
  readonly retestMs: number;
  /** After how long a test that an agent fails when it connects is done again before it counts, milliseconds: others may be connecting. */
  readonly confirmMs: number;
  /** How often to look for agents that are to be tested, milliseconds. */
  readonly pollMs: number;
  /** Addresses that answer pings, to test with beside the agents themselves. */
  readonly testTargets: readonly Ipv4Address[];
}

export interface LifeCycleCollaborators {
  readonly directory: AgentDirectory;
  readonly tests: AgentTests;
  readonly users: Users;
  readonly prober: Prober;
  readonly atlas: AtlasService;
  readonly outbox: Outbox;
  /** Agents that are connected, and what they said about themselves. */
  readonly sessionOf: (address: Ipv4Address) => AgentSession | undefined;
  readonly random: () => number;
  readonly log: Logger;
}

/** Why an agent is tested. */
export type TestCause = 'connected' | 'periodic' | 'released' | 'asked';

/** Agents tested at once: more would disturb each other. */
const MOST_AT_ONCE = 4;
/** A report about an agent that works is mailed again at most so often. */
const SAME_REPORT_MS = 24 * 3_600_000;

/**
 * The life of agents: whenever one connects it is tested; one that can do what it must is prepared and becomes ready, another
 * is quarantined and tested again, later each time. Those that work are tested again from time to time.
 */
export class LifeCycle {
  readonly #options: LifeCycleOptions;
  readonly #collaborators: LifeCycleCollaborators;
  readonly #queue: { readonly address: Ipv4Address; readonly cause: TestCause }[] = [];
  readonly #underWay = new Map<Ipv4Address, Promise<void>>();
  readonly #over = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: LifeCycleOptions, collaborators: LifeCycleCollaborators) {
    this.#options = options;
    this.#collaborators = collaborators;
  }

  start(): void {
    this.#timer = setInterval(() => this.#poll(), this.#options.pollMs);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#over.abort();
    this.#queue.length = 0;
    await Promise.all(this.#underWay.values());
  }

  /** An agent has connected: it is tested at once, unless it is in quarantine. */
  async joined(address: Ipv4Address): Promise<void> {
    const agent = await this.#collaborators.directory.change(address, { last_connected_at: new Date() });
    if (agent !== undefined && agent.state !== 'quarantined') await this.test(address, 'connected');
  }

  /** Puts an agent into the queue of those to be tested. */
  async test(address: Ipv4Address, cause: TestCause): Promise<void> {
    const { directory } = this.#collaborators;
    const agent = directory.find(address);
    if (agent === undefined || agent.state === 'withdrawn') return;
    // Only who takes part may probe and be claimed, and the tests do both.
    if (agent.state === 'expected' || agent.state === 'quarantined')
      await directory.change(address, { state: 'testing' });
    if (!this.#queue.some((waiting) => waiting.address === address)) this.#queue.push({ address, cause });
    this.#fill();
  }

  /** Quarantines an agent by hand. */
  async quarantine(address: Ipv4Address, reason: string): Promise<void> {
    const { directory, random } = this.#collaborators;
    const level = (directory.find(address)?.quarantine_level ?? 0) + 1;
    await directory.change(address, {
      state: 'quarantined',
      quarantine_level: level,
      quarantined_until: quarantineEnd(this.#options.quarantine, level, Date.now(), random),
      quarantine_reason: reason,
    });
  }

  #fill(): void {
    while (this.#underWay.size < MOST_AT_ONCE) {
      const at = this.#queue.findIndex(({ address }) => !this.#underWay.has(address));
      if (at < 0) return;
      const [{ address, cause }] = this.#queue.splice(at, 1);
      const work = this.#run(address, cause)
        .catch((error: unknown) => {
          if (!(error instanceof ProbingError && error.code === 'cancelled'))
            this.#collaborators.log.error({ err: error, agent: formatIpv4(address) }, 'testing an agent broke');
        })
        .finally(() => {
          this.#underWay.delete(address);
          this.#fill();
        });
      this.#underWay.set(address, work);
    }
  }

  async #run(address: Ipv4Address, cause: TestCause): Promise<void> {
    const { directory, tests, log } = this.#collaborators;
    const before = directory.find(address);
    if (before === undefined) return;
    let report = await this.#measure(before, address);
    if (report.verdict === 'failed' && cause === 'connected') {
      await systemClock.sleep(this.#options.confirmMs, this.#over.signal);
      report = await this.#measure(before, address);
    }
    const now = new Date();
    await tests.add({ address: before.address, tested_at: now, cause, verdict: report.verdict, report });
    const canSpoof = report.tests.some(({ name, verdict }) => name === 'sendSpoofed' && verdict === 'passed');
    const agent = await directory.change(address, { last_tested_at: now, can_spoof: canSpoof });
    log.info({ agent: before.address, kind: before.kind, cause, verdict: report.verdict }, 'agent tested');
    if (agent === undefined || agent.state === 'withdrawn' || report.verdict === 'notTested') return;
    await this.#testUntested();
    if (report.verdict === 'failed') await this.#failed(agent, address, report);
    else await this.#passed(agent, address, report, before);
  }

  /** Agents that had nobody to be tested with have somebody now. */
  async #testUntested(): Promise<void> {
    for (const agent of this.#collaborators.directory.list()) {
      const address = parseIpv4(agent.address);
      const isIdle = agent.state === 'testing' && !this.#underWay.has(address);
      if (isIdle && this.#collaborators.sessionOf(address)?.isConnected === true) await this.test(address, 'connected');
    }
  }

  async #measure(agent: Agent, address: Ipv4Address): Promise<Report> {
    const { prober, sessionOf } = this.#collaborators;
    const session = sessionOf(address);
    const partners = this.#partners(address);
    const plan = {
      address,
      kind: agent.kind,
      senderOnly: session?.profile.senderOnly ?? false,
      partners: partners.filter((partner) => sessionOf(partner)?.profile.senderOnly === false),
      targets: [...this.#options.testTargets, ...partners].filter((target) => target !== address),
    };
    const results = await testAgent(plan, { prober, signal: this.#over.signal });
    const selfTests = [...(session?.profile.selfTests ?? [])];
    return { verdict: verdictOf(results), tests: results, selfTests };
  }

  /** Other agents that are connected: first those that have shown that they can spoof. */
  #partners(address: Ipv4Address): Ipv4Address[] {
    const { directory, sessionOf } = this.#collaborators;
    const others = directory
      .list()
      .map((agent) => ({ agent, own: parseIpv4(agent.address) }))
      .filter(({ own }) => own !== address && directory.isActive(own) && sessionOf(own)?.isConnected === true);
    const rank = ({ agent }: { readonly agent: Agent }): number =>
      agent.can_spoof ? 0 : agent.kind === 'vantagePoint' ? 1 : 2;
    return others.sort((a, b) => rank(a) - rank(b)).map(({ own }) => own);
  }

  async #failed(agent: Agent, address: Ipv4Address, report: Report): Promise<void> {
    const failed = report.tests.filter(({ isRequired, verdict }) => isRequired && verdict === 'failed');
    await this.quarantine(address, `failed: ${failed.map(({ name }) => name).join(', ')}`);
    const until = this.#collaborators.directory.find(address)?.quarantined_until ?? undefined;
    if (agent.kind === 'source') await this.#mailOwner(agent, reportMail(agent.address, report, until));
  }

  async #passed(agent: Agent, address: Ipv4Address, report: Report, before: Agent): Promise<void> {
    const { directory, atlas, log } = this.#collaborators;
    const healed = { quarantine_level: 0, quarantined_until: null, quarantine_reason: null };
    if (agent.kind === 'vantagePoint') {
      await directory.change(address, { ...healed, state: 'ready' });
      if (before.state !== 'ready') await this.#catchUpAtlases();
      return;
    }
    const isNew = agent.state !== 'ready';
    const isReportOld = Date.now() - (before.last_tested_at?.getTime() ?? 0) > SAME_REPORT_MS;
    if (isNew || isReportOld) await this.#mailOwner(agent, reportMail(agent.address, report, undefined));
    await directory.change(address, { ...healed, state: isNew ? 'preparing' : 'ready' });
    if (atlas.size(address) === 0) await atlas.collect(address);
    if (!isNew || directory.find(address)?.state !== 'preparing') return;
    await directory.change(address, { state: 'ready' });
    log.info({ agent: agent.address }, 'source is ready');
    await this.#mailOwner(agent, readyMail(agent.address));
    // Vantage points may have become ready while the atlas was measured.
    await atlas.catchUp(address);
  }

  /** A vantage point that has come adds its way to every source. */
  async #catchUpAtlases(): Promise<void> {
    const { directory, atlas, sessionOf } = this.#collaborators;
    for (const { address, kind, state } of directory.list()) {
      const source = parseIpv4(address);
      if (kind === 'source' && state === 'ready' && sessionOf(source)?.isConnected === true)
        await atlas.catchUp(source);
    }
  }

  async #mailOwner(agent: Agent, text: MailText): Promise<void> {
    const owner = agent.user_id === null ? undefined : await this.#collaborators.users.find(agent.user_id);
    if (owner !== undefined) await this.#collaborators.outbox.add(owner.email, text);
  }

  #poll(): void {
    const now = Date.now();
    for (const agent of this.#collaborators.directory.list()) {
      const address = parseIpv4(agent.address);
      if (this.#collaborators.sessionOf(address)?.isConnected !== true) continue;
      const cause = this.#dueFor(agent, now);
      if (cause === undefined) continue;
      this.test(address, cause).catch((error: unknown) =>
        this.#collaborators.log.error({ err: error, agent: agent.address }, 'an agent could not be tested'),
      );
    }
  }

  #dueFor(agent: Agent, now: number): TestCause | undefined {
    const testedAt = agent.last_tested_at?.getTime() ?? 0;
    if (agent.state === 'quarantined') return (agent.quarantined_until?.getTime() ?? 0) <= now ? 'released' : undefined;
    if (agent.state === 'testing') return now - testedAt > this.#options.pollMs ? 'connected' : undefined;
    return agent.state === 'ready' && now - testedAt > this.#options.retestMs ? 'periodic' : undefined;
  }
}
