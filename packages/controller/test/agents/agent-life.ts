import { setTimeout as sleep } from 'node:timers/promises';
import { AliasSets, Atlas, DistanceRanking, NO_RELATIONS, PrefixOrigins } from '@revtr/engine';
import { AgentSession } from '@revtr/link';
import { formatIpv4, type Ipv4Address, parseIpv4 } from '@revtr/net';
import { createRandom, systemClock } from '@revtr/probing';
import {
  type AgentState,
  Agents,
  AgentTests,
  Atlases,
  AtlasRuns,
  type Database,
  Mails,
  OneTimeTokens,
  type User,
  Users,
} from '@revtr/storage';
import { pino } from 'pino';
import { afterEach, beforeEach, expect } from 'vitest';
import { AgentProofs } from '../../src/agents/agent-proofs.ts';
import { ConnectedAgents } from '../../src/agents/connected-agents.ts';
import { AgentDirectory } from '../../src/agents/directory.ts';
import { LifeCycle } from '../../src/agents/life-cycle.ts';
import { type Report, reportSchema } from '../../src/agents/report.ts';
import { AtlasService } from '../../src/atlas/atlas-service.ts';
import { RecordedWork } from '../../src/audit/recorded-work.ts';
import { LinkMails } from '../../src/mail/link-mails.ts';
import { Outbox } from '../../src/mail/outbox.ts';
import { OwnerMails } from '../../src/mail/owner-mails.ts';
import { Recording } from '../recording.ts';
import { useDatabase } from '../test-database.ts';
import { FaultyNetwork } from './faulty-network.ts';

export const SOURCE = parseIpv4('192.0.2.1');
export const HELPERS = [parseIpv4('198.51.100.1'), parseIpv4('198.51.100.2')];
export const DAY_MS = 86_400_000;
const log = pino({ level: 'silent' });

/** A connected agent. */
export function sessionOf(address: Ipv4Address, senderOnly = false): AgentSession {
  const session = new AgentSession({
    address,
    profile: { software: 'test', window: 1, senderOnly, selfTests: [] },
  });
  session.attach(() => undefined, new Set());
  return session;
}

/** A source and two vantage points that can spoof, and the life cycle that tests them. */
export class AgentLife {
  readonly database: Database;
  readonly directory: AgentDirectory;
  readonly network = new FaultyNetwork({ source: SOURCE });
  readonly proofs = new AgentProofs({ clock: systemClock, ownerOf: () => null });
  readonly atlas: AtlasService;
  readonly mails: Mails;
  readonly sessions = new Map([SOURCE, ...HELPERS].map((address) => [address, sessionOf(address)]));
  readonly audit = new Recording();
  readonly #owner: User;
  life: LifeCycle;
  /** Vantage points that can measure for an atlas. */
  origins: readonly Ipv4Address[] = HELPERS;
  /** Whether an operator has stopped all probes; agents know of it first. */
  isStopped = false;
  /** Whether the networks of all targets have opted out; agents know of it first. */
  isOptedOut = false;
  /** How often the kill switches were read. */
  reads = 0;

  private constructor(
    database: Database,
    { directory, owner }: { readonly directory: AgentDirectory; readonly owner: User },
  ) {
    this.database = database;
    this.directory = directory;
    this.#owner = owner;
    this.mails = new Mails(database.db);
    const aliases = new AliasSets();
    const ipToAs = new PrefixOrigins([]);
    this.atlas = new AtlasService({
      engineParts: {
        prober: this.network,
        clock: systemClock,
        atlas: new Atlas({ aliases, ipToAs }),
        ranking: new DistanceRanking({ vantagePoints: [] }, { ipToAs }),
        aliases,
        ipToAs,
        relations: NO_RELATIONS,
        mayProbe: () => true,
      },
      clock: systemClock,
      records: new Atlases(database.db),
      runs: new AtlasRuns(database.db),
      origins: () => this.origins,
      ripe: undefined,
      importedProbes: () => [],
      random: createRandom(1),
      log,
    });
    this.life = this.newLife();
  }

  static async open(database: Database): Promise<AgentLife> {
    const owner = await new Users(database.db).ensure({
      name: 'Owner',
      email: 'owner@revtr.example',
      role: 'user',
      max_per_day: 1,
      max_parallel: 1,
      max_per_minute: 1,
    });
    const opened = new AgentLife(database, { directory: await AgentDirectory.open(new Agents(database.db)), owner });
    await opened.add(SOURCE, 'source', 'expected');
    for (const helper of HELPERS) {
      await opened.add(helper, 'vantagePoint', 'ready');
      await opened.directory.change(helper, { can_spoof: true });
    }
    return opened;
  }

  add(address: Ipv4Address, kind: 'source' | 'vantagePoint', state: AgentState): Promise<void> {
    const user_id = kind === 'source' ? this.#owner.id : null;
    return this.directory.put({ address, kind, hostname: formatIpv4(address), site: '', user_id, state });
  }

  /** Another life cycle, as after a restart. */
  newLife(): LifeCycle {
    const { database, directory, network, proofs, atlas, mails, sessions } = this;
    const tokens = new OneTimeTokens(database.db);
    const outbox = new Outbox({ mails, tokens, send: undefined, clock: systemClock, random: () => 0, log });
    const links = new LinkMails({ publicUrl: undefined }, { outbox, mails, tokens, clock: systemClock });
    return new LifeCycle(
      {
        quarantine: { firstMs: DAY_MS, mostMs: 7 * DAY_MS },
        retestMs: DAY_MS,
        confirmMs: 10,
        pollMs: 10,
        testTargets: [],
      },
      {
        ...{ directory, proofs, atlas, log },
        tests: new AgentTests(database.db),
        prober: network,
        recorded: new RecordedWork(this.audit),
        switches: { refresh: async () => void this.reads++, stops: () => this.isStopped },
        optOuts: { refreshIfChanged: async () => undefined },
        targetPolicy: {
          refuse: () => (this.isOptedOut ? { code: 'destinationOptedOut', message: 'it has opted out' } : undefined),
        },
        connected: new ConnectedAgents({ directory, sessionOf: (address) => sessions.get(address) }),
        notices: new OwnerMails({ users: new Users(database.db), outbox, links }),
        clock: systemClock,
        random: () => 0,
      },
    );
  }

  /** Waits until the source has a state. */
  async until(state: AgentState): Promise<void> {
    const { directory } = this;
    for (let tries = 0; tries < 500 && directory.find(SOURCE)?.state !== state; tries++) await sleep(5);
    expect(directory.find(SOURCE)?.state).toBe(state);
  }

  /** The newest report about the source, when there are as many as this. */
  async lastReport(count = 1): Promise<Report> {
    const tests = new AgentTests(this.database.db);
    for (let tries = 0; tries < 500 && (await tests.of(formatIpv4(SOURCE), 9)).length < count; tries++) await sleep(5);
    const found = await tests.of(formatIpv4(SOURCE), 9);
    expect(found).toHaveLength(count);
    return reportSchema.parse(found[0].report);
  }

  /** Subjects of the mails so far. */
  async subjects(): Promise<string[]> {
    return (await this.mails.list(10)).reverse().map(({ subject }) => subject);
  }

  async stop(): Promise<void> {
    await this.life.stop();
    await this.atlas.stop();
  }
}

/** Each test has agents and a life cycle of its own, which this returns. */
export function useAgentLife(): () => AgentLife {
  const database = useDatabase();
  let opened: AgentLife;
  beforeEach(async () => {
    opened = await AgentLife.open(database());
  });
  afterEach(() => opened.stop());
  return () => opened;
}
