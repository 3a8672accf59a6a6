import { randomInt, randomUUID } from 'node:crypto';
import { formatIpv4, type Ipv4Address, parseIpv4 } from '@revtr/net';
import { createRandom, type TargetPolicy } from '@revtr/probing';
import type { RipeProbe } from '@revtr/ripe-atlas';
import {
  Agents,
  AgentTests,
  Applications,
  Atlases,
  AtlasRuns,
  Batches,
  type Database,
  Jobs,
  Mails,
  OptOuts,
  RankingRecords,
  Users,
} from '@revtr/storage';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { AgentDirectory } from '../agents/directory.ts';
import { LifeCycle, type LifeCycleOptions } from '../agents/life-cycle.ts';
import { PublishedOptOuts } from '../agents/published-opt-outs.ts';
import { SourceApplications, type UserLimits } from '../agents/source-applications.ts';
import { Authenticator } from '../api/http/authenticate.ts';
import { removeStaleSocket } from '../api/http/stale-socket.ts';
import { createServer, type TlsFiles } from '../api/server.ts';
import { AtlasService } from '../atlas/atlas-service.ts';
import { Refresher } from '../atlas/refresher.ts';
import { RipeAtlasAccess, type RipeAtlasSettings } from '../atlas/ripe-access.ts';
import type { AddressFacts } from '../facts/address-facts.ts';
import type { Datasets } from '../facts/datasets.ts';
import { Metrics } from '../foundation/metrics.ts';
import { replacedMail } from '../mail/messages.ts';
import { Outbox, type SendMail } from '../mail/outbox.ts';
import { BatchEvents } from '../measurements/batch-events.ts';
import { DestinationCheck } from '../measurements/destination-check.ts';
import { MeasurementRunner } from '../measurements/runner.ts';
import { Submission } from '../measurements/submission.ts';
import type { MeasuringSystem, OpenMeasuringSystem } from '../measuring/measuring-system.ts';
import { BackgroundSurvey } from '../survey/background-survey.ts';
import { RankingKeeper } from '../survey/ranking-keeper.ts';

export interface ControllerOptions {
  /** Where the API listens: a TCP address, or the path of a Unix socket. */
  readonly listen:
    | { readonly host: string /** 0 takes any free port. */; readonly port: number }
    | { readonly path: string };
  /** Certificate and key of the API, PEM; without them it speaks plain HTTP. */
  readonly tls?: TlsFiles | undefined;
  readonly publicUrl: string | undefined;
  readonly concurrency: number;
  readonly maxBatch: number;
  readonly newUserLimits: UserLimits;
  readonly lifeCycle: LifeCycleOptions;
  /** `undefined` where RIPE Atlas is not used. */
  readonly ripeAtlas: RipeAtlasSettings | undefined;
  /** Record Route pings that the background survey sends in an hour. */
  readonly surveyProbesPerHour: number;
}

export interface ControllerCollaborators {
  readonly database: Database;
  readonly measuring: OpenMeasuringSystem;
  readonly facts: AddressFacts;
  readonly datasets: Datasets;
  /** The policy that the engine obeys as well. */
  readonly targetPolicy: TargetPolicy;
  /** How mails are sent; without it they wait for the operator. */
  readonly sendMail?: SendMail | undefined;
  readonly log: Logger;
}

const REFRESH_POLL_MS = 300_000;
const SURVEY_POLL_MS = 10_000;
const FORGET_MS = 7 * 86_400_000;
const LEASE_MS = 30_000;
const POLL_MS = 1_000;

interface Parts {
  readonly users: Users;
  readonly agents: AgentDirectory;
  readonly app: FastifyInstance;
  readonly runner: MeasurementRunner;
  readonly measuring: MeasuringSystem;
  readonly life: LifeCycle;
  readonly atlas: AtlasService;
  readonly refresher: Refresher;
  readonly survey: BackgroundSurvey;
  readonly keeper: RankingKeeper | undefined;
  readonly datasets: Datasets;
  readonly outbox: Outbox;
  readonly stopping: AbortController;
}

/** The central system in one process: API, queue, engine and gateway. The database stays the caller's to close. */
export class Controller {
  readonly users: Users;
  readonly agents: AgentDirectory;
  readonly #options: ControllerOptions;
  readonly #parts: Parts;
  #beginning: Promise<void> = Promise.resolve();

  private constructor(options: ControllerOptions, parts: Parts) {
    this.#options = options;
    this.users = parts.users;
    this.agents = parts.agents;
    this.#parts = parts;
  }

