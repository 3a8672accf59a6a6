import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AgentHub,
  type AgentSession,
  Authority,
  GrantSigner,
  GrantVerifier,
  OptOutSet,
  type Outcome,
  readToAgent,
  readToController,
  type Work,
} from '@revtr/link';
import { formatIpv4, type Ipv4Address, parseIpv4 } from '@revtr/net';
import { ProbingError, systemClock, TargetPolicy } from '@revtr/probing';
import { Agents, KillSwitchRecords, Users } from '@revtr/storage';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AgentDirectory, LinkProber, LocalAgents } from '../../src/index.ts';
import { AgentServer } from '../../src/measuring/remote/agent-server.ts';
import { type AgentView, agentListService, agentsTopic } from '../../src/measuring/remote/contract.ts';
import { RemoteAgents } from '../../src/measuring/remote/remote-agents.ts';
import { KillSwitches } from '../../src/safety/kill-switches.ts';
import { useDatabase } from '../test-database.ts';
import { type Process, processes } from './processes.ts';

const SENDER = parseIpv4('192.88.99.1');
const RECEIVER = parseIpv4('192.88.99.2');
const TARGET = parseIpv4('8.8.8.8');
const HELLO = { type: 'hello', protocol: 2, software: 'test', known: [], window: 2, senderOnly: false, selfTests: [] };
/** What a gateway tells about an agent. */
const viewOf = (address: Ipv4Address): AgentView => ({
  ...{ address, isConnected: true, joinedAt: 1 },
  profile: { software: 'test', window: 2, senderOnly: false, selfTests: [] },
});

