import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Authority, GrantSigner, GrantVerifier, OptOutSet, type Outcome, type Switches } from '@revtr/link';
import { buildEchoRequest, type Ipv4Address, parseIpv4, parsePrefix, writeIcmp, writeIpv4Header } from '@revtr/net';
import { cancelled, type PingRequest, type SpoofMark, type TracerouteRequest } from '@revtr/probing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TargetBudget } from '../src/budget/target-budget.ts';
import { EmissionWatch } from '../src/listener/emission-watch.ts';
import { ReplyMatcher } from '../src/listener/reply-matcher.ts';
import { AgentMetrics } from '../src/metrics.ts';
import { LocalPolicy } from '../src/policy/local-policy.ts';
import { Worker } from '../src/work/worker.ts';

const OWN = parseIpv4('1.1.1.1');
const SOURCE = parseIpv4('9.9.9.9');
const TARGET = parseIpv4('8.8.8.8');
const HOUR_MS = 3_600_000;
const ALL_ON: Switches = { probing: true, spoofing: true, blockedTargets: [], blockedSources: [] };
const RATES = {
  address: { all: { perSecond: 5, perDay: 100 }, options: { perSecond: 1, perDay: 20 } },
  prefix: { all: { perSecond: 10, perDay: 200 }, options: { perSecond: 2, perDay: 40 } },
};
const unasked = (): Promise<never> => Promise.reject(new Error('not asked for'));

