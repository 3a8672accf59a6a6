import { setTimeout as sleep } from 'node:timers/promises';
import { AliasSets, Atlas, DistanceRanking, NO_RELATIONS, PrefixOrigins } from '@revtr/engine';
import { AgentSession } from '@revtr/link';
import { formatIpv4, type Ipv4Address, parseIpv4 } from '@revtr/net';
import {
  cancelled,
  createRandom,
  type PingRequest,
  type PingResult,
  type Prober,
  ProbingError,
  systemClock,
  type TracerouteResult,
} from '@revtr/probing';
import {
  type AgentState,
  Agents,
  AgentTests,
  Atlases,
  AtlasRuns,
  type Database,
  Mails,
  OneTimeTokens,
  Users,
} from '@revtr/storage';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AgentProofs } from '../src/agents/agent-proofs.ts';
import { ConnectedAgents } from '../src/agents/connected-agents.ts';
import { AgentDirectory } from '../src/agents/directory.ts';
import { LifeCycle } from '../src/agents/life-cycle.ts';
import { type Report, reportSchema } from '../src/agents/report.ts';
import { AtlasService } from '../src/atlas/atlas-service.ts';
import { RecordedWork } from '../src/audit/recorded-work.ts';
import { LinkMails } from '../src/mail/link-mails.ts';
import { Outbox } from '../src/mail/outbox.ts';
import { OwnerMails } from '../src/mail/owner-mails.ts';
import { useDatabase } from './test-database.ts';

const SOURCE = parseIpv4('192.0.2.1');
const HELPERS = [parseIpv4('198.51.100.1'), parseIpv4('198.51.100.2')];
const log = pino({ level: 'silent' });
const DAY_MS = 86_400_000;

/** A network that can be told what does not work in it. */
class Network implements Prober {
  readonly claimed = new Set<Ipv4Address>();
  readonly broken = { recordRoute: false, spoofed: false, everything: false };
  /** Whether the addresses that the source probes drop packets with the option, whoever sends them. */
  isOptionLost = false;
  isSpoofingStopped = false;
  /** Called before each ping. */
  onPing: () => Promise<void> = async () => undefined;

  async ping(request: PingRequest): Promise<PingResult> {
    await this.onPing();
    const { sender, target, option, spoof } = request;
    if (spoof !== undefined) this.claimed.add(spoof.claimedSource);
    if (spoof !== undefined && this.isSpoofingStopped)
      throw new ProbingError('killSwitch', 'an operator has stopped all spoofing', { scope: 'spoofing', subject: '' });
    const { recordRoute, spoofed, everything } = this.broken;
    const isOwnOption = option !== undefined && spoof === undefined;
    const isLost =
      everything ||
      (isOwnOption && (this.isOptionLost || (recordRoute && sender === SOURCE))) ||
      (spoofed && spoof !== undefined);
    const stamps = option === undefined ? {} : { recordRoute: [target] };
    const reply = { from: target, icmpType: 0, icmpCode: 0, rttMs: 1, ttl: 60, ...stamps };
    return { type: 'ping', request, sentAt: 0, ...(!isLost && { reply }) };
  }

  async traceroute(request: TracerouteResult['request']): Promise<TracerouteResult> {
    const hops = this.broken.everything ? [{ ttl: 1 }] : [{ ttl: 1, from: request.target, rttMs: 1 }];
    return { type: 'traceroute', request, startedAt: 0, endedAt: 1, stop: 'completed', hops, probesSent: 1 };
  }
}

