import { AgentHub, Authority, type Credential, Dialer, Gateway, type GatewayRefusal, GrantSigner } from '@revtr/link';
import { formatIpv4, type Ipv4Address } from '@revtr/net';
import type { Clock } from '@revtr/probing';
import type { Logger } from 'pino';
import { DirectoryAdmission } from '../agents/admission.ts';
import { Periodic } from '../foundation/periodic.ts';
import { LocalAgents } from './agent-access.ts';
import type { LegacyOptions } from './legacy/legacy-gateway.ts';
import type { MeasuringParts } from './measuring-system.ts';
import { OptOutWatch } from './opt-out-watch.ts';
import { publishSwitches } from './publish-switches.ts';

export interface AgentGatewayOptions {
  /** Where agents connect to. */
  readonly host: string;
  readonly port: number;
  /** Directory of the certificate authority. */
  readonly authority: string;
  /** Contact that the agents' probes carry, a URI; `undefined`: none. */
  readonly contact?: string | undefined;
  /** How agents of revtr 2.0 are served. Default: they are not. */
  readonly legacy?: LegacyOptions | undefined;
}

export interface AgentGatewayCollaborators extends MeasuringParts {
  /**
   * The time that agents are told and that grants refer to. It must be steady: agents learn it only when they connect, and refuse grants that are a
   * few seconds off.
   */
  readonly agentClock: Clock;
  /** Called when an agent begins a session. */
  readonly onJoined: (address: Ipv4Address) => void;
  /** Whether an agent is connected to the gateway of another process. */
  readonly isElsewhere: (address: Ipv4Address) => boolean;
  /** Called when an agent has not reconnected in time, is suspended, or is not suspended any more. */
  readonly onLeft: (address: Ipv4Address) => void;
  /** Called when an agent has reported whether it measures. */
  readonly onHealth: (address: Ipv4Address) => void;
}

/** Agents reject an opt-out list that is older than a day. */
const OPT_OUT_EVERY_MS = 3_600_000;
const OPT_OUT_CHECK_MS = 5_000;
/** Certificates are due for months before they expire. */
const RENEWAL_CHECK_MS = 3_600_000;

/** The server that agents connect to. */
export class AgentGateway {
  readonly hub: AgentHub;
  readonly agents: LocalAgents;
  /** PEM of the certificate to give to agents. */
  readonly rootCertificate: string;
  readonly #authority: Authority;
  readonly #gateway: Gateway;
  readonly #dialer: Dialer;
  readonly #clock: Clock;
  readonly #over = new AbortController();
  readonly #republishing: Periodic;
  readonly #checking: Periodic;
  readonly #renewing: Periodic;
  readonly #optOutWatch: OptOutWatch;