describe('what an agent lets through', () => {
  const directory = mkdtempSync(join(tmpdir(), 'revtr-worker-'));
  let authority: Authority;
  let signer: GrantSigner;
  let now: number;
  let policy: LocalPolicy;
  let worker: Worker;
  let budget: TargetBudget;
  /** What a packet waits for between its acceptance and the moment when it leaves. */
  let gate: (signal?: AbortSignal) => Promise<void> | undefined;
  const optOut = (prefixes: string[]): void => policy.setOptedOut({ issuedAt: now, set: OptOutSet.parse(prefixes) });
  /** Everything that would have left the host. */
  let sent: string[];
  let refused: string[];
  let token = 0;
  beforeAll(async () => {
    authority = await Authority.open(directory, new Date());
    signer = new GrantSigner(authority.grantSigner);
  });
  afterAll(() => rmSync(directory, { recursive: true }));
  beforeEach(() => {
    now = Date.now();
    sent = [];
    refused = [];
    gate = () => undefined;
    const scamper = {
      ping: async (request: PingRequest, signal?: AbortSignal, beforeSend?: () => void) => {
        await gate(signal);
        beforeSend?.();
        sent.push(`ping ${request.target}`);
        return { type: 'ping' as const, request, sentAt: now };
      },
      traceroute: async (_request: TracerouteRequest, until?: AbortSignal, beforeSend?: () => void) => {
        beforeSend?.();
        sent.push('traceroute');
        await gate(until);
        return unasked();
      },
      emitSpoofed: async (
        request: PingRequest,
        claimed: Ipv4Address,
        _mark: SpoofMark,
        options: { signal?: AbortSignal | undefined; beforeSend?: (() => void) | undefined } = {},
      ) => {
        await gate(options.signal);
        options.beforeSend?.();
        sent.push(`spoof ${claimed} ${request.target}`);
      },
    };
    budget = new TargetBudget(RATES, { now: () => now, random: Math.random });
    policy = new LocalPolicy({ testNetworks: [parsePrefix('10.9.0.0/16')] }, { now: () => now });
    optOut(['8.8.4.0/24']);
    policy.setSources([SOURCE, ...['10.0.0.1', '224.0.0.1', '255.255.255.255', '127.0.0.1'].map(parseIpv4)]);
    policy.setSwitches(ALL_ON);
    worker = new Worker({
      scamper,
      replies: new ReplyMatcher({ now: () => now }),
      emissions: new EmissionWatch(),
      policy,
      budget,
      metrics: new AgentMetrics(),
      onRefused: (reason) => refused.push(reason),
    });
    const grants = new GrantVerifier({ sender: OWN, rootCertificate: authority.rootCertificate }, { now: () => now });
    grants.trust(authority.grantSigner.certificate);
    worker.identify(OWN, grants);
  });

  const signal = new AbortController().signal;
  const pingTo = (target: Ipv4Address, sender = OWN): PingRequest => ({
    type: 'ping',
    sender,
    target,
    timeoutMs: 1_000,
  });
  const ping = (target: Ipv4Address, sender = OWN): Promise<Outcome> =>
    worker.perform({ kind: 'ping', request: pingTo(target, sender) }, signal);
  const emit = (grant: string): Promise<Outcome> => worker.perform({ kind: 'emit', grant }, signal);
  const grantFor = (request: PingRequest, claimedSource = SOURCE): string => {
    const mark = { identifier: 1, sequence: 1, token: (++token).toString(16).padStart(24, '0') };
    return signer.sign(request, { claimedSource, receiver: claimedSource }, mark, now);
  };

  it('probes what may be probed, and spoofs by grant', async () => {
    expect((await ping(TARGET)).kind).toBe('ping');
    expect((await ping(parseIpv4('10.9.1.1'))).kind).toBe('ping');
    expect((await emit(grantFor(pingTo(TARGET)))).kind).toBe('emit');
    expect(sent).toHaveLength(3);
  });

  it.each([
    '10.0.0.1',
    '127.0.0.1',
    '169.254.1.1',
    '100.64.0.1',
    '192.0.2.1',
    '192.88.99.1',
    '224.0.0.1',
    '255.255.255.255',
    '0.0.0.0',
    '8.8.4.4',
  ])('never probes %s, directly or spoofed', async (target) => {
    expect(await ping(parseIpv4(target))).toMatchObject({ kind: 'failed', code: 'targetRefused' });
    expect(await emit(grantFor(pingTo(parseIpv4(target))))).toMatchObject({ kind: 'failed', code: 'targetRefused' });
    expect(sent).toEqual([]);
  });

  it.each(['10.0.0.1', '224.0.0.1', '255.255.255.255', '127.0.0.1'])('never claims %s', async (claimed) => {
    expect(await emit(grantFor(pingTo(TARGET), parseIpv4(claimed)))).toMatchObject({ code: 'spoofingRefused' });
    expect(sent).toEqual([]);
  });

  it('does not spoof without a grant, with a used one, an expired one, or one for another agent', async () => {
    const grant = grantFor(pingTo(TARGET));
    expect((await emit(grant)).kind).toBe('emit');
    expect(await emit(grant)).toMatchObject({ code: 'spoofingRefused' });
    expect(await emit('nothing.signed')).toMatchObject({ code: 'spoofingRefused' });
    expect(await emit(grantFor(pingTo(TARGET, OWN + 1)))).toMatchObject({ code: 'spoofingRefused' });
    const late = grantFor(pingTo(TARGET));
    now += 60_000;
    expect(await emit(late)).toMatchObject({ code: 'spoofingRefused' });
    expect(sent).toHaveLength(1);
    expect(refused).toEqual([
      expect.stringContaining('used before'),
      expect.stringContaining('has not signed'),
      expect.stringContaining('another sender'),
      expect.stringContaining('expired'),
    ]);
  });

  it('sends under no other address than its own', async () => {
    expect(await ping(TARGET, OWN + 1)).toMatchObject({ kind: 'failed', code: 'invalidRequest' });
    expect(sent).toEqual([]);
  });

  it('sends nothing when its opt-out list is too old', async () => {
    now += 25 * HOUR_MS;
    expect(await ping(TARGET)).toMatchObject({
      code: 'targetRefused',
      message: 'the opt-out list is older than a day',
    });
    optOut([]);
    expect((await ping(TARGET)).kind).toBe('ping');
  });

  it('probes nothing until switches, sources and a complete opt-out list have arrived', async () => {
    policy.setOptedOut(undefined);
    expect(await ping(TARGET)).toMatchObject({ code: 'targetRefused', message: expect.stringContaining('complete') });
    const fresh = new LocalPolicy({ testNetworks: [] }, { now: () => now });
    expect(fresh.refuseTarget(TARGET)).toContain('not sent its kill switches');
    expect(fresh.refuseClaim(SOURCE)).toContain('not sent its kill switches');
    fresh.setSwitches(ALL_ON);
    expect(fresh.refuseTarget(TARGET)).toContain('no complete opt-out list');
    expect(fresh.refuseClaim(SOURCE)).toContain('and sources yet');
  });

  it('claims active sources only', async () => {
    policy.setSources([TARGET]);
    expect(await emit(grantFor(pingTo(TARGET)))).toMatchObject({
      code: 'spoofingRefused',
      message: expect.stringContaining('not an active source'),
    });
    expect(sent).toEqual([]);
  });

  it.each<[string, Partial<Switches>, string[]]>([
    ['all probing', { probing: false }, []],
    ['a target', { blockedTargets: ['8.8.8.0/24'] }, []],
    ['all spoofing', { spoofing: false }, ['ping']],
    ['a source', { blockedSources: [SOURCE] }, ['ping']],
  ])('obeys the kill switch for %s', async (_, switches, left) => {
    policy.setSwitches({ ...ALL_ON, ...switches });
    await ping(TARGET);
    await emit(grantFor(pingTo(TARGET)));
    expect(sent.map((text) => text.split(' ')[0])).toEqual(left);
    policy.setSwitches(ALL_ON);
    expect((await emit(grantFor(pingTo(TARGET)))).kind).toBe('emit');
  });

  it('probes nothing after switches that it cannot read', async () => {
    expect(() => policy.setSwitches({ ...ALL_ON, blockedTargets: ['nonsense'] })).toThrow();
    expect(await ping(TARGET)).toMatchObject({ code: 'targetRefused' });
  });

  it('aborts running probes when a kill switch or an opt-out arrives', async () => {
    gate = (cancel) =>
      new Promise((_, reject) => cancel?.addEventListener('abort', () => reject(new Error('aborted'))));
    const running = [ping(TARGET), emit(grantFor(pingTo(TARGET)))];
    policy.setSwitches({ ...ALL_ON, spoofing: false });
    expect(await running[1]).toMatchObject({ code: 'spoofingRefused' });
    optOut(['8.8.8.8/32']);
    expect(await running[0]).toMatchObject({ code: 'targetRefused' });
    expect(sent).toEqual([]);
  });

  it('checks the grant again when its packet leaves the queue', async () => {
    const open = Promise.withResolvers<void>();
    gate = () => open.promise;
    const queued = emit(grantFor(pingTo(TARGET)));
    now += 31_000;
    open.resolve();
    expect(await queued).toMatchObject({ code: 'spoofingRefused', message: expect.stringContaining('expired') });
    expect(sent).toEqual([]);
  });

  it('limits the packets to one address, and says when to retry', async () => {
    const outcomes: Outcome[] = [];
    for (let i = 0; i < 30; i++) outcomes.push(await ping(TARGET));
    expect(sent).toHaveLength(20);
    expect(outcomes.at(-1)).toMatchObject({ code: 'targetBudget', retryAfterMs: 200 });
    now += 200;
    expect((await ping(TARGET)).kind).toBe('ping');
    expect(refused.at(-1)).toContain('8.8.8.8 has received its budget');
  });

  it('counts all packets that a traceroute without a result can send', async () => {
    const request = {
      type: 'traceroute',
      sender: OWN,
      target: TARGET,
      maxHops: 10,
      attempts: 5,
      timeoutMs: 1_000,
    } as const;
    const codes: string[] = [];
    for (let i = 0; i < 3; i++) {
      const stop = new AbortController();
      gate = () => {
        stop.abort();
        return Promise.reject(cancelled());
      };
      now += 10_000;
      const outcome = await worker.perform({ kind: 'traceroute', request }, stop.signal);
      codes.push(outcome.kind === 'failed' ? outcome.code : outcome.kind);
    }
    expect(codes).toEqual(['proberStopped', 'proberStopped', 'targetBudget']);
    expect(sent).toHaveLength(2);
  });

  it('does nothing before it knows its own address', async () => {
    const scamper = { ping: unasked, traceroute: unasked, emitSpoofed: unasked };
    const nobody = new Worker({
      scamper,
      replies: undefined,
      emissions: undefined,
      policy,
      budget,
      metrics: new AgentMetrics(),
      onRefused: (reason) => refused.push(reason),
    });
    expect(await nobody.perform({ kind: 'ping', request: pingTo(TARGET) }, signal)).toMatchObject({ kind: 'failed' });
    expect(await nobody.perform({ kind: 'emit', grant: grantFor(pingTo(TARGET)) }, signal)).toMatchObject({
      code: 'spoofingRefused',
    });
  });
});

