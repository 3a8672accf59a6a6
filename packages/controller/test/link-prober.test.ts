import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AgentHub,
  Authority,
  GrantSigner,
  OptOutSet,
  type Outcome,
  readToAgent,
  readToController,
  type Work,
} from '@revtr/link';
import { buildEchoRequest, formatIpv4, headerLengthOf, ICMP, internetChecksum, parseIpv4, writeWord } from '@revtr/net';
import { type SpoofMark, systemClock, TargetPolicy } from '@revtr/probing';
import { Agents, openDatabase } from '@revtr/storage';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AgentDirectory, LinkProber, LocalAgents } from '../src/index.ts';
import { REPORT_MS } from '../src/measuring/legacy/legacy-agent.ts';
import { probingFor } from '../src/safety/probe-context.ts';

const AGENT = parseIpv4('192.88.99.1');
const ABSENT = parseIpv4('192.88.99.2');
const TARGET = parseIpv4('8.8.8.8');
const HELLO = { type: 'hello', protocol: 2, software: 'test', known: [], window: 10, senderOnly: false, selfTests: [] };

/** The reply of the target to a spoofed probe. */
function replyTo({ identifier, sequence, token }: SpoofMark): Uint8Array {
  const payload = Buffer.from(token, 'hex');
  const packet = buildEchoRequest({ source: TARGET, destination: AGENT, ttl: 60, identifier, sequence, payload });
  const icmp = headerLengthOf(packet, 0);
  packet[icmp] = ICMP.echoReply;
  writeWord(packet, icmp + 2, 0);
  writeWord(packet, icmp + 2, internetChecksum(packet, icmp, packet.length));
  return packet;
}