  private constructor(options: AgentGatewayOptions, authority: Authority, collaborators: AgentGatewayCollaborators) {
    const { directory, optOuts, switches, clock, agentClock, metrics, log, events } = collaborators;
    const { auditEvents, onJoined, onLeft, onHealth, isElsewhere, tracing } = collaborators;
    this.#clock = clock;
    this.#authority = authority;
    this.rootCertificate = authority.rootCertificate;
    this.hub = new AgentHub(
      { signerCertificate: authority.grantSigner.certificate, contact: options.contact },
      {
        now: () => agentClock.now(),
        optOut: () => optOuts.at(agentClock.now()),
        sources: () => directory.participants(),
        onHealth: (address, { measures, reason }) => {
          const agent = formatIpv4(address);
          if (measures) log.info({ agent }, 'the agent measures');
          else log.warn({ agent, reason }, 'the agent does not measure: it is not used until it does');
          onHealth(address);
        },
        onUnpublishable: ({ message }) => log.error(message),
        onJoined: ({ address, profile }) => {
          log.info({ agent: formatIpv4(address), software: profile.software }, 'agent connected');
          onJoined(address);
          events.joined(address);
        },
        onLeft: (address) => {
          log.warn({ agent: formatIpv4(address) }, 'agent disconnected');
          onLeft(address);
        },
      },
    );
    directory.subscribe(() => this.hub.publishSources());
    publishSwitches({ switches, hub: this.hub, clock, log, signal: this.#over.signal });
    metrics.observeAgents(() => this.hub.connected().length);
    const grants = new GrantSigner({ key: authority.grantSigner.key });
    this.agents = new LocalAgents({ hub: this.hub, grants, clock: agentClock, tracing });
    const onRefused = ({ kind, address, reason }: GatewayRefusal): void => {
      metrics.refused(kind);
      auditEvents.count({ kind: 'agentRefused', client: address, subject: kind, detail: reason });
      log.warn({ kind, address, reason }, 'rejected an agent');
    };
    const admission = new DirectoryAdmission({ directory, hub: this.hub, events, isElsewhere });
    const shared = { authority, hub: this.hub, admission, onRefused };
    this.#gateway = new Gateway(options, shared);
    const listening = () =>
      directory
        .list()
        .flatMap(({ address, state, listening_port: port }) =>
          port === null || state === 'withdrawn' || isElsewhere(address) ? [] : [{ address, port }],
        );
    this.#dialer = new Dialer({ ...shared, listening });
    this.#republishing = new Periodic(
      { everyMs: OPT_OUT_EVERY_MS },
      {
        clock,
        work: async () => this.publishOptOut(),
        onError: (error) => log.error({ err: error }, 'the opt-out list could not be sent to agents'),
      },
    );
    this.#optOutWatch = new OptOutWatch({
      unapplied: (version) => this.hub.unapplied('optOut', version),
      clock,
      onChange: (address, isSuspended) => {
        const agent = formatIpv4(address);
        onLeft(address);
        if (!isSuspended) return log.info({ agent }, 'the agent applies the opt-out list again, or has left');
        metrics.refused('optOut');
        log.error({ agent }, 'the agent has not applied the opt-out list within a minute: it is suspended');
      },
    });
    this.#checking = new Periodic(
      { everyMs: OPT_OUT_CHECK_MS },
      {
        clock,
        work: async () => this.#optOutWatch.check(),
        onError: (error) => log.error({ err: error }, 'the opt-out lists of the agents could not be checked'),
      },
    );
    this.#renewing = new Periodic(
      { everyMs: RENEWAL_CHECK_MS },
      {
        clock,
        work: () => this.#renewCertificates(authority, grants, log),
        onError: (error) => log.error({ err: error }, 'the certificates could not be renewed'),
      },
    );
  }

  /** Renews the certificates that are due while the controller runs. */
  async #renewCertificates(authority: Authority, grants: GrantSigner, log: Logger): Promise<void> {
    if (!(await authority.renew(new Date(this.#clock.now())))) return;
    this.#gateway.useRenewedCertificate();
    grants.useKey(authority.grantSigner.key);
    this.hub.renewSigner(authority.grantSigner.certificate);
    log.info('renewed the certificates of the server for agents and of the signature of grants');
  }

  static async create(options: AgentGatewayOptions, collaborators: AgentGatewayCollaborators): Promise<AgentGateway> {
    const authority = await Authority.open(options.authority, new Date(collaborators.clock.now()));
    return new AgentGateway(options, authority, collaborators);
  }

  /** Creates a server certificate for host names, which is valid for a year, and its key. */
  certify(names: LegacyOptions['names']): Promise<Credential> {
    return this.#authority.createServer(names, new Date(this.#clock.now()));
  }

  /** Sends what changed in the opt-out list to the connected agents. Those that do not apply it within a minute are suspended. */
  publishOptOut(): void {
    const version = this.hub.publishOptOut();
    if (version !== undefined) this.#optOutWatch.published(version);
  }

  /** Whether an agent must not be used because it does not apply the opt-out list. */
  isSuspended(address: Ipv4Address): boolean {
    return this.#optOutWatch.isSuspended(address);
  }

  /** An agent has begun a session with the gateway of another process. What it left unfinished here cannot be finished any more. */
  movedAway(address: Ipv4Address): void {
    if (this.hub.sessionOf(address)?.isConnected === false) this.hub.expel(address, 'the agent uses another gateway');
  }

  /** Starts to accept agents. Returns the port. */
  async start(): Promise<number> {
    this.publishOptOut();
    this.#republishing.start();
    this.#checking.start();
    this.#renewing.start();
    this.#dialer.start();
    return this.#gateway.start();
  }

  async stop(): Promise<void> {
    this.#over.abort();
    await this.#republishing.stop();
    await this.#checking.stop();
    await this.#renewing.stop();
    this.#dialer.stop();
    await this.#gateway.stop();
  }
}