/** An echo reply as the kernel delivers it. */
function replyFrom(source: Ipv4Address, { identifier, sequence, token }: SpoofMark, padding = 0): Uint8Array {
  const payload = Buffer.concat([Buffer.alloc(4), Buffer.from(token, 'hex'), Buffer.alloc(padding)]);
  const packet = buildEchoRequest({ source, destination: OWN, ttl: 50, identifier, sequence, payload });
  writeIcmp(packet, 20, packet.length, 0, 0, identifier, sequence);
  writeIpv4Header(packet, 0, 20, packet.length, { source, destination: OWN, ttl: 50, protocol: 1 });
  return packet;
}

describe('matching replies', () => {
  const mark: SpoofMark = { identifier: 77, sequence: 88, token: 'a1b2c3d4e5f60718' };
  let now = 0;
  let matcher: ReplyMatcher;
  beforeEach(() => {
    now = 0;
    matcher = new ReplyMatcher({ now: () => now });
  });

  it('finds the reply to a probe among others', async () => {
    const waiting = matcher.expect({ target: TARGET, mark }, 1_000);
    matcher.offer(replyFrom(TARGET, { ...mark, sequence: 89 }));
    matcher.offer(replyFrom(TARGET, { ...mark, token: 'ffffffffffffffff' }));
    matcher.offer(replyFrom(TARGET + 1, mark));
    expect(matcher.isWaiting).toBe(true);
    matcher.offer(replyFrom(TARGET, mark));
    expect(await waiting).toBeDefined();
    expect([matcher.isWaiting, matcher.counts]).toEqual([false, { seen: 4, matched: 1 }]);
  });

  it('keeps a reply that arrives before the order to wait for it, for two seconds', async () => {
    matcher.offer(replyFrom(TARGET, mark));
    expect(await matcher.expect({ target: TARGET, mark }, 1)).toBeDefined();
    expect(await matcher.expect({ target: TARGET, mark }, 1)).toBeUndefined();
    matcher.offer(replyFrom(TARGET, mark));
    now = 3_000;
    expect(await matcher.expect({ target: TARGET, mark }, 1)).toBeUndefined();
  });

  it('ignores a reply that its target has padded with more than a kilobyte', async () => {
    const waiting = matcher.expect({ target: TARGET, mark }, 1_000);
    for (const padding of [1_500, 4_000, 60_000]) matcher.offer(replyFrom(TARGET, mark, padding));
    expect(matcher.isWaiting).toBe(true);
    const padded = replyFrom(TARGET, mark, 100);
    matcher.offer(padded);
    expect(await waiting).toEqual(padded);
  });

  it('survives a flood of replies', () => {
    for (let i = 0; i < 50_000; i++)
      matcher.offer(replyFrom(TARGET, { ...mark, sequence: i & 0xffff, identifier: i >> 4 }));
    expect(matcher.counts.seen).toBe(50_000);
  });

  it('survives packets that are cut short', () => {
    const whole = replyFrom(TARGET, mark);
    for (let length = 1; length < whole.length; length++) matcher.offer(whole.slice(0, length));
    expect(matcher.counts.matched).toBe(0);
  });

  it('ends when it is cancelled', async () => {
    const cancel = new AbortController();
    const waiting = matcher.expect({ target: TARGET, mark }, 60_000, cancel.signal);
    cancel.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
    expect(matcher.isWaiting).toBe(false);
  });
});
