import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type AgentHealth,
  AgentIdentity,
  type AgentProfile,
  AgentWork,
  agentAddressOf,
  GrantVerifier,
  LinkClient,
  LinkError,
  type LinkState,
  type SelfTest,
  type ToAgent,
} from '@revtr/link';
import { formatIpv4 } from '@revtr/net';
import { type Clock, systemClock, untilAborted, wallClock } from '@revtr/probing';
import { ScamperDriver, type ScamperEnd, ScamperError, ScamperHost } from '@revtr/scamper';
import type { Tracing } from '@revtr/tracing';
import type { Logger } from 'pino';
import manifest from '../package.json' with { type: 'json' };
import type { Rate } from './budget/key-budget.ts';
import { TargetBudget, type TargetBudgetOptions } from './budget/target-budget.ts';
import type { AgentConfig } from './config/schema.ts';
import { AgentError } from './errors.ts';
import { Listener } from './listener/listener.ts';
import { AgentMetrics } from './metrics.ts';
import { LocalPolicy } from './policy/local-policy.ts';
import { type Sender, serveProbingTxt } from './probing-txt.ts';
import { explainPort, explainStart } from './self-tests/remedies.ts';
import { testSpoofing } from './self-tests/spoof-test.ts';
import { ControllerClock } from './work/controller-clock.ts';
import { tracedWork } from './work/traced-work.ts';
import { Worker } from './work/worker.ts';

export interface AgentOptions {
  readonly config: AgentConfig;
  /** PEM. */
  readonly rootCertificate: string;
}

/** How long an agent may finish its work after `SIGTERM`, milliseconds. */
const DRAIN_MS = 5_000;
/** Most probes at once. scamper takes fifty of them and paces them. */
const WINDOW = 100;

/** One agent, from start to stop. */
export class Agent {
  readonly #options: AgentOptions;
  readonly #log: Logger;
  readonly #tracing: Tracing;
  readonly #clock: Clock = systemClock;
  readonly #metrics = new AgentMetrics();
  readonly #over = new AbortController();
  /** Steps that release resources, in reverse order. */
  readonly #undo: (() => Promise<void> | void)[] = [];
  readonly #time = new ControllerClock({ clock: systemClock });
  readonly #policy: LocalPolicy;
  readonly #identity: AgentIdentity;
  #grants: GrantVerifier | undefined;
  /** Address of this agent and the contact of its operator, once the controller has told them. */
  #sender: Sender | undefined;
  #isConnected = false;
  #measures = true;
  #onHealth: ((health: AgentHealth) => void) | undefined;

  constructor(options: AgentOptions, collaborators: { readonly log: Logger; readonly tracing: Tracing }) {
    const { config, rootCertificate } = options;
    this.#options = options;
    this.#log = collaborators.log;
    this.#tracing = collaborators.tracing;
    this.#identity = new AgentIdentity({ directory: config.local.identity, rootCertificate });
    this.#policy = new LocalPolicy({ testNetworks: config.local.testnetworks }, { now: () => this.#time.now() });
  }