describe('LinkProber with an agent that refuses a probe', () => {
  let stop: () => Promise<void>;
  let prober: LinkProber;
  let directory: AgentDirectory;
  const work: Work[] = [];
  const waits: number[] = [];
  let refusal: Extract<Outcome, { kind: 'failed' }>;
  /** What the agent does with work. */
  let perform: (work: Work, done: (outcome: Outcome) => void) => void;
  beforeAll(async () => {
    const path = mkdtempSync(join(tmpdir(), 'revtr-link-prober-'));
    const clock = systemClock;
    const authority = await Authority.open(path, new Date());
    const database = await openDatabase({ kind: 'memory' });
    directory = await AgentDirectory.open(new Agents(database.db));
    const hostname = formatIpv4(AGENT);
    const agent = { kind: 'source', hostname, site: '', user_id: null, state: 'ready' } as const;
    await directory.put({ ...agent, address: AGENT });
    await directory.put({ ...agent, address: ABSENT });
    const hub = new AgentHub(
      { signerCertificate: authority.grantSigner.certificate },
      { now: () => clock.now(), optOut: () => ({ issuedAt: clock.now(), set: OptOutSet.EMPTY }), sources: () => [] },
    );
    const hello = readToController(JSON.stringify(HELLO));
    if (hello.type !== 'hello') throw new Error('not a hello message');
    const session = hub.join(AGENT, hello, {
      send: (message) => {
        const read = readToAgent(JSON.stringify(message));
        if (read.type !== 'work') return;
        work.push(read.work);
        setImmediate(() => perform(read.work, (outcome) => session.receive(read.id, outcome)));
      },
      close: () => undefined,
    });
    const waitFor = hub.waitFor.bind(hub);
    hub.waitFor = (address, timeoutMs, signal) => {
      waits.push(timeoutMs);
      return waitFor(address, timeoutMs, signal);
    };
    const agents = new LocalAgents({ hub, grants: new GrantSigner(authority.grantSigner), clock });
    const targetPolicy = new TargetPolicy({});
    prober = new LinkProber({ patienceMs: 100 }, { agents, directory, targetPolicy, clock, onForged: () => undefined });
    stop = async () => {
      hub.stop();
      await database.close();
      rmSync(path, { recursive: true });
    };
  });
  afterAll(() => stop());
  beforeEach(() => {
    work.length = 0;
    perform = (_, done) => done(refusal);
  });
  const ping = () => prober.ping({ type: 'ping', sender: AGENT, target: TARGET, timeoutMs: 1_000 });

  it('reports an exhausted target budget and when the target may be probed again', async () => {
    refusal = { kind: 'failed', code: 'targetBudget', message: 'too many probes', retryAfterMs: 200 };
    await expect(ping()).rejects.toMatchObject({ code: 'targetBudget', details: { retryAfterMs: 200 } });
  });

  it('reports a target that the agent refuses as an invalid request', async () => {
    refusal = { kind: 'failed', code: 'targetRefused', message: 'the network opted out' };
    await expect(ping()).rejects.toMatchObject({ code: 'invalidRequest', details: {} });
  });

  it('tells the agent what a probe belongs to, in the grant of a spoofed one too', async () => {
    refusal = { kind: 'failed', code: 'targetRefused', message: 'the network opted out' };
    const cause = { type: 'measurement', measurementId: 71, batchId: 3, userId: 2, keyId: 5 } as const;
    await expect(probingFor(cause, ping)).rejects.toMatchObject({ code: 'invalidRequest' });
    await expect(probingFor({ type: 'agentTest', agent: AGENT }, ping)).rejects.toMatchObject({});
    const spoof = { claimedSource: AGENT, receiver: AGENT };
    const spoofed = { type: 'ping', sender: AGENT, target: TARGET, timeoutMs: 1_000, spoof } as const;
    await expect(probingFor(cause, () => prober.ping(spoofed))).rejects.toMatchObject({});
    expect(work).toMatchObject([
      { kind: 'ping', measurement: 71 },
      { kind: 'ping', measurement: `test of ${formatIpv4(AGENT)}` },
      { kind: 'catch' },
      { kind: 'emit' },
    ]);
    const emit = work.find(({ kind }) => kind === 'emit');
    const [payload] = emit?.kind === 'emit' ? emit.grant.split('.') : [];
    expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toMatchObject({ measurement: 71 });
  });

  it('waits once for an agent that is not connected, and again after it has connected', async () => {
    const absent = (): Promise<unknown> =>
      prober.ping({ type: 'ping', sender: ABSENT, target: TARGET, timeoutMs: 1_000 }).catch((error: unknown) => error);
    const longWaits = () => waits.filter((ms) => ms > 50);
    expect(await absent()).toMatchObject({ code: 'proberStopped' });
    expect(await absent()).toMatchObject({ code: 'proberStopped' });
    expect(longWaits()).toHaveLength(1);
    prober.joined(ABSENT);
    expect(await absent()).toMatchObject({ code: 'proberStopped' });
    expect(longWaits()).toHaveLength(2);
  });

  it.each([-1e300, 0, 1e300])('does not believe an agent that says it has probed at %d', async (at) => {
    const reply = { from: TARGET, icmpType: 0, icmpCode: 0, rttMs: 1, ttl: 9 };
    const times = { startedAt: at, endedAt: at };
    perform = ({ kind }, done) =>
      kind === 'ping'
        ? done({ kind, sentAt: at, reply })
        : done({ kind: 'traceroute', ...times, stop: 'gapLimit', hops: [], probesSent: 1 });
    const before = systemClock.now();
    const { sentAt } = await ping();
    const { startedAt, endedAt } = await prober.traceroute({
      ...{ type: 'traceroute', sender: AGENT, target: TARGET, timeoutMs: 1_000 },
    });
    const inOrder = [before, sentAt, startedAt, endedAt, systemClock.now()];
    expect(inOrder.toSorted((a, b) => a - b)).toEqual(inOrder);
  });

  it('tells that a probe has not left while it waits for an agent that is not connected', async () => {
    for (const spoof of [undefined, { claimedSource: AGENT, receiver: AGENT }]) {
      const events: string[] = [];
      const onQueued = (left: Promise<number>): void => {
        events.push('queued');
        void left.then(() => events.push('left'));
      };
      const request = {
        type: 'ping',
        sender: ABSENT,
        target: TARGET,
        timeoutMs: 1_000,
        ...(spoof && { spoof }),
      } as const;
      const end = prober.ping(request, undefined, { onQueued }).catch(() => undefined);
      expect(events).toEqual(['queued']);
      await end;
      expect(events).toEqual(['queued', 'left']);
    }
  });

  it('waits for the reply to a spoofed probe from when it has been sent, however long that took', async () => {
    const replies: (() => void)[] = [];
    perform = (asked, done) => {
      if (asked.kind === 'catch') {
        const packet = replyTo(asked.mark);
        // As an agent does, which knows when it was asked to listen and not when the probe is sent.
        const timer = setTimeout(() => done({ kind: 'catch' }), asked.timeoutMs);
        replies.push(() => {
          clearTimeout(timer);
          done({ kind: 'catch', packet: Buffer.from(packet).toString('base64') });
        });
      } else
        setTimeout(() => {
          done({ kind: 'emit' });
          for (const reply of replies) setImmediate(reply);
        }, 300);
    };
    const left: number[] = [];
    const spoof = { claimedSource: AGENT, receiver: AGENT };
    const request = { type: 'ping', sender: AGENT, target: TARGET, timeoutMs: 100, spoof } as const;
    const onQueued = (leaving: Promise<number>): void => void leaving.then((wayMs) => left.push(wayMs));
    const { reply } = await prober.ping(request, undefined, { onQueued });
    expect(reply?.from).toBe(TARGET);
    expect(left).toEqual([0]);
  });

  it('tells how long an agent of revtr 2.0 may keep the reply to a spoofed probe before it reports it', async () => {
    const reports: (() => void)[] = [];
    perform = (asked, done) => {
      if (asked.kind === 'catch') {
        const packet = Buffer.from(replyTo(asked.mark)).toString('base64');
        reports.push(() => done({ kind: 'catch', packet }));
      } else {
        done({ kind: 'emit' });
        for (const report of reports) setImmediate(report);
      }
    };
    const left: number[] = [];
    const spoof = { claimedSource: AGENT, receiver: AGENT };
    const request = { type: 'ping', sender: AGENT, target: TARGET, timeoutMs: 1_000, spoof } as const;
    const onQueued = (leaving: Promise<number>): void => void leaving.then((wayMs) => left.push(wayMs));
    await directory.change(AGENT, { legacy: true });
    const { reply } = await prober.ping(request, undefined, { onQueued });
    await directory.change(AGENT, { legacy: false });
    expect(reply?.from).toBe(TARGET);
    expect(left).toEqual([REPORT_MS]);
  });

  it('ends the wait for the reply to a spoofed probe itself', async () => {
    perform = (asked, done) => {
      if (asked.kind === 'emit') done({ kind: 'emit' });
    };
    const spoof = { claimedSource: AGENT, receiver: AGENT };
    const { reply } = await prober.ping({ type: 'ping', sender: AGENT, target: TARGET, timeoutMs: 20, spoof });
    expect(reply).toBeUndefined();
  });

  it('tells that probes are delayed in the system when they take longer than their round-trip times and than before', async () => {
    let slowMs = 0;
    perform = (_, done) => {
      const reply = { from: TARGET, icmpType: 0, icmpCode: 0, rttMs: 0, ttl: 60 };
      setTimeout(() => done({ kind: 'ping', sentAt: 0, reply }), slowMs);
    };
    for (let i = 0; i < 10; i++) await ping();
    slowMs = 250;
    await Promise.all(Array.from({ length: 10 }, ping));
    await Promise.all(Array.from({ length: 10 }, ping));
    await Promise.all(Array.from({ length: 10 }, ping));
    expect(prober.delayMs).toBeGreaterThan(100);
  });
});