describe('agents of other gateways', () => {
  const database = useDatabase();
  let path: string;
  let authority: Authority;
  let directory: AgentDirectory;
  let switches: KillSwitches;
  let start: ReturnType<typeof processes>;
  let engine: Process;
  let remote: RemoteAgents;
  let prober: LinkProber;
  const joined: Ipv4Address[] = [];
  const failures: unknown[] = [];
  const stops: (() => Promise<void> | void)[] = [];

  beforeEach(async () => {
    path = mkdtempSync(join(tmpdir(), 'revtr-remote-'));
    authority = await Authority.open(path, new Date());
    directory = await AgentDirectory.open(new Agents(database().db));
    switches = await KillSwitches.open({ records: new KillSwitchRecords(database().db), clock: systemClock });
    for (const address of [SENDER, RECEIVER]) {
      const agent = { kind: 'source', hostname: formatIpv4(address), site: '', user_id: null, state: 'ready' } as const;
      await directory.put({ ...agent, address });
    }
    start = processes();
    engine = start('engine');
    const { bus, members } = engine;
    remote = new RemoteAgents({
      ...{ bus, members, clock: systemClock },
      onJoined: (address) => void joined.push(address),
      onChanged: () => undefined,
      onError: (error) => void failures.push(error),
    });
    remote.start();
    const targetPolicy = new TargetPolicy({});
    const onForged = (): void => undefined;
    prober = new LinkProber(
      { patienceMs: 200 },
      { agents: remote, directory, targetPolicy, clock: systemClock, onForged },
    );
    stops.push(
      () => engine.stop(),
      () => remote.stop(),
    );
  });
  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
    joined.length = 0;
    failures.length = 0;
    rmSync(path, { recursive: true });
  });

  /** A gateway with agents that answer with `outcomeOf`, or never. */
  const gateway = (
    addresses: readonly Ipv4Address[],
    outcomeOf: (work: Work) => Outcome | undefined,
    greeting: object = HELLO,
  ) => {
    const process = start('gateway');
    const hub = new AgentHub(
      { signerCertificate: authority.grantSigner.certificate },
      {
        now: () => systemClock.now(),
        optOut: () => ({ issuedAt: systemClock.now(), set: OptOutSet.EMPTY }),
        sources: () => [],
      },
    );
    const work: Work[] = [];
    const cancelled: number[] = [];
    const sessions: AgentSession[] = [];
    for (const address of addresses) {
      const hello = readToController(JSON.stringify(greeting));
      if (hello.type !== 'hello') throw new Error('not a hello message');
      const session = hub.join(address, hello, {
        send: (message) => {
          const read = readToAgent(JSON.stringify(message));
          if (read.type === 'cancel') cancelled.push(...read.ids);
          if (read.type !== 'work') return;
          work.push(read.work);
          const outcome = outcomeOf(read.work);
          if (outcome !== undefined) setImmediate(() => session.receive(read.id, outcome));
        },
        close: () => undefined,
      });
      sessions.push(session);
    }
    const server = new AgentServer({
      bus: process.bus,
      agents: new LocalAgents({ hub, grants: new GrantSigner(authority.grantSigner), clock: systemClock }),
      connected: () => hub.connected(),
      isSuspended: () => false,
      rootCertificate: authority.rootCertificate,
      ...{ directory, targetPolicy: new TargetPolicy({}), switches, clock: systemClock },
      onError: (error) => {
        throw error;
      },
    });
    server.start();
    stops.push(
      () => process.stop(),
      () => server.stop(),
      () => hub.stop(),
    );
    return { process, hub, work, cancelled, sessions };
  };
  const ping = (signal?: AbortSignal) =>
    prober.ping({ type: 'ping', sender: SENDER, target: TARGET, timeoutMs: 5_000 }, signal);
  const codeOf = (probe: Promise<unknown>): Promise<unknown> =>
    probe.then(
      () => 'no error',
      (error: unknown) => (error instanceof ProbingError ? error.code : error),
    );
  const unanswered: Outcome = { kind: 'ping', sentAt: 1 };

  it('are known, and answer', async () => {
    expect(await codeOf(ping())).toBe('proberStopped');
    gateway([SENDER], () => ({
      kind: 'ping',
      sentAt: 5,
      reply: { from: TARGET, icmpType: 0, icmpCode: 0, rttMs: 7, ttl: 60 },
    }));
    await expect.poll(() => joined).toEqual([SENDER]);
    expect(remote.find(SENDER)).toMatchObject({ isConnected: true, profile: { window: 2 } });
    await expect.poll(() => remote.rootCertificate).toBe(authority.rootCertificate);
    expect(await ping()).toMatchObject({ reply: { rttMs: 7 } });
  });

  it('send and receive one spoofed probe at two gateways, with a grant that the sender believes', async () => {
    const verifier = new GrantVerifier(
      { sender: SENDER, rootCertificate: authority.rootCertificate },
      { now: () => systemClock.now() },
    );
    verifier.trust(authority.grantSigner.certificate);
    const sending = gateway([SENDER], (work) => (work.kind === 'emit' ? { kind: 'emit' } : undefined));
    const receiving = gateway([RECEIVER], (work) => (work.kind === 'catch' ? { kind: 'catch' } : undefined));
    await expect.poll(() => joined.length).toBe(2);
    const spoof = { claimedSource: RECEIVER, receiver: RECEIVER };
    const result = await prober.ping({ type: 'ping', sender: SENDER, target: TARGET, timeoutMs: 1_000, spoof });
    expect(result.reply).toBeUndefined();
    expect(receiving.work).toMatchObject([{ kind: 'catch', target: TARGET }]);
    const [emit] = sending.work;
    if (emit.kind !== 'emit') throw new Error('nothing was emitted');
    expect(verifier.use(emit.grant)).toMatchObject({ claimedSource: RECEIVER, request: { target: TARGET } });
  });

  it('have no more work than their windows, and are told when nobody waits any more', async () => {
    const { work, cancelled } = gateway([SENDER], () => undefined);
    await expect.poll(() => joined.length).toBe(1);
    const stop = new AbortController();
    const probes = Array.from({ length: 6 }, () => codeOf(ping(stop.signal)));
    await expect.poll(() => work.length).toBe(2);
    stop.abort();
    expect(new Set(await Promise.all(probes))).toEqual(new Set(['cancelled']));
    await expect.poll(() => work.length - cancelled.length).toBe(0);
  });

  it('have a probe in their windows before its answer is waited for', async () => {
    const { work, sessions } = gateway([SENDER], () => undefined);
    await expect.poll(() => joined.length).toBe(1);
    const left: number[] = [];
    const pings = [0, 1, 2].map((i) => {
      const hooks = { onQueued: (leaves: Promise<number>) => void leaves.then(() => left.push(i)) };
      const request = { type: 'ping', sender: SENDER, target: TARGET, timeoutMs: 5_000 } as const;
      return codeOf(prober.ping(request, undefined, hooks));
    });
    await expect.poll(() => work.length).toBe(2);
    await expect.poll(() => left).toEqual([0, 1]);
    sessions[0].receive(0, unanswered);
    await expect.poll(() => left).toEqual([0, 1, 2]);
    for (const id of [1, 2]) sessions[0].receive(id, unanswered);
    expect(await Promise.all(pings)).toEqual(['no error', 'no error', 'no error']);
  });

  it('are protected by their gateway from an engine that does not know of a kill switch', async () => {
    const { work } = gateway([SENDER], () => unanswered);
    await expect.poll(() => joined.length).toBe(1);
    const limits = { max_per_day: 1, max_parallel: 1, max_per_minute: 1 };
    const operator = { name: 'O', email: 'o@revtr.example', role: 'operator', ...limits } as const;
    await switches.set('target', '8.8.8.0/24', 'a complaint', (await new Users(database().db).ensure(operator)).id);
    expect(await codeOf(ping())).toBe('proberStopped');
    expect(work).toEqual([]);
    await switches.lift('target', '8.8.8.0/24');
    expect(await codeOf(ping())).toBe('no error');
  });

  it('that a gateway tells about after it has left are not believed', async () => {
    const { process } = gateway([], () => undefined);
    await expect.poll(() => engine.members.with('gateway')).toContain(process.bus.id);
    await process.members.leave();
    await expect.poll(() => engine.members.with('gateway')).toEqual([]);
    const { bus } = process;
    const heard = new Promise<void>((resolve) =>
      engine.bus.subscribe(agentsTopic, { onMessage: () => resolve(), onGap: () => undefined }),
    );
    bus.publish(agentsTopic, { gateway: bus.id, version: 1, address: SENDER, view: viewOf(SENDER) });
    await heard;
    expect(remote.find(SENDER)).toBeUndefined();
  });

  it('are known although another gateway does not tell its agents', async () => {
    const mute = start('gateway');
    stops.push(() => mute.stop());
    await expect.poll(() => engine.members.with('gateway')).toHaveLength(1);
    const { process } = gateway([SENDER], () => unanswered);
    await expect.poll(() => joined).toEqual([SENDER]);
    // A gap: the engine reads the agents of both gateways.
    engine.transport.cut(true);
    engine.transport.cut(false);
    const { bus } = process;
    bus.publish(agentsTopic, { gateway: bus.id, version: 9, address: RECEIVER, view: viewOf(RECEIVER) });
    await expect.poll(() => joined).toEqual([SENDER, RECEIVER]);
  });

  it('are read again from a gateway whose list does not go on', async () => {
    const { bus, stop } = start('gateway');
    stops.push(stop);
    let asked = 0;
    const page = { version: 1, views: [viewOf(SENDER)], rootCertificate: '' };
    bus.serve(agentListService, bus.id, {
      window: 1,
      handle: async () => ({ ...page, hasMore: ++asked < 20 }),
    });
    await expect.poll(() => failures, { timeout: 5_000 }).not.toEqual([]);
    expect(asked).toBeLessThan(20);
  });

  it('are known although some report much about themselves', async () => {
    const addresses = Array.from({ length: 8 }, (_, i) => SENDER + i);
    for (const address of addresses)
      await directory.put({
        ...{ kind: 'source', hostname: formatIpv4(address), site: '', user_id: null, state: 'ready' },
        address,
      });
    const selfTests = Array.from({ length: 40 }, () => ({ name: 'x', ok: false, message: '\u0001'.repeat(1_000) }));
    gateway(addresses, () => undefined, { ...HELLO, selfTests });
    await expect.poll(() => joined).toHaveLength(addresses.length);
    joined.length = 0;
    // One that starts later reads the list.
    const late = start('engine');
    const reader = new RemoteAgents({
      ...{ bus: late.bus, members: late.members, clock: systemClock },
      onJoined: () => undefined,
      onChanged: () => undefined,
      onError: () => undefined,
    });
    reader.start();
    stops.push(
      () => late.stop(),
      () => reader.stop(),
    );
    await expect.poll(() => reader.connected).toBe(addresses.length);
  });

  it('fail at once when their gateway vanishes, and are found at the next one', async () => {
    const lost = gateway([SENDER], () => undefined);
    await expect.poll(() => joined.length).toBe(1);
    const waiting = codeOf(ping());
    await expect.poll(() => lost.work.length).toBe(1);
    await lost.process.transport.close();
    expect(await waiting).toBe('proberStopped');
    gateway([SENDER], () => unanswered);
    await expect.poll(() => joined.length).toBe(2);
    expect(await codeOf(ping())).toBe('no error');
  });
});
