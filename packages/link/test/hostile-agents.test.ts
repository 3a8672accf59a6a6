import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import { parseIpv4 } from '@revtr/net';
import { type Clock, systemClock } from '@revtr/probing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import {
  type Admission,
  AgentHub,
  AgentIdentity,
  type AgentPolicy,
  AgentWork,
  Authority,
  type CompleteOptOuts,
  enrol,
  Gateway,
  LinkClient,
  type LinkState,
  OptOutSet,
  type Switches,
} from '../src/index.ts';

const ADDRESS = parseIpv4('127.0.0.1');
const PROFILE = { software: 'test', window: 4, senderOnly: false, selfTests: [] };
const HELLO = { type: 'hello', protocol: 2, known: [], ...PROFILE };
const ALL_ON: Switches = { probing: true, spoofing: true, blockedTargets: [], blockedSources: [] };
const YEAR_MS = 365 * 86_400_000;
const BEGINNING_MS = 0.72 * YEAR_MS;

describe('a controller among hostile agents', () => {
  const directory = mkdtempSync(join(tmpdir(), 'revtr-hostile-'));
  let authority: Authority;
  let hub: AgentHub;
  let gateway: Gateway;
  let port: number;
  let serial: string | undefined;
  let refused: string[];
  let offset: number;
  let prefixes: string[];
  let sources: number[];
  let ended: AbortController;
  let running: Promise<void>[];
  let names = 0;
  const admission: Admission = {
    mayEnrol: async () => undefined,
    enrolled: async (_, { serialNumber }) => {
      serial = serialNumber;
    },
    renewed: async (_, serialNumber) => {
      serial = serialNumber;
    },
    mayConnect: async (_, serialNumber) => (serialNumber === serial ? undefined : 'replaced'),
  };
  const startGateway = async (helloTimeoutMs?: number): Promise<void> => {
    gateway = new Gateway(
      {
        host: '127.0.0.1',
        port: 0,
        connections: { total: 20, perAddress: 10 },
        ...(helloTimeoutMs && { helloTimeoutMs }),
      },
      { authority, hub, admission, onRefused: ({ reason }) => refused.push(reason) },
    );
    port = await gateway.start();
  };
  beforeAll(async () => {
    // The renewal tests begin in the past, because TLS goes by the real time.
    authority = await Authority.open(join(directory, 'authority'), new Date(Date.now() - BEGINNING_MS));
  });
  afterAll(() => rmSync(directory, { recursive: true }));
  beforeEach(async () => {
    [refused, offset, prefixes, sources, running] = [[], 0, [], [ADDRESS], []];
    ended = new AbortController();
    hub = new AgentHub(
      { signerCertificate: authority.grantSigner.certificate, contact: 'mailto:probes@revtr.example' },
      {
        now: () => Date.now() + offset,
        optOut: () => ({ issuedAt: Date.now() + offset, set: OptOutSet.parse(prefixes) }),
        sources: () => sources,
        onUnpublishable: ({ message }) => refused.push(message),
      },
    );
    await startGateway();
  });
  afterEach(async () => {
    ended.abort();
    await Promise.all(running);
    await gateway.stop();
  });

  const endpoint = () => ({ host: '127.0.0.1', port, rootCertificate: authority.rootCertificate });
  const openSocket = async (headers: Record<string, string> = {}): Promise<WebSocket> => {
    const { key, certificate } = await enrol(endpoint(), new Date());
    const options = { key, cert: certificate, ca: authority.rootCertificate, rejectUnauthorized: false, headers };
    const socket = new WebSocket(`wss://127.0.0.1:${port}/link`, options);
    socket.on('error', () => undefined);
    await new Promise((resolve) => socket.once('open', resolve));
    return socket;
  };
  const joinAs = async (): Promise<WebSocket> => {
    const socket = await openSocket();
    socket.send(JSON.stringify(HELLO));
    await hub.waitFor(ADDRESS, 5_000);
    return socket;
  };
  const closed = (socket: WebSocket): Promise<number> => new Promise((resolve) => socket.once('close', resolve));

  it('stops while peers say nothing, or do not end their requests', async () => {
    const open = (): Promise<TLSSocket> =>
      new Promise((resolve) => {
        const socket = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false }, () => resolve(socket));
        socket.on('error', () => undefined);
      });
    const [silent, asking] = [await open(), await open()];
    asking.write('POST /enrol HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n');
    const connected = connectTcp(port, '127.0.0.1').on('error', () => undefined);
    await once(connected, 'connect');
    // The gateway has passed on what came before.
    const last = await open();
    const ends = [silent, asking, connected, last].map((socket) => once(socket.resume(), 'close'));
    await gateway.stop();
    await Promise.all(ends);
  }, 8_000);

  it('refuses a hello with 130,000 identifiers', async () => {
    const socket = await openSocket();
    socket.send(JSON.stringify({ ...HELLO, known: Array.from({ length: 130_000 }, (_, i) => i) }));
    expect(await closed(socket)).toBe(1_009);
    expect(hub.sessionOf(ADDRESS)).toBeUndefined();
  });

  it('disconnects an agent that does not read, before much waits for it', async () => {
    const socket = await joinAs();
    socket.pause();
    const session = await hub.waitFor(ADDRESS, 5_000);
    const grant = 'x'.repeat(4_000);
    const before = process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed;
    const deadline = Date.now() + 10_000;
    while (session?.isConnected && Date.now() < deadline) {
      const cancel = new AbortController();
      for (let i = 0; i < 500; i++) {
        const options = { timeoutMs: 60_000, isListening: true, signal: cancel.signal };
        session.run(() => ({ kind: 'emit', grant }), options).catch(() => undefined);
      }
      await new Promise(setImmediate);
      cancel.abort();
    }
    expect(refused).toEqual([expect.stringContaining('does not read')]);
    const after = process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed;
    expect(after - before).toBeLessThan(100 * 2 ** 20);
    socket.terminate();
  });

  it('disconnects an agent that sends without end', async () => {
    const socket = await joinAs();
    const end = closed(socket);
    const message = JSON.stringify({ type: 'health', health: { measures: true } });
    for (let i = 0; i < 100_000; i++) socket.send(message);
    expect(await end).toBe(4_429);
    expect(refused).toEqual([expect.stringContaining('messages a second')]);
  });

  it('disconnects an agent that does not say hello in time', async () => {
    await gateway.stop();
    await startGateway(300);
    expect(await closed(await openSocket())).toBe(4_408);
  });

  it('disconnects an agent that speaks before the welcome', async () => {
    const early = await openSocket();
    early.send(JSON.stringify({ type: 'health', health: { measures: true } }));
    expect(await closed(early)).toBe(4_400);
  });

  it('disconnects a connection without a hello when the agent enrols again', async () => {
    const socket = await openSocket();
    const end = closed(socket);
    await enrol(endpoint(), new Date());
    expect(await end).toBe(4_409);
  });

  it('refuses the hello of a certificate that was revoked after the connection began', async () => {
    const socket = await openSocket();
    const end = closed(socket);
    serial = 'another';
    socket.send(JSON.stringify(HELLO));
    expect(await end).toBe(4_403);
    expect(hub.sessionOf(ADDRESS)).toBeUndefined();
  });

  it('closes connections beyond the limit, and those that never finish the TLS handshake', async () => {
    const sockets = Array.from({ length: 12 }, () => connectTcp(port, '127.0.0.1'));
    const ends = sockets.map(
      (socket) => new Promise<void>((resolve) => socket.on('error', () => undefined).once('close', () => resolve())),
    );
    await expect.poll(() => sockets.filter(({ destroyed }) => destroyed).length).toBe(2);
    expect(await Promise.all(ends).then(() => 'all closed')).toBe('all closed');
  }, 20_000);

  it('ends a request that is never finished', async () => {
    const options: ConnectionOptions = {
      host: '127.0.0.1',
      port,
      ca: authority.rootCertificate,
      rejectUnauthorized: false,
    };
    const socket: TLSSocket = connectTls(options);
    socket.on('error', () => undefined);
    socket.write('POST /enrol HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nabc');
    socket.resume();
    await new Promise((resolve) => socket.once('close', resolve));
  }, 30_000);

  interface Received {
    readonly states: LinkState[];
    readonly switches: Switches[];
    readonly sources: (readonly number[])[];
    readonly optOuts: (CompleteOptOuts | undefined)[];
    readonly contacts: (string | undefined)[];
    readonly client: LinkClient;
  }
  const startAgent = (options: { clock?: Clock; identity?: string } = {}): Received => {
    const { clock = systemClock, identity = `agent${names++}` } = options;
    const states: LinkState[] = [];
    const received = {
      switches: [] as Switches[],
      sources: [] as (readonly number[])[],
      optOuts: [] as (CompleteOptOuts | undefined)[],
      contacts: [] as (string | undefined)[],
    };
    const policy: AgentPolicy = {
      setSwitches: (switches) => received.switches.push(switches),
      setSources: (addresses) => received.sources.push(addresses),
      setOptedOut: (list) => received.optOuts.push(list),
    };
    const { rootCertificate } = authority;
    const client = new LinkClient(
      { endpoint: endpoint(), profile: PROFILE, retryMs: { least: 10, most: 50 } },
      {
        identity: new AgentIdentity({ directory: join(directory, identity), rootCertificate }),
        work: new AgentWork({ perform: async () => ({ kind: 'catch' }) }),
        policy,
        clock,
        random: Math.random,
        onWelcome: ({ contact }) => received.contacts.push(contact),
        onState: (state) => states.push(state),
      },
    );
    running.push(client.run(ended.signal));
    return { states, client, ...received };
  };

  it('publishes switches, sources and opt-outs at connect and afterwards, and knows who applies them', async () => {
    prefixes = Array.from({ length: 100_000 }, (_, i) => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}/32`);
    const agent = startAgent();
    await expect.poll(() => agent.optOuts.at(-1)?.set.size, { timeout: 20_000 }).toBe(100_000);
    expect([agent.switches.at(-1), agent.sources.at(-1)]).toEqual([ALL_ON, [ADDRESS]]);
    const version = hub.publishSwitches({ ...ALL_ON, spoofing: false });
    expect(hub.unapplied('switches', version)).toEqual([ADDRESS]);
    await expect.poll(() => hub.unapplied('switches', version)).toEqual([]);
    expect(agent.switches.at(-1)?.spoofing).toBe(false);
    sources = [ADDRESS, 7];
    hub.publishSources();
    await expect.poll(() => agent.sources.at(-1)).toEqual([ADDRESS, 7]);
    prefixes = [...prefixes, '2001:db8::/32'];
    const optOuts = hub.publishOptOut() ?? 0;
    expect(hub.unapplied('optOut', optOuts)).toEqual([ADDRESS]);
    await expect.poll(() => hub.unapplied('optOut', optOuts)).toEqual([]);
    expect(agent.optOuts.at(-1)?.set.size).toBe(100_001);
    expect(agent.contacts).toEqual(['mailto:probes@revtr.example']);
    prefixes = ['nonsense'];
    hub.publishOptOut();
    expect(refused).toEqual([expect.stringContaining('nonsense')]);
    expect(hub.connected()).toEqual([ADDRESS]);
  }, 30_000);

  it.each([
    { what: 'what changed in the list of sources', accepts: true, next: [2, 3, 4], isWhole: false },
    {
      what: 'the whole list of sources to an agent of an earlier version',
      accepts: false,
      next: [2, 3, 4],
      isWhole: true,
    },
    { what: 'the whole list of sources when more has changed', accepts: true, next: [3, 4, 5], isWhole: true },
  ])('sends $what', async ({ accepts, next, isWhole }) => {
    sources = [1, 2, 3];
    const socket = await openSocket(accepts ? { 'revtr-accepts-source-changes': '1' } : {});
    const received: unknown[] = [];
    socket.on('message', (data) => {
      const message = JSON.parse(String(data));
      if (message.type.startsWith('sources')) received.push(message);
    });
    socket.send(JSON.stringify(HELLO));
    await hub.waitFor(ADDRESS, 5_000);
    sources = next;
    hub.publishSources();
    const change = { type: 'sourcesDelta', from: 1, version: 2, added: [4], removed: [1] };
    const whole = { type: 'sources', version: 2, addresses: next };
    await expect
      .poll(() => received)
      .toEqual([{ type: 'sources', version: 1, addresses: [1, 2, 3] }, isWhole ? whole : change]);
    socket.terminate();
  });

  it('keeps the list of sources that changes give', async () => {
    const agent = startAgent();
    await expect.poll(() => agent.sources.length).toBe(1);
    for (const next of [[ADDRESS, 5, 6], [6, 7], []]) {
      sources = next;
      hub.publishSources();
    }
    await expect.poll(() => agent.sources).toEqual([[ADDRESS], [ADDRESS, 5, 6], [6, 7], []]);
    expect(hub.unapplied('sources', 4)).toEqual([]);
  });

  it('learns whether an agent measures', async () => {
    const agent = startAgent();
    const session = await hub.waitFor(ADDRESS, 5_000);
    agent.client.report({ measures: false, reason: 'scamper does not answer' });
    await expect.poll(() => session?.health).toEqual({ measures: false, reason: 'scamper does not answer' });
  });

  /** A clock that `offset` sets. */
  const clockAt = (): Clock => {
    const now = (): number => Date.now() + offset;
    const sleep = async (milliseconds: number, signal?: AbortSignal): Promise<void> => {
      const end = now() + milliseconds;
      while (now() < end) await systemClock.sleep(Math.min(10, end - now()), signal);
    };
    return { now, sleep };
  };

  it('renews the certificate of an agent when two thirds of its life are over, and accepts only the new one', async () => {
    offset = -0.7 * YEAR_MS;
    const agent = startAgent({ clock: clockAt() });
    await hub.waitFor(ADDRESS, 5_000);
    const first = serial;
    offset = -0.1 * YEAR_MS;
    await systemClock.sleep(200);
    expect(serial).toBe(first);
    offset = 0;
    await expect.poll(() => serial, { timeout: 5_000 }).not.toBe(first);
    expect(agent.states.map(({ type }) => type)).toEqual(['enrolled', 'connected', 'renewed']);
    hub.disconnect(ADDRESS, 'test');
    await expect.poll(() => agent.states.filter(({ type }) => type === 'connected').length, { timeout: 5_000 }).toBe(2);
    expect(agent.states.filter(({ type }) => type === 'enrolled')).toHaveLength(1);
  }, 20_000);

  it('lets an agent back in whose renewal was not recorded', async () => {
    const renewed = admission.renewed;
    admission.renewed = async () => undefined;
    offset = -0.7 * YEAR_MS;
    const agent = startAgent({ clock: clockAt() });
    await hub.waitFor(ADDRESS, 5_000);
    offset = 0;
    await expect.poll(() => agent.states.some(({ type }) => type === 'renewed'), { timeout: 5_000 }).toBe(true);
    admission.renewed = renewed;
    hub.disconnect(ADDRESS, 'test');
    await expect.poll(() => agent.states.filter(({ type }) => type === 'connected').length, { timeout: 5_000 }).toBe(2);
    expect(agent.states.filter(({ type }) => type === 'enrolled')).toHaveLength(1);
  }, 20_000);
});