describe('the life of a source', () => {
  const openedDatabase = useDatabase();
  let database: Database;
  let directory: AgentDirectory;
  let network: Network;
  let proofs: AgentProofs;
  let life: LifeCycle;
  let add: (address: Ipv4Address, kind: 'source' | 'vantagePoint', state: AgentState) => Promise<void>;
  let newLife: () => LifeCycle;
  let atlas: AtlasService;
  let origins: readonly Ipv4Address[];
  let mails: Mails;
  let sessions: Map<Ipv4Address, AgentSession>;
  let audit: { canRecord: boolean; onChange: (listener: (canRecord: boolean) => void) => void };
  /** Whether an operator has stopped all probes; agents know of it first. */
  let isStopped: boolean;
  /** Whether the networks of all targets have opted out; agents know of it first. */
  let isOptedOut: boolean;
  /** How often the kill switches were read. */
  let reads: number;
  let setRecording: (canRecord: boolean) => void;
  beforeEach(async () => {
    database = openedDatabase();
    isStopped = false;
    isOptedOut = false;
    reads = 0;
    audit = {
      canRecord: true,
      onChange: (listener) => {
        setRecording = (canRecord) => {
          audit.canRecord = canRecord;
          listener(canRecord);
        };
      },
    };
    const [users, agents] = [new Users(database.db), new Agents(database.db)];
    mails = new Mails(database.db);
    directory = await AgentDirectory.open(agents);
    network = new Network();
    proofs = new AgentProofs({ clock: systemClock, ownerOf: () => null });
    const owner = await users.ensure({
      name: 'Owner',
      email: 'owner@revtr.example',
      role: 'user',
      max_per_day: 1,
      max_parallel: 1,
      max_per_minute: 1,
    });
    add = (address: Ipv4Address, kind: 'source' | 'vantagePoint', state: AgentState): Promise<void> => {
      const text = formatIpv4(address);
      return directory.put({
        address,
        kind,
        hostname: text,
        site: '',
        user_id: kind === 'source' ? owner.id : null,
        state,
      });
    };
    await add(SOURCE, 'source', 'expected');
    for (const helper of HELPERS) {
      await add(helper, 'vantagePoint', 'ready');
      await directory.change(helper, { can_spoof: true });
    }
    sessions = new Map([SOURCE, ...HELPERS].map((address) => [address, sessionOf(address)]));
    const aliases = new AliasSets();
    const ipToAs = new PrefixOrigins([]);
    const ranking = new DistanceRanking({ vantagePoints: [] }, { ipToAs });
    const engine = {
      prober: network,
      clock: systemClock,
      atlas: new Atlas({ aliases, ipToAs }),
      ranking,
      aliases,
      ipToAs,
      relations: NO_RELATIONS,
      mayProbe: () => true,
    };
    origins = HELPERS;
    atlas = new AtlasService({
      engineParts: engine,
      clock: systemClock,
      records: new Atlases(database.db),
      runs: new AtlasRuns(database.db),
      origins: () => origins,
      ripe: undefined,
      importedProbes: () => [],
      random: createRandom(1),
      log,
    });
    const tokens = new OneTimeTokens(database.db);
    const outbox = new Outbox({ mails, tokens, send: undefined, clock: systemClock, random: () => 0, log });
    newLife = () =>
      new LifeCycle(
        {
          quarantine: { firstMs: DAY_MS, mostMs: 7 * DAY_MS },
          retestMs: DAY_MS,
          confirmMs: 10,
          pollMs: 10,
          testTargets: [],
        },
        {
          directory,
          tests: new AgentTests(database.db),
          prober: network,
          proofs,
          recorded: new RecordedWork(audit),
          switches: {
            refresh: async () => void reads++,
            stops: () => isStopped,
          },
          optOuts: { refreshIfChanged: async () => undefined },
          targetPolicy: {
            refuse: () => (isOptedOut ? { code: 'destinationOptedOut', message: 'it has opted out' } : undefined),
          },
          atlas,
          connected: new ConnectedAgents({ directory, sessionOf: (address) => sessions.get(address) }),
          notices: new OwnerMails({
            users,
            outbox,
            links: new LinkMails({ publicUrl: undefined }, { outbox, mails, tokens, clock: systemClock }),
          }),
          clock: systemClock,
          random: () => 0,
          log,
        },
      );
    life = newLife();
  });
  afterEach(async () => {
    await life.stop();
    await atlas.stop();
  });

  const sessionOf = (address: Ipv4Address, senderOnly = false): AgentSession => {
    const session = new AgentSession({
      address,
      profile: { software: 'test', window: 1, senderOnly, selfTests: [] },
    });
    session.attach(() => undefined, new Set());
    return session;
  };
  const until = async (state: AgentState): Promise<void> => {
    for (let tries = 0; tries < 500 && directory.find(SOURCE)?.state !== state; tries++) await sleep(5);
    expect(directory.find(SOURCE)?.state).toBe(state);
  };
  /** The newest report about the source, when there are as many as this. */
  const lastReport = async (count = 1): Promise<Report> => {
    const tests = new AgentTests(database.db);
    for (let tries = 0; tries < 500 && (await tests.of(formatIpv4(SOURCE), 9)).length < count; tries++) await sleep(5);
    const found = await tests.of(formatIpv4(SOURCE), 9);
    expect(found).toHaveLength(count);
    return reportSchema.parse(found[0].report);
  };
  const subjects = async (): Promise<string[]> => (await mails.list(10)).reverse().map(({ subject }) => subject);

  it('leads from connecting over tests and the atlas to ready, with two mails', async () => {
    await life.joined(SOURCE);
    await until('ready');
    await life.stop();
    expect(await subjects()).toEqual([expect.stringContaining('can receive'), expect.stringContaining('is ready')]);
  });

  it.each([
    ['receives no packets with Record Route', 'recordRoute', 'receiveRecordRoute'],
    ['receives no replies to spoofed probes', 'spoofed', 'receiveSpoofed'],
    ['reaches nothing', 'everything', 'ping'],
  ] as const)('leads into quarantine when it %s', async (_, what, test) => {
    network.broken[what] = true;
    await life.joined(SOURCE);
    await until('quarantined');
    expect(directory.find(SOURCE)?.quarantine_reason).toContain(test);
    await life.stop();
    expect(await subjects()).toEqual([expect.stringContaining('cannot receive')]);
    expect((await mails.list(1))[0].body).toContain('no reply arrived');
  });

  it('goes on while measurements use up what a router near the source lets through', async () => {
    network.broken.recordRoute = true;
    network.broken.spoofed = true;
    const [sender, target] = HELPERS;
    const reply = { from: target, icmpType: 0, icmpCode: 0, rttMs: 1, ttl: 60, recordRoute: [target] };
    const answered = (request: PingRequest): void =>
      proofs.after(request, { type: 'ping', request, sentAt: 0, reply }, undefined);
    network.onPing = async () => {
      const probe = { type: 'ping', target, timeoutMs: 1, option: { type: 'recordRoute', slots: 9 } } as const;
      answered({ ...probe, sender: SOURCE });
      answered({ ...probe, sender, spoof: { claimedSource: SOURCE, receiver: SOURCE } });
    };
    await life.joined(SOURCE);
    await until('ready');
  });

  it('leads out of quarantine when it works again, after ever longer pauses', async () => {
    network.broken.everything = true;
    const pauses: number[] = [];
    for (let failures = 0; failures < 5; failures++) {
      await life.test(SOURCE, 'released');
      await until('quarantined');
      pauses.push(Math.round(((directory.find(SOURCE)?.quarantined_until?.getTime() ?? 0) - Date.now()) / DAY_MS));
    }
    expect(pauses).toEqual([1, 2, 4, 7, 7]);
    // Connecting alone does not release it.
    await life.joined(SOURCE);
    expect(directory.find(SOURCE)?.state).toBe('quarantined');
    network.broken.everything = false;
    await directory.change(SOURCE, { quarantined_until: new Date(0) });
    life.start();
    await until('ready');
    expect(directory.find(SOURCE)).toMatchObject({ quarantine_level: 0, quarantined_until: null });
  });

  it.each([
    ['passes', false],
    ['fails', true],
  ])('ends when the source is withdrawn during a test that it %s', async (_, isBroken) => {
    network.broken.everything = isBroken;
    network.onPing = async () => {
      network.onPing = async () => undefined;
      await directory.enter(SOURCE, 'withdrawn');
    };
    await life.joined(SOURCE);
    const tests = new AgentTests(database.db);
    for (let tries = 0; tries < 500 && (await tests.of(formatIpv4(SOURCE), 1)).length === 0; tries++) await sleep(5);
    // The test goes on after it is stored: it must end without another state.
    life.start();
    await sleep(50);
    await life.stop();
    expect(directory.find(SOURCE)).toMatchObject({ state: 'withdrawn', quarantined_until: null });
    expect(await subjects()).toEqual([]);
    expect(atlas.size(SOURCE)).toBe(0);
    life = newLife();
    await life.joined(SOURCE);
    await life.test(SOURCE, 'asked');
    await life.stop();
    expect(await tests.of(formatIpv4(SOURCE), 9)).toHaveLength(1);
  });

  it('stores nothing of a test that ends because another process tests agents, and goes on when this one does again', async () => {
    const [begun, answer] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    network.onPing = () => {
      begun.resolve();
      return answer.promise;
    };
    await life.joined(SOURCE);
    await begun.promise;
    const paused = life.pause();
    answer.resolve();
    await paused;
    await life.test(SOURCE, 'asked');
    expect(await new AgentTests(database.db).of(formatIpv4(SOURCE), 1)).toEqual([]);
    expect(directory.find(SOURCE)).toMatchObject({ state: 'testing', last_tested_at: null });
    life.resume();
    life.start();
    await until('ready');
  });

  it('goes on after the collection of the atlas could not begin', async () => {
    const collect = atlas.collect.bind(atlas);
    atlas.collect = () => {
      atlas.collect = collect;
      return Promise.reject(new Error('the database is away'));
    };
    await life.joined(SOURCE);
    await until('preparing');
    life.start();
    await until('ready');
    expect(atlas.size(SOURCE)).toBeGreaterThan(0);
  });

  it('ends when the source is withdrawn while its atlas is measured', async () => {
    const collect = network.traceroute.bind(network);
    network.traceroute = async (request) => {
      if (request.target === SOURCE) await directory.enter(SOURCE, 'withdrawn');
      return collect(request);
    };
    await life.joined(SOURCE);
    for (let tries = 0; tries < 500 && directory.find(SOURCE)?.state !== 'withdrawn'; tries++) await sleep(5);
    await atlas.idle(SOURCE);
    await sleep(20);
    await life.stop();
    expect(directory.find(SOURCE)?.state).toBe('withdrawn');
    expect(await subjects()).toEqual([expect.stringContaining('can receive')]);
  });

  it('ends a quarantine by an operator for operators only', async () => {
    await life.joined(SOURCE);
    await until('ready');
    await life.quarantine(SOURCE, 'sends too much');
    expect(directory.find(SOURCE)).toMatchObject({ quarantined_by: 'operator', quarantined_until: null });
    await expect(life.test(SOURCE, 'asked')).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('sends too much'),
    });
    // Neither time nor a new connection ends it.
    life.start();
    await life.joined(SOURCE);
    await sleep(50);
    expect(directory.find(SOURCE)?.state).toBe('quarantined');
    await life.test(SOURCE, 'asked', { byOperator: true });
    await until('ready');
    expect(directory.find(SOURCE)).toMatchObject({ quarantined_by: null, quarantine_reason: null });
  });

  it('keeps a quarantine by an operator that begins while the agent is tested and fails', async () => {
    network.broken.everything = true;
    network.onPing = async () => {
      network.onPing = async () => undefined;
      await life.quarantine(SOURCE, 'sends too much');
    };
    await life.joined(SOURCE);
    const tests = new AgentTests(database.db);
    for (let tries = 0; tries < 500 && (await tests.of(formatIpv4(SOURCE), 1)).length === 0; tries++) await sleep(5);
    await sleep(20);
    expect(directory.find(SOURCE)).toMatchObject({ quarantined_by: 'operator', quarantine_reason: 'sends too much' });
  });

  it('lets the owner end a quarantine that failed tests imposed', async () => {
    network.broken.everything = true;
    await life.joined(SOURCE);
    await until('quarantined');
    expect(directory.find(SOURCE)?.quarantined_by).toBe('system');
    network.broken.everything = false;
    await life.test(SOURCE, 'asked');
    await until('ready');
  });

  it('goes through a test from time to time', async () => {
    await life.joined(SOURCE);
    await until('ready');
    network.broken.spoofed = true;
    await directory.change(SOURCE, { last_tested_at: new Date(Date.now() - 2 * DAY_MS) });
    life.start();
    await until('quarantined');
  });

  it('goes on while operators have stopped spoofing, and vantage points keep what they have shown', async () => {
    const [helper] = HELPERS;
    network.isSpoofingStopped = true;
    await directory.change(helper, { can_spoof: true });
    await life.test(helper, 'asked');
    for (let tries = 0; tries < 500 && directory.find(helper)?.last_tested_at === null; tries++) await sleep(5);
    expect(directory.find(helper)?.last_tested_at).not.toBeNull();
    expect(directory.find(helper)).toMatchObject({ state: 'ready', can_spoof: true });
  });

  it('lets vantage points that come later add to the atlas of every source', async () => {
    const [late, early] = HELPERS;
    origins = [early];
    await life.joined(SOURCE);
    await until('ready');
    await life.stop();
    expect(atlas.size(SOURCE)).toBe(1);
    life = newLife();
    await add(late, 'vantagePoint', 'expected');
    origins = HELPERS;
    await life.joined(late);
    for (let tries = 0; tries < 500 && atlas.size(SOURCE) < 2; tries++) await sleep(5);
    expect(atlas.size(SOURCE)).toBe(2);
  });

  it('leaves vantage points that only send out of everything that needs a receiver', async () => {
    const [sender, other] = HELPERS;
    sessions.set(sender, sessionOf(sender, true));
    await add(SOURCE, 'source', 'ready');
    await add(sender, 'vantagePoint', 'expected');
    await directory.change(sender, { can_spoof: false });
    await life.joined(sender);
    for (let tries = 0; tries < 500 && directory.find(sender)?.state !== 'ready'; tries++) await sleep(5);
    expect(directory.find(sender)).toMatchObject({ state: 'ready', can_spoof: true });
    const tests = new AgentTests(database.db);
    const [{ report }] = await tests.of(formatIpv4(sender), 1);
    expect(report).toMatchObject({
      tests: expect.arrayContaining([expect.objectContaining({ name: 'receiveSpoofed', verdict: 'notTested' })]),
    });
    // Nobody claims it, since nobody would hear the reply.
    network.claimed.clear();
    await life.test(other, 'asked');
    for (let tries = 0; tries < 500 && network.claimed.size === 0; tries++) await sleep(5);
    expect([...network.claimed]).not.toContain(sender);
  });

  it('waits in testing, without quarantine and without a mail, until a partner that can spoof has tested it', async () => {
    for (const helper of HELPERS) await directory.change(helper, { can_spoof: false });
    network.broken.spoofed = true;
    await life.joined(SOURCE);
    expect((await lastReport()).tests).toContainEqual(
      expect.objectContaining({
        name: 'receiveSpoofed',
        verdict: 'notTested',
        reason: expect.stringContaining('spoof'),
      }),
    );
    await life.stop();
    expect(directory.find(SOURCE)).toMatchObject({ state: 'testing', quarantine_level: 0, quarantined_until: null });
    expect(await subjects()).toEqual([]);
    // Now one is known to be able, and the silence tells something.
    life = newLife();
    await directory.change(HELPERS[0], { can_spoof: true });
    await life.test(SOURCE, 'asked');
    await until('quarantined');
    expect(directory.find(SOURCE)?.quarantine_reason).toBe('failed: receiveSpoofed');
  });

  it.each([
    ['spoofed packets', ['receiveSpoofed', 'sendSpoofed']],
    ['packets with Record Route', ['receiveRecordRoute']],
  ])('keeps a source ready whose partners cannot test it with %s', async (_, untested) => {
    await life.joined(SOURCE);
    await until('ready');
    await life.stop();
    life = newLife();
    for (const helper of HELPERS) await directory.change(helper, { can_spoof: false });
    network.broken.spoofed = untested.includes('receiveSpoofed');
    network.isOptionLost = untested.includes('receiveRecordRoute');
    await life.test(SOURCE, 'asked');
    const { verdict, tests } = await lastReport(2);
    expect(verdict).toBe('notTested');
    expect(tests.flatMap(({ name, verdict: each }) => (each === 'notTested' ? [name] : []))).toEqual(untested);
    await life.stop();
    expect(directory.find(SOURCE)).toMatchObject({ state: 'ready', quarantine_level: 0, quarantined_until: null });
  });

  it('lets vantage points that only send test a source', async () => {
    const [sender, other] = HELPERS;
    sessions.set(sender, sessionOf(sender, true));
    await directory.change(other, { can_spoof: false });
    network.broken.spoofed = true;
    await life.joined(SOURCE);
    await until('quarantined');
    expect(directory.find(SOURCE)?.quarantine_reason).toBe('failed: receiveSpoofed');
  });

  it.each(['a kill switch', 'an opt-out'])('fails no test for %s that its agent knows of first', async (what) => {
    network.onPing = () => Promise.reject(new ProbingError('invalidRequest', 'the controller has stopped all probing'));
    isStopped = what === 'a kill switch';
    isOptedOut = !isStopped;
    await life.joined(SOURCE);
    expect((await lastReport()).verdict).toBe('notTested');
    await life.stop();
    expect(reads).toBe(1);
    expect(directory.find(SOURCE)).toMatchObject({ state: 'testing', quarantine_level: 0 });
  });

  it('fails a vantage point only where a ready source gets replies to its own probes, and has lately got one to a spoofed probe', async () => {
    const [tested, partner] = HELPERS;
    await life.joined(SOURCE);
    await until('ready');
    await life.stop();
    for (const helper of HELPERS) await directory.change(helper, { can_spoof: helper === tested });
    network.broken.spoofed = true;
    const testedOnce = async (): Promise<void> => {
      const before = directory.find(tested)?.last_tested_at?.getTime() ?? 0;
      life = newLife();
      await life.test(tested, 'asked');
      await expect.poll(() => directory.find(tested)?.last_tested_at?.getTime() ?? 0).toBeGreaterThan(before);
      await life.stop();
    };
    network.broken.recordRoute = true;
    await testedOnce();
    expect(directory.find(tested)).toMatchObject({ state: 'ready', can_spoof: true });
    network.broken.recordRoute = false;
    // It is long ago that the source has received a reply to a spoofed probe: it may be the cause as well.
    await database.db
      .updateTable('agent_tests')
      .set({ tested_at: new Date(Date.now() - 2 * DAY_MS) })
      .execute();
    await testedOnce();
    expect(directory.find(tested)).toMatchObject({ state: 'ready', can_spoof: true });
    await database.db.updateTable('agent_tests').set({ tested_at: new Date() }).execute();
    life = newLife();
    await life.test(tested, 'asked');
    await expect.poll(() => directory.find(tested)?.state).toBe('quarantined');
    expect(directory.find(tested)).toMatchObject({ can_spoof: false, quarantine_reason: 'failed: sendSpoofed' });
    expect(directory.find(partner)?.state).toBe('ready');
  });

  it('waits while the probes of its tests cannot be recorded', async () => {
    network.onPing = async () => {
      setRecording(false);
      throw cancelled();
    };
    await life.joined(SOURCE);
    while (audit.canRecord) await sleep(1);
    await sleep(50);
    expect(directory.find(SOURCE)).toMatchObject({ state: 'testing', last_tested_at: null });
    network.onPing = async () => undefined;
    setRecording(true);
    await until('ready');
    expect((await lastReport()).verdict).toBe('passed');
  });

  it('waits for somebody to be tested with', async () => {
    for (const helper of HELPERS) sessions.delete(helper);
    await life.joined(SOURCE);
    await sleep(50);
    expect(directory.find(SOURCE)?.state).toBe('testing');
    for (const helper of HELPERS) sessions.set(helper, sessionOf(helper));
    life.start();
    await until('ready');
  });
});
