import { mkdtempSync, rmSync } from 'node:fs';
import { connect as connectTcp, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { formatIpv4, type Ipv4Address, parseIpv4 } from '@revtr/net';
import { systemClock } from '@revtr/probing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { createRequest } from '../src/identity/certificates.ts';
import {
  type Admission,
  AgentHub,
  AgentIdentity,
  type AgentPolicy,
  AgentWork,
  Authority,
  Dialer,
  type Enrolment,
  enrol,
  Gateway,
  type GatewayRefusal,
  LinkClient,
  LinkError,
  type LinkState,
  type ListeningAgent,
  OptOutSet,
  type Perform,
} from '../src/index.ts';

/** Registered agents: addresses of this machine's loopback. */
const ONE = '127.0.0.1';
const TWO = '127.0.0.2';
const STRANGER = '127.0.0.3';
/** Two thirds of the life of the controller's certificate, and some days. */
const DUE_AFTER_MS = 250 * 86_400_000;
const PROFILE = { software: 'test', window: 4, senderOnly: false, selfTests: [] };

const NO_POLICY: AgentPolicy = {
  setSwitches: () => undefined,
  setSources: () => undefined,
  setOptedOut: () => undefined,
};

/** Lets two addresses in, each with its newest certificate. */
class TwoAgents implements Admission {
  readonly serials = new Map<Ipv4Address, string>();
  readonly listening: ListeningAgent[] = [];

  async mayEnrol(address: Ipv4Address): Promise<string | undefined> {
    return [ONE, TWO].includes(formatIpv4(address)) ? undefined : 'not registered';
  }

  async enrolled(address: Ipv4Address, { serialNumber, listeningPort }: Enrolment): Promise<void> {
    this.serials.set(address, serialNumber);
    if (listeningPort !== undefined) this.listening.push({ address, port: listeningPort });
  }

  async renewed(address: Ipv4Address, serialNumber: string): Promise<void> {
    this.serials.set(address, serialNumber);
  }

  async mayConnect(address: Ipv4Address, serial: string): Promise<string | undefined> {
    return this.serials.get(address) === serial ? undefined : 'replaced';
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}

/** A wire to a port of this machine that can be cut. */
async function startWire(to: number): Promise<{ readonly port: number; cut(): void; close(): void }> {
  const ends = new Set<Socket>();
  const server = createServer((near) => {
    const far = connectTcp(to, '127.0.0.1');
    for (const [from, other] of [
      [near, far],
      [far, near],
    ]) {
      ends.add(from);
      from.pipe(other);
      from.on('error', () => other.destroy());
      from.once('close', () => ends.delete(from));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = (): void => {
    for (const end of ends) end.destroy();
  };
  const address = server.address();
  const close = (): void => {
    server.close();
    cut();
  };
  return { port: typeof address === 'object' ? (address?.port ?? 0) : 0, cut, close };
}

describe('the link over TLS', () => {
  const directory = mkdtempSync(join(tmpdir(), 'revtr-link-'));
  let authority: Authority;
  let foreign: Authority;
  let hub: AgentHub;
  let gateway: Gateway;
  let port: number;
  let refused: GatewayRefusal[];
  let stopping: AbortController;
  let running: Promise<void>[];
  let agents = 0;

  beforeAll(async () => {
    authority = await Authority.open(join(directory, 'ours'), new Date(Date.now() - DUE_AFTER_MS));
    foreign = await Authority.open(join(directory, 'foreign'), new Date());
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  const startGateway = async (at: number): Promise<void> => {
    hub = new AgentHub(
      { signerCertificate: authority.grantSigner.certificate, resumeMs: 5_000 },
      { now: Date.now, optOut: () => ({ issuedAt: Date.now(), set: OptOutSet.EMPTY }), sources: () => [] },
    );
    const onRefused = (refusal: GatewayRefusal): void => void refused.push(refusal);
    gateway = new Gateway({ host: '127.0.0.1', port: at }, { authority, hub, admission, onRefused });
    port = await gateway.start();
  };
  let admission: TwoAgents;
  beforeEach(async () => {
    refused = [];
    running = [];
    stopping = new AbortController();
    admission = new TwoAgents();
    await startGateway(0);
  });
  afterEach(async () => {
    stopping.abort();
    await Promise.all(running);
    await gateway.stop();
  });

  const endpoint = (localAddress = ONE) => ({
    host: '127.0.0.1',
    port,
    rootCertificate: authority.rootCertificate,
    localAddress,
  });

  interface TestAgent {
    /** Directory of its identity. Default: a new one. */
    readonly identity?: string;
    readonly listeningPort?: number;
    /** How far its clock is ahead, milliseconds. Default 0. */
    readonly aheadMs?: number;
    readonly acceptsTrace?: boolean;
    /** Ends it. Default: the end of the test. */
    readonly signal?: AbortSignal;
  }

  /** Starts an agent whose work is done by `perform`. */
  const startAgent = (perform: Perform, options: TestAgent = {}): { states: LinkState[]; ended: Promise<void> } => {
    const { identity = `agent${agents++}`, listeningPort, aheadMs = 0, acceptsTrace = false } = options;
    const { signal = stopping.signal } = options;
    const states: LinkState[] = [];
    const { rootCertificate } = authority;
    const client = new LinkClient(
      {
        endpoint: { ...endpoint(), ...(listeningPort !== undefined && { listeningPort }) },
        profile: PROFILE,
        acceptsTrace,
        retryMs: { least: 20, most: 100 },
      },
      {
        identity: new AgentIdentity({ directory: join(directory, identity), rootCertificate }),
        work: new AgentWork({ perform }),
        clock: { now: () => systemClock.now() + aheadMs, sleep: (ms, until) => systemClock.sleep(ms, until) },
        random: Math.random,
        onWelcome: () => undefined,
        policy: NO_POLICY,
        onState: (state) => states.push(state),
      },
    );
    const ended = client.run(signal);
    running.push(ended);
    return { states, ended };
  };
  const listen = {
    kind: 'catch',
    target: 1,
    mark: { identifier: 1, sequence: 1, token: '00ff00ff' },
    timeoutMs: 1_000,
  } as const;
  const joined = async (address = ONE) => {
    const session = await hub.waitFor(parseIpv4(address), 5_000);
    if (session === undefined) throw new Error('no session');
    return session;
  };

  it('enrols an agent by the address that it connects from, and lets it work', async () => {
    const { states } = startAgent(async () => ({ kind: 'catch' }));
    const session = await joined();
    expect(await session.run(() => listen, { timeoutMs: 1_000 })).toEqual({ kind: 'catch' });
    expect(states.map(({ type }) => type)).toEqual(['enrolled', 'connected']);
    expect(hub.connected()).toEqual([parseIpv4(ONE)]);
  });

  it('sends the context of a trace to an agent that accepts it, whichever of them connects, and to no other', async () => {
    const trace = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    const outcomes: (string | undefined)[] = [];
    const perform: Perform = async (_work, _signal, context) => {
      outcomes.push(context);
      return { kind: 'catch' };
    };
    const dialer = new Dialer({
      ...{ authority, hub, admission, onRefused: (refusal) => refused.push(refusal) },
      listening: () => admission.listening,
    });
    dialer.start();
    for (const agent of [{}, { acceptsTrace: true }, { acceptsTrace: true, listeningPort: await freePort() }]) {
      const stop = new AbortController();
      const { ended } = startAgent(perform, { ...agent, signal: stop.signal });
      const session = await joined();
      await session.run(() => listen, { timeoutMs: 1_000, trace });
      stop.abort();
      await ended;
      hub.expel(parseIpv4(ONE), 'the next agent takes its place');
      await expect.poll(() => hub.sessionOf(parseIpv4(ONE))).toBeUndefined();
    }
    dialer.stop();
    expect(outcomes).toEqual([undefined, trace, trace]);
  });

  it('renews the certificates while agents are connected, which resume their work', async () => {
    const serialNumber = (): Promise<string> =>
      new Promise((resolve, reject) => {
        const socket = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false }, () => {
          resolve(socket.getPeerCertificate().serialNumber);
          socket.destroy();
        });
        socket.once('error', reject);
      });
    const work = Promise.withResolvers<void>();
    const { states } = startAgent(() => work.promise.then(() => ({ kind: 'catch' })));
    const session = await joined();
    const running = session.run(() => listen, { timeoutMs: 10_000 });
    const before = await serialNumber();
    expect(await authority.renew(new Date())).toBe(true);
    gateway.useRenewedCertificate();
    hub.renewSigner(authority.grantSigner.certificate);
    await expect.poll(() => states.filter(({ type }) => type === 'connected').length).toBe(2);
    expect(await serialNumber()).not.toBe(before);
    work.resolve();
    expect(await running).toEqual({ kind: 'catch' });
    expect(hub.sessionOf(parseIpv4(ONE))).toBe(session);
  });

  it('enrols an agent again whose certificate is of an authority before', async () => {
    const { key, request } = await createRequest();
    const certificate = await foreign.certifyAgent(request, parseIpv4(ONE), new Date());
    const identity = { directory: join(directory, 'before'), rootCertificate: foreign.rootCertificate };
    new AgentIdentity(identity).save({ key, certificate });
    expect(new AgentIdentity(identity).load(new Date())?.key.trim()).toBe(key.trim());
    const { states } = startAgent(async () => ({ kind: 'catch' }), { identity: 'before' });
    await joined();
    await expect.poll(() => states.map(({ type }) => type)).toEqual(['enrolled', 'connected']);
  });

  it('refuses to enrol an address that is not registered', async () => {
    await expect(enrol(endpoint(STRANGER), new Date())).rejects.toMatchObject({
      code: 'enrolmentRefused',
      message: 'not registered',
    });
    expect(refused).toMatchObject([{ kind: 'enrolment', address: STRANGER }]);
  });

  it('refuses a controller with another root', async () => {
    const wrong = { ...endpoint(), rootCertificate: foreign.rootCertificate };
    await expect(enrol(wrong, new Date())).rejects.toMatchObject({ code: 'unreachable' });
  });

  /** Status with which a connection with this certificate from this address is answered. */
  const statusOf = (key: string | undefined, cert: string | undefined, localAddress: string): Promise<number> =>
    new Promise((resolve, reject) => {
      const ca = authority.rootCertificate;
      const socket = new WebSocket(`wss://127.0.0.1:${port}/link`, {
        key,
        cert,
        ca,
        localAddress,
        rejectUnauthorized: false,
      });
      socket.once('unexpected-response', (_request, { statusCode = 0 }) => {
        resolve(statusCode);
        socket.terminate();
      });
      socket.once('open', () => {
        resolve(101);
        socket.terminate();
      });
      socket.once('error', reject);
    });

  it('refuses certificates that are missing, foreign, of another address, of no agent, or replaced; and counts it', async () => {
    const first = await enrol(endpoint(), new Date());
    expect(await statusOf(first.key, first.certificate, ONE)).toBe(101);
    expect(await statusOf(undefined, undefined, ONE)).toBe(403);
    expect(await statusOf(foreign.controller.key, foreign.controller.certificate, ONE)).toBe(403);
    expect(await statusOf(authority.controller.key, authority.controller.certificate, ONE)).toBe(403);
    expect(await statusOf(first.key, first.certificate, TWO)).toBe(403);
    const second = await enrol(endpoint(), new Date());
    expect(await statusOf(first.key, first.certificate, ONE)).toBe(403);
    expect(await statusOf(second.key, second.certificate, ONE)).toBe(101);
    expect(refused.filter(({ kind }) => kind === 'connection')).toHaveLength(5);
  });

  it('survives invalid bytes, frames and messages', async () => {
    const garbage = connectTcp(port, '127.0.0.1');
    garbage.on('error', () => undefined);
    garbage.write(Buffer.alloc(5_000, 0x5a));
    const { key, certificate } = await enrol(endpoint(), new Date());
    for (const message of ['nonsense', '{"type":"done","id":0,"outcome":{"kind":"emit"}}', Buffer.from([1, 2, 3])]) {
      const socket = new WebSocket(`wss://127.0.0.1:${port}/link`, {
        key,
        cert: certificate,
        ca: authority.rootCertificate,
        rejectUnauthorized: false,
      });
      await new Promise((resolve) => socket.once('open', resolve));
      socket.send(message);
      const code = await new Promise((resolve) => socket.once('close', resolve));
      expect(code).toBe(4_400);
    }
    const raw = connectTls({
      host: '127.0.0.1',
      port,
      key,
      cert: certificate,
      ca: authority.rootCertificate,
      rejectUnauthorized: false,
    });
    raw.on('error', () => undefined);
    raw.write(
      'GET /link HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-key: x\r\n\r\n',
    );
    await sleep(50);
    raw.destroy();
    garbage.destroy();
    startAgent(async () => ({ kind: 'catch' }));
    await joined();
    expect(refused.filter(({ kind }) => kind === 'message')).toHaveLength(3);
  });

  it('resumes a session after the connection broke: no work is lost or done twice', async () => {
    let done = 0;
    const wire = await startWire(port);
    const direct = port;
    port = wire.port;
    const { states } = startAgent(async () => {
      done++;
      await sleep(Math.random() * 60);
      return { kind: 'catch' };
    });
    const session = await joined();
    const work = Array.from({ length: 200 }, () => session.run(() => listen, { timeoutMs: 1_000, isListening: true }));
    for (let cut = 0; cut < 5; cut++) {
      await sleep(15);
      wire.cut();
    }
    expect((await Promise.all(work)).length).toBe(200);
    expect(done).toBe(200);
    expect(states.filter((state) => state.type === 'connected' && state.resumed).length).toBeGreaterThan(0);
    expect((await joined()).id).toBe(session.id);
    port = direct;
    wire.close();
  });
  it('respects the window of an agent', async () => {
    let underWay = 0;
    let most = 0;
    startAgent(async () => {
      most = Math.max(most, ++underWay);
      await sleep(5);
      underWay--;
      return { kind: 'emit' };
    });
    const session = await joined();
    await Promise.all(
      Array.from({ length: 40 }, () => session.run(() => ({ kind: 'emit', grant: 'x' }), { timeoutMs: 1_000 })),
    );
    expect(most).toBe(PROFILE.window);
  });

  it('cancels work at the agent when the caller cancels it', async () => {
    const aborted = Promise.withResolvers<void>();
    startAgent(async (_work, signal) => {
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      aborted.resolve();
      return { kind: 'catch' };
    });
    const session = await joined();
    const cancel = new AbortController();
    const work = session.run(() => listen, { timeoutMs: 60_000, signal: cancel.signal });
    await sleep(50);
    cancel.abort();
    await expect(work).rejects.toMatchObject({ code: 'cancelled' });
    await aborted.promise;
    expect(session.unfinished).toBe(0);
  });

  it('gives unfinished work to the next run of the agent', async () => {
    const first = new AbortController();
    const never = startAgent(() => new Promise(() => undefined), { identity: 'restarted', signal: first.signal });
    const session = await joined();
    const work = Array.from({ length: 10 }, () => session.run(() => listen, { timeoutMs: 60_000 }));
    await sleep(50);
    first.abort();
    await never.ended;
    startAgent(async () => ({ kind: 'catch', packet: 'AAAA' }), { identity: 'restarted' });
    expect(await Promise.all(work)).toEqual(Array.from({ length: 10 }, () => ({ kind: 'catch', packet: 'AAAA' })));
    expect(session.unfinished).toBe(0);
  });

  it('fails work when the agent does not come back', async () => {
    const only = new AbortController();
    hub.stop();
    await gateway.stop();
    hub = new AgentHub(
      { signerCertificate: authority.grantSigner.certificate, resumeMs: 50 },
      { now: Date.now, optOut: () => ({ issuedAt: Date.now(), set: OptOutSet.EMPTY }), sources: () => [] },
    );
    gateway = new Gateway({ host: '127.0.0.1', port: 0 }, { authority, hub, admission, onRefused: () => undefined });
    port = await gateway.start();
    startAgent(() => new Promise(() => undefined));
    const session = await joined();
    const work = session.run(() => listen, { timeoutMs: 60_000 }).catch((error: unknown) => error);
    await sleep(20);
    stopping.abort();
    only.abort();
    expect(await work).toBeInstanceOf(LinkError);
    expect(hub.sessionOf(parseIpv4(ONE))).toBeUndefined();
  });

  it('connects to listening agents, which refuse everyone else', async () => {
    const listeningPort = await freePort();
    startAgent(async () => ({ kind: 'catch' }), { listeningPort });
    const onRefused = (refusal: GatewayRefusal): void => void refused.push(refusal);
    const dialer = new Dialer({ authority, hub, admission, listening: () => admission.listening, onRefused });
    dialer.start();
    try {
      const session = await joined();
      expect(await session.run(() => listen, { timeoutMs: 1_000 })).toEqual({ kind: 'catch' });
      const { key, certificate } = await enrol(endpoint(TWO), new Date());
      const ca = authority.rootCertificate;
      for (const other of [
        {},
        { key, cert: certificate },
        { key: foreign.controller.key, cert: foreign.controller.certificate },
      ]) {
        const socket = new WebSocket(`wss://127.0.0.1:${listeningPort}/link`, {
          ...other,
          ca,
          rejectUnauthorized: false,
        });
        expect(
          await new Promise((resolve) =>
            socket.once('error', () => resolve('refused')).once('open', () => resolve('open')),
          ),
        ).toBe('refused');
      }
    } finally {
      dialer.stop();
    }
  });

  it('keeps the first message of a listening agent while the registry is asked', async () => {
    const listeningPort = await freePort();
    startAgent(async () => ({ kind: 'catch' }), { listeningPort });
    const ask = admission.mayConnect.bind(admission);
    admission.mayConnect = async (address, serial) => {
      await sleep(300);
      return ask(address, serial);
    };
    const onRefused = (refusal: GatewayRefusal): void => void refused.push(refusal);
    const dialer = new Dialer({ authority, hub, admission, listening: () => admission.listening, onRefused });
    dialer.start();
    try {
      expect((await joined()).isConnected).toBe(true);
    } finally {
      dialer.stop();
    }
  });

  it('serves the latest of two controllers that connect to a listening agent, and ends the connection of the other', async () => {
    const listeningPort = await freePort();
    const { states } = startAgent(async () => ({ kind: 'catch' }), { listeningPort });
    const other = new AgentHub(
      { signerCertificate: authority.grantSigner.certificate, resumeMs: 5_000 },
      { now: Date.now, optOut: () => ({ issuedAt: Date.now(), set: OptOutSet.EMPTY }), sources: () => [] },
    );
    const onRefused = (refusal: GatewayRefusal): void => void refused.push(refusal);
    const dialers = [hub, other].map(
      (to) => new Dialer({ authority, hub: to, admission, listening: () => admission.listening, onRefused }),
    );
    try {
      dialers[0].start();
      const first = await joined();
      dialers[0].stop();
      dialers[1].start();
      const second = await other.waitFor(parseIpv4(ONE), 5_000);
      await expect.poll(() => first.isConnected, { timeout: 5_000 }).toBe(false);
      await expect.poll(() => states.filter(({ type }) => type === 'disconnected').length, { timeout: 5_000 }).toBe(1);
      expect(second?.isConnected).toBe(true);
      expect(await second?.run(() => listen, { timeoutMs: 2_000 })).toEqual({ kind: 'catch' });
    } finally {
      for (const dialer of dialers) dialer.stop();
      other.disconnect(parseIpv4(ONE), 'the test ends');
    }
  });

  it.each([
    ['recorded', false],
    ['lost', true],
  ])('connects to a listening agent again whose renewal was %s', async (_, isLost) => {
    const listeningPort = await freePort();
    const renewals: string[] = [];
    const record = admission.renewed.bind(admission);
    admission.renewed = async (address, serialNumber) => {
      renewals.push(serialNumber);
      if (!isLost) await record(address, serialNumber);
    };
    const { states } = startAgent(async () => ({ kind: 'catch' }), { listeningPort, aheadMs: DUE_AFTER_MS });
    const onRefused = (refusal: GatewayRefusal): void => void refused.push(refusal);
    const dialer = new Dialer({ authority, hub, admission, listening: () => admission.listening, onRefused });
    dialer.start();
    try {
      await joined();
      await expect.poll(() => renewals.length, { timeout: 5_000 }).toBe(1);
      hub.disconnect(parseIpv4(ONE), 'the controller renewed its certificates');
      const connections = () => states.filter(({ type }) => type === 'connected').length;
      await expect.poll(connections, { timeout: 15_000 }).toBeGreaterThan(1);
      const session = await joined();
      expect(await session.run(() => listen, { timeoutMs: 1_000 })).toEqual({ kind: 'catch' });
    } finally {
      dialer.stop();
    }
  });

  it('gets its agents back after a restart of the controller', async () => {
    const { states } = startAgent(async () => ({ kind: 'catch' }));
    await joined();
    const before = port;
    await gateway.stop();
    await sleep(50);
    await startGateway(before);
    const session = await joined();
    expect(await session.run(() => listen, { timeoutMs: 1_000 })).toEqual({ kind: 'catch' });
    expect(states.filter(({ type }) => type === 'enrolled')).toHaveLength(1);
  });
});