  /** Runs until `signal` fires, then finishes running work. @throws {AgentError} when it cannot start, with the remedy */
  async run(signal: AbortSignal): Promise<void> {
    if (this.#policy.warning !== undefined) this.#log.warn(this.#policy.warning);
    try {
      const listener = this.#listen();
      await this.#serveMetrics();
      await this.#serveDescription();
      const scamper = await this.#startScamper();
      const selfTests = await this.#test(scamper, listener);
      const { budget } = this.#options.config;
      const worker = new Worker({
        scamper,
        replies: listener.replies,
        emissions: listener.emissions,
        policy: this.#policy,
        budget: new TargetBudget(toBudgetOptions(budget), { now: () => performance.now(), random: Math.random }),
        metrics: this.#metrics,
        onRefused: (reason, measurement) => this.#log.warn({ reason, measurement }, 'refused'),
      });
      const work = new AgentWork({ perform: tracedWork(worker, this.#tracing) });
      const client = this.#link(worker, work, { selfTests, scamper });
      this.#onHealth = (health) => client.report(health);
      client.report(healthOf(scamper === undefined || this.#measures));
      const link = client.run(this.#over.signal);
      await Promise.race([untilAborted(signal), link]);
      this.#log.info({ underWay: work.running }, 'stopping');
      const drained = new AbortController();
      const wait = this.#clock.sleep(DRAIN_MS, drained.signal).catch(() => undefined);
      await Promise.race([work.drain(), wait]);
      // The timer of the wait would keep the process.
      drained.abort();
      this.#over.abort();
      await link;
    } finally {
      this.#over.abort();
      for (const step of this.#undo.splice(0).reverse()) await step();
    }
  }

  #listen(): Listener {
    const { interface: name, senderonly } = this.#options.config.local;
    let listener: Listener;
    try {
      listener = Listener.start({ interface: name, senderOnly: senderonly });
    } catch (error) {
      throw explainStart(error);
    }
    this.#undo.push(() => listener.stop());
    if (listener.isBehindFirewall)
      this.#log.warn('no packet sockets here: a stateful firewall may hide replies to spoofed probes');
    const counts = listener.replies?.counts ?? { seen: 0, matched: 0 };
    const help = 'Packets that the kernel dropped because the agent read too slowly.';
    this.#metrics.observe('revtr_agent_dropped_packets', help, () => listener.dropped);
    this.#metrics.observe('revtr_agent_echo_replies', 'Echo replies seen.', () => counts.seen);
    this.#metrics.observe('revtr_agent_matched_replies', 'Replies to spoofed probes reported.', () => counts.matched);
    return listener;
  }

  async #serveMetrics(): Promise<void> {
    const { pprofaddr } = this.#options.config.local;
    await this.#serve('local.pprofaddr', pprofaddr, (host, port) =>
      this.#metrics.serve(host, port, () => this.#isConnected),
    );
  }

  async #serveDescription(): Promise<void> {
    const { probingaddr } = this.#options.config.local;
    await this.#serve('local.probingaddr', probingaddr, (host, port) =>
      serveProbingTxt({ host, port }, { sender: () => this.#sender, now: () => wallClock.now() }),
    );
  }

  /** Listens at `address` unless it is empty. @throws {AgentError} `selfTestFailed`, with the remedy */
  async #serve(
    setting: string,
    address: string,
    listen: (host: string, port: number) => Promise<Server>,
  ): Promise<void> {
    if (address === '') return;
    const at = address.lastIndexOf(':');
    let server: Server;
    try {
      server = await listen(address.slice(0, at) || '0.0.0.0', Number(address.slice(at + 1)));
    } catch (error) {
      throw explainPort(setting, address, error);
    }
    this.#undo.push(() => {
      server.closeAllConnections();
      server.close();
    });
  }

  async #startScamper(): Promise<ScamperHost | undefined> {
    const { local, scamper } = this.#options.config;
    if (!local.startscamp) return undefined;
    const directory = mkdtempSync(join(tmpdir(), 'revtr-agent-'));
    this.#undo.push(() => rmSync(directory, { recursive: true, force: true }));
    try {
      const options = {
        socketPath: join(directory, 'scamper'),
        packetsPerSecond: scamper.rate,
        program: scamper.binpath,
        // scamper creates its socket as root; an agent that is not root needs access. Only the agent can enter the directory.
        wrapper: ['sh', '-c', 'umask 0; exec "$@"', 'sh'],
        onEnd: (end: ScamperEnd) => this.#log.error(end, 'scamper ended; it is restarted'),
      };
      const driver = await ScamperDriver.start(options, {
        clock: this.#clock,
        onHealth: (measures) => this.#noteHealth(measures),
      });
      this.#undo.push(() => driver.stop());
      return new ScamperHost({ driver, clock: this.#clock });
    } catch (error) {
      if (!(error instanceof ScamperError)) throw error;
      throw new AgentError(
        'selfTestFailed',
        `${error.message}: install it (Debian: scamper), name it in scamper.binpath, and let it open raw sockets (it is setuid root, or has the capability NET_RAW)`,
        {},
      );
    }
  }

  async #test(scamper: ScamperHost | undefined, { emissions }: Listener): Promise<SelfTest[]> {
    if (scamper === undefined) return [];
    const test = await testSpoofing(this.#options.config.controller, { scamper, emissions });
    if (!test.ok) this.#log.warn({ test: test.name }, test.message);
    return [test];
  }

  #link(
    worker: Worker,
    work: AgentWork,
    { selfTests, scamper }: { readonly selfTests: readonly SelfTest[]; readonly scamper: ScamperHost | undefined },
  ): LinkClient {
    const { config, rootCertificate } = this.#options;
    const profile: AgentProfile = {
      software: `revtr-agent ${manifest.version}`,
      window: WINDOW,
      senderOnly: config.local.senderonly,
      selfTests,
    };
    const endpoint = {
      host: config.controller,
      port: config.local.port,
      rootCertificate,
      ...(config.scamper.inbound && { listeningPort: config.scamper.port }),
    };
    return new LinkClient(
      { endpoint, profile, acceptsTrace: this.#tracing.isOn },
      {
        identity: this.#identity,
        work,
        clock: wallClock,
        random: Math.random,
        onWelcome: (welcome) => {
          this.#welcome(welcome, worker);
          scamper?.setContact(welcome.contact);
        },
        policy: this.#policy,
        onState: (state) => this.#note(state),
      },
    );
  }

  /** Takes the controller's time and the certificate that it signs grants with. */
  #welcome({ now, signer, contact }: Extract<ToAgent, { type: 'welcome' }>, worker: Worker): void {
    this.#time.set(now);
    const credential = this.#identity.load(new Date(wallClock.now()));
    const address = credential && agentAddressOf(new X509Certificate(credential.certificate));
    if (address === undefined) throw new LinkError('badCertificate', 'the certificate does not name the agent', {});
    const options = { sender: address, rootCertificate: this.#options.rootCertificate };
    this.#grants ??= new GrantVerifier(options, {
      now: () => this.#time.now(),
      startedAt: () => this.#time.createdAt,
    });
    this.#grants.trust(signer);
    worker.identify(address, this.#grants);
    this.#sender = { address, contact };
    this.#log.debug({ address: formatIpv4(address) }, 'welcomed');
  }

  #noteHealth(measures: boolean): void {
    this.#measures = measures;
    this.#metrics.measures(measures);
    if (measures) this.#log.info('scamper answers again');
    else this.#log.error('scamper does not answer: it is restarted');
    this.#onHealth?.(healthOf(measures));
  }

  #note(state: LinkState): void {
    if (state.type === 'problem') {
      this.#log.warn(state.message);
      return;
    }
    if (state.type === 'renewed') {
      this.#log.info('the certificate was renewed');
      return;
    }
    this.#isConnected = state.type === 'connected';
    this.#metrics.connected(this.#isConnected);
    const { controller, local } = this.#options.config;
    const where = `${controller}:${local.port}`;
    if (state.type === 'enrolled') this.#log.info('enrolled: the controller has certified this agent');
    else if (state.type === 'connected') this.#log.info({ resumed: state.resumed }, `connected to ${where}`);
    else
      this.#log.warn(
        { retryInSeconds: Math.round(state.retryInMs / 100) / 10 },
        `not connected to ${where}: ${state.reason}`,
      );
  }
}

const healthOf = (measures: boolean): AgentHealth =>
  measures ? { measures } : { measures, reason: 'scamper does not answer' };

function toBudgetOptions({
  address,
  addressoptions,
  prefix,
  prefixoptions,
}: AgentConfig['budget']): TargetBudgetOptions {
  const rateOf = ({ persecond, perday }: AgentConfig['budget']['address']): Rate => ({
    perSecond: persecond,
    perDay: perday,
  });
  return {
    address: { all: rateOf(address), options: rateOf(addressoptions) },
    prefix: { all: rateOf(prefix), options: rateOf(prefixoptions) },
  };
}