  /** Puts the parts together; nothing runs before {@link start}. */
  static async create(options: ControllerOptions, collaborators: ControllerCollaborators): Promise<Controller> {
    const { database, datasets, facts, targetPolicy, log } = collaborators;
    if (targetPolicy.warning !== undefined) log.warn(targetPolicy.warning);
    const { db } = database;
    const [users, agents, batches, jobs] = [new Users(db), new Agents(db), new Batches(db), new Jobs(db)];
    const [tests, mails, optOuts] = [new AgentTests(db), new Mails(db), new OptOuts(db)];
    if (database.isExclusive) await jobs.release();
    const events = new BatchEvents();
    const metrics = new Metrics();
    const stopping = new AbortController();
    const directory = await AgentDirectory.open(agents);
    const published = new PublishedOptOuts({ optOuts, targetPolicy });
    await published.refresh();
    const outbox = new Outbox({ mails, send: collaborators.sendMail, log });

    const onReplaced = (address: Ipv4Address): void => {
      const text = formatIpv4(address);
      log.warn({ agent: text }, 'an agent was given a new certificate in place of the one it had');
      const owner = directory.find(address)?.user_id ?? undefined;
      if (owner === undefined) return;
      users
        .find(owner)
        .then((user) => user && outbox.add(user.email, replacedMail(text)))
        .catch((error: unknown) => log.error({ err: error }, 'a mail could not be stored'));
    };
    const onJoined = (address: Ipv4Address): void => {
      life.joined(address).catch((error: unknown) => log.error({ err: error }, 'an agent could not be tested'));
    };
    const measuring = await collaborators.measuring({
      directory,
      optOuts: published,
      targetPolicy,
      metrics,
      log,
      onJoined,
      onReplaced,
    });
    const { engine, network } = measuring;
    const random = createRandom(randomInt(2 ** 31));
    const ripe = options.ripeAtlas && new RipeAtlasAccess(options.ripeAtlas, { clock: network.clock, random, fetch });
    const runs = new AtlasRuns(db);
    const origins = (): readonly Ipv4Address[] => measuring.vantagePoints();
    const importedProbes = (): readonly RipeProbe[] => datasets.knowledge.ripeProbes;
    const records = new Atlases(db);
    const atlas = new AtlasService({ network, records, runs, origins, ripe, importedProbes, random, log });
    datasets.knowledge.onAliases(() => network.atlas.rebuild());
    const refresher = new Refresher(
      {
        pollMs: REFRESH_POLL_MS,
        forgetMs: FORGET_MS,
        creditsPerDay: options.ripeAtlas?.key === undefined ? 0 : options.ripeAtlas.refreshCreditsPerDay,
      },
      {
        service: atlas,
        atlas: network.atlas,
        runs,
        clock: network.clock,
        origins,
        sources: () => measuring.sources(),
        log,
      },
    );
    const ranking = measuring.learnedRanking;
    const keeper = ranking && new RankingKeeper({ ranking, records: new RankingRecords(db), log });
    await keeper?.open();
    const survey = new BackgroundSurvey(
      { probesPerHour: options.surveyProbesPerHour, pollMs: SURVEY_POLL_MS, seed: randomInt(2 ** 31) },
      {
        prober: network.prober,
        ranking: network.ranking,
        facts: { aliases: network.aliases, ipToAs: network.ipToAs, useHeuristics: true },
        targets: () => datasets.knowledge.hitlist,
        vantagePoints: origins,
        mayProbe: network.mayProbe,
        log,
      },
    );
    const sources = directory.list().filter(({ kind, state }) => kind === 'source' && state !== 'withdrawn');
    await atlas.restore(sources.map(({ address }) => parseIpv4(address)));
    const life = new LifeCycle(options.lifeCycle, {
      directory,
      tests,
      users,
      prober: network.prober,
      atlas,
      outbox,
      sessionOf: (address) => measuring.sessionOf(address),
      random: Math.random,
      log,
    });
    const applicationTable = new Applications(db);
    const decisions = new SourceApplications(
      { limits: options.newUserLimits },
      { applications: applicationTable, users, directory, outbox, targetPolicy },
    );
    const runner = new MeasurementRunner(
      { owner: randomUUID(), concurrency: options.concurrency, leaseMs: LEASE_MS, pollMs: POLL_MS },
      { jobs, engine, facts, events, metrics, log },
    );
    const destinationCheck = new DestinationCheck({ targetPolicy, facts });
    const onAccepted = (): void => runner.notify();
    const app = await createServer(
      { tls: options.tls },
      {
        authenticator: new Authenticator(users),
        submission: new Submission(
          { maxBatch: options.maxBatch },
          { batches, agents, facts, destinationCheck, onAccepted },
        ),
        batches,
        agents,
        directory,
        tests,
        life,
        applications: { table: applicationTable, decisions },
        mails,
        optOuts: { table: optOuts, published },
        atlas,
        measuring,
        events,
        facts,
        datasets,
        publicUrl: options.publicUrl,
        stopping: stopping.signal,
        log,
        metrics,
      },
    );
    return new Controller(options, {
      users,
      agents: directory,
      app,
      runner,
      measuring,
      life,
      atlas,
      refresher,
      survey,
      keeper,
      datasets,
      outbox,
      stopping,
    });
  }

  /** Opens the API and awaits agents; measuring begins when those known from before are back. Returns the address of the API. */
  async start(): Promise<string> {
    const { app, measuring, life, atlas, refresher, survey, keeper, datasets, outbox, runner, stopping } = this.#parts;
    const { listen } = this.#options;
    if ('path' in listen) await removeStaleSocket(listen.path);
    const url = await app.listen({ ...listen });
    await measuring.start();
    life.start();
    outbox.start();
    datasets.updater.start();
    this.#beginning = measuring.settled(stopping.signal).then(async () => {
      if (stopping.signal.aborted) return;
      runner.start();
      refresher.start();
      survey.start();
      keeper?.start();
      await atlas.resume();
    });
    return url;
  }

  /** Stops taking requests, ends open streams, and gives unfinished measurements back to the queue. */
  async stop(): Promise<void> {
    const { app, measuring, life, atlas, refresher, survey, keeper, datasets, outbox, runner, stopping } = this.#parts;
    stopping.abort();
    await app.close();
    await this.#beginning;
    await runner.stop();
    await Promise.all([datasets.updater.stop(), refresher.stop(), survey.stop(), keeper?.stop()]);
    await Promise.all([life.stop(), atlas.stop()]);
    await outbox.stop();
    await measuring.stop();
  }

  /** The OpenAPI document of the API. */
  openApiDocument(): unknown {
    return this.#parts.app.swagger();
  }
}
