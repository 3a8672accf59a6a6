import { setImmediate } from 'node:timers/promises';
import { parseIpv4 } from '@revtr/net';
import { cancelled, type PingRequest, type Prober, ProbingError } from '@revtr/probing';
import { describe, expect, it } from 'vitest';
import { AgentProofs } from '../src/agents/agent-proofs.ts';
import { type TestPlan, testAgent } from '../src/agents/agent-tests.ts';
import type { TestResult } from '../src/agents/report.ts';
import { ManualClock } from './manual-clock.ts';

const proofOf = (): undefined => undefined;
const isForbidden = async (): Promise<boolean> => false;
const [ADDRESS, A, B, C] = ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4'].map(parseIpv4);
/** The plan of a source with two partners, both of which can spoof. */
const PLAN: TestPlan = {
  ...{ address: ADDRESS, kind: 'source', senderOnly: false },
  ...{ spoofers: [A, B], otherSenders: [], ableReceivers: [], otherReceivers: [A, B], targets: [A, B] },
};

/** A network in which the probes are answered that `answers` names. */
const networkOf = (answers: (request: PingRequest) => boolean): Prober => ({
  ping: async (request) => {
    const { target, option } = request;
    const stamps = option && { recordRoute: [target] };
    const reply = { from: target, icmpType: 0, icmpCode: 0, rttMs: 1, ttl: 60, ...stamps };
    return { type: 'ping', request, sentAt: 0, ...(answers(request) && { reply }) };
  },
  traceroute: async (request) => ({
    ...{ type: 'traceroute', request, startedAt: 0, endedAt: 1, stop: 'completed', probesSent: 1 },
    hops: [{ ttl: 1, from: request.target, rttMs: 1 }],
  }),
});

const resultsOf = async (plan: TestPlan, prober: Prober): Promise<Readonly<Record<string, TestResult>>> => {
  const results = await testAgent(plan, { prober, isForbidden, proofOf, signal: new AbortController().signal });
  return Object.fromEntries(results.map((result) => [result.name, result]));
};
const isToSource = ({ spoof }: PingRequest): boolean => spoof?.claimedSource === ADDRESS;

describe('the tests of an agent', () => {
  it('leave no rejected probe behind when they are cancelled', async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown): number => unhandled.push(reason);
    process.on('unhandledRejection', note);
    const prober: Prober = { ping: () => Promise.reject(cancelled()), traceroute: () => Promise.reject(cancelled()) };
    await expect(testAgent(PLAN, { prober, isForbidden, proofOf, signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'cancelled',
    });
    await setImmediate();
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });

  it('fail no agent because the connection to it, or to its partners, ends', async () => {
    const { ping } = networkOf(({ sender }) => sender !== ADDRESS);
    const verdicts = async (fail: () => ProbingError): Promise<Record<string, string>> => {
      const results = await resultsOf(PLAN, {
        ping: (request) => (request.spoof === undefined ? ping(request) : Promise.reject(fail())),
        traceroute: () => Promise.reject(fail()),
      });
      return Object.fromEntries(Object.entries(results).map(([name, { verdict }]) => [name, verdict]));
    };
    const lost = await verdicts(
      () => new ProbingError('proberStopped', 'the stream has ended', { isUnreachable: true }),
    );
    expect(lost).toEqual({
      ...{ ping: 'failed', receiveRecordRoute: 'failed' },
      ...{ traceroute: 'notTested', receiveSpoofed: 'notTested', sendSpoofed: 'notTested' },
    });
    const stopped = await verdicts(
      () => new ProbingError('killSwitch', 'no spoofing', { scope: 'spoofing', subject: '' }),
    );
    expect(stopped).toEqual(lost);
    const unrecorded = await verdicts(() => new ProbingError('auditUnavailable', 'the disk is full'));
    expect(unrecorded).toEqual(lost);
    const broken = await verdicts(() => new ProbingError('proberStopped', 'the agent has no scamper'));
    expect(broken).toEqual({
      ...{ ping: 'failed', receiveRecordRoute: 'failed', traceroute: 'failed' },
      // Its partners have sent nothing to it, and have not shown that they receive anything.
      ...{ receiveSpoofed: 'notTested', sendSpoofed: 'notTested' },
    });
  });

  it('fail no agent for what an operator has stopped, although only the agents know of it', async () => {
    const { ping, traceroute } = networkOf(() => true);
    const isRefused = ({ sender, target, spoof }: PingRequest): boolean =>
      spoof === undefined ? sender === ADDRESS && target !== C : sender === ADDRESS;
    const refusing: Prober = {
      traceroute,
      ping: (request) =>
        isRefused(request) ? Promise.reject(new ProbingError('invalidRequest', 'stopped')) : ping(request),
    };
    const stopped: string[] = [];
    const results = await testAgent(PLAN, {
      ...{ prober: refusing, proofOf, signal: new AbortController().signal },
      isForbidden: async (request) => {
        stopped.push(`${request.sender} ${request.target}`);
        return true;
      },
    });
    expect(new Set(stopped)).toEqual(new Set([`${ADDRESS} ${A}`, `${ADDRESS} ${B}`]));
    const verdicts = Object.fromEntries(results.map(({ name, verdict }) => [name, verdict]));
    expect(verdicts).toEqual({
      ...{ ping: 'notTested', receiveRecordRoute: 'notTested', sendSpoofed: 'notTested' },
      ...{ traceroute: 'passed', receiveSpoofed: 'passed' },
    });
  });

  it('fail no vantage point because its partners receive no replies', async () => {
    const plan: TestPlan = { ...PLAN, kind: 'vantagePoint', targets: [A, B, C] };
    const sendSpoofed = async (answers: (request: PingRequest) => boolean, changes: Partial<TestPlan> = {}) =>
      (await resultsOf({ ...plan, ...changes }, networkOf(answers))).sendSpoofed;
    const isUnknown = { verdict: 'notTested', reason: expect.stringContaining('could receive') };
    const isSpoofed = ({ spoof }: PingRequest): boolean => spoof !== undefined;
    expect(await sendSpoofed((request) => !isSpoofed(request))).toMatchObject(isUnknown);
    // A receives what B sends in its name: the tested agent is the cause.
    const failed = await sendSpoofed(({ sender, spoof }) => spoof?.receiver !== B && (!spoof || sender === B));
    expect(failed).toMatchObject({ verdict: 'failed' });
    expect(failed.evidence.filter(({ ok }) => ok).map(({ sender }) => sender)).toContain('192.0.2.3');
    // Without another agent that can spoof, only a receiver that has passed its own test, and that gets replies, tells something.
    const alone = { spoofers: [], otherSenders: [A, B] };
    expect(await sendSpoofed((request) => !isSpoofed(request), alone)).toMatchObject(isUnknown);
    const able = { ...alone, ableReceivers: [A], otherReceivers: [B] };
    expect(await sendSpoofed((request) => !isSpoofed(request), able)).toMatchObject({ verdict: 'failed' });
    const isOption = ({ option }: PingRequest): boolean => option !== undefined;
    expect(await sendSpoofed((request) => !isOption(request), able)).toMatchObject(isUnknown);
  });

  it('ask able receivers first among many that cannot receive', async () => {
    const deaf = Array.from({ length: 8 }, (_, i) => C + 1 + i);
    const plan: TestPlan = {
      ...{ ...PLAN, kind: 'vantagePoint', spoofers: deaf, ableReceivers: [A], otherReceivers: deaf },
      targets: [...deaf, A, B],
    };
    const hears = ({ spoof }: PingRequest): boolean => spoof === undefined || spoof.receiver === A;
    const { sendSpoofed } = await resultsOf(plan, networkOf(hears));
    expect([sendSpoofed.verdict, sendSpoofed.evidence.length]).toEqual(['passed', 8]);
    expect(sendSpoofed.evidence.filter(({ ok }) => ok)).toHaveLength(4);
    const cannot = networkOf((request) => hears(request) && !(request.spoof && request.sender === ADDRESS));
    expect(await resultsOf(plan, cannot)).toMatchObject({ sendSpoofed: { verdict: 'failed' } });
  });

  it('fail no vantage point because a receiver was away for a moment', async () => {
    const plan: TestPlan = { ...PLAN, kind: 'vantagePoint', spoofers: [], ableReceivers: [A], otherReceivers: [] };
    let lost = 1;
    const away = networkOf(({ spoof }) => spoof?.receiver !== A || lost-- <= 0);
    const { sendSpoofed } = await resultsOf(plan, away);
    expect([sendSpoofed.verdict, sendSpoofed.evidence.map(({ ok }) => ok)]).toEqual(['passed', [false, true]]);
    const never = networkOf(({ spoof }) => spoof?.receiver !== A);
    expect(await resultsOf(plan, never)).toMatchObject({ sendSpoofed: { verdict: 'failed' } });
  });

  it('fail an agent that itself refuses to spoof, whatever its receivers can do, and not one whose receiver refuses', async () => {
    const plan: TestPlan = { ...PLAN, kind: 'vantagePoint', spoofers: [] };
    const { ping, traceroute } = networkOf(({ spoof }) => spoof === undefined);
    const testedWith = async (refusedBy: string) =>
      (
        await resultsOf(plan, {
          traceroute,
          ping: (request) =>
            request.spoof !== undefined && request.sender === ADDRESS
              ? Promise.reject(new ProbingError('proberStopped', 'it does not run scamper', { refusedBy }))
              : ping(request),
        })
      ).sendSpoofed;
    const own = await testedWith('192.0.2.1');
    expect(own).toMatchObject({ verdict: 'failed', reason: expect.stringContaining('refused to send') });
    expect(own.evidence).toHaveLength(2);
    expect(await testedWith('192.0.2.2')).toMatchObject({ verdict: 'notTested' });
  });

  it('fail no source because its partners are not known to be able to spoof, and pass it if one spoofs nevertheless', async () => {
    const plan = { ...PLAN, spoofers: [], otherSenders: [A, B] };
    const silent = networkOf((request) => !isToSource(request));
    const { receiveSpoofed } = await resultsOf(plan, silent);
    expect(receiveSpoofed).toMatchObject({ verdict: 'notTested', reason: expect.stringContaining('was connected') });
    expect(receiveSpoofed.evidence).toHaveLength(2);
    const able = networkOf((request) => !isToSource(request) || request.sender === B);
    expect(await resultsOf(plan, able)).toMatchObject({ receiveSpoofed: { verdict: 'passed' } });
    // One of them is known to be able, and has its chance.
    const known = await resultsOf({ ...plan, spoofers: [B], otherSenders: [A] }, silent);
    expect(known.receiveSpoofed).toMatchObject({ verdict: 'failed' });
    expect(known.receiveSpoofed).not.toHaveProperty('reason');
  });

  it('fail no source because the address that a spoofer has probed does not answer', async () => {
    const plan = { ...PLAN, spoofers: [A], otherReceivers: [A], targets: [A, C] };
    const dead = await resultsOf(
      plan,
      networkOf(({ target }) => target !== C),
    );
    expect(dead).toMatchObject({
      receiveRecordRoute: { verdict: 'passed' },
      receiveSpoofed: { verdict: 'notTested', reason: expect.stringContaining('to an address that answers') },
    });
    const alive = await resultsOf(
      plan,
      networkOf((request) => !isToSource(request)),
    );
    expect(alive).toMatchObject({ receiveSpoofed: { verdict: 'failed' } });
  });

  it('fail no source because a spoofer refuses to send', async () => {
    const { ping, traceroute } = networkOf(() => true);
    const refusing: Prober = {
      traceroute,
      ping: (request) =>
        isToSource(request)
          ? Promise.reject(new ProbingError('spoofingRefused', 'no list of opt-outs'))
          : ping(request),
    };
    const isTold = { verdict: 'notTested', reason: expect.stringContaining('has sent a probe') };
    expect(await resultsOf(PLAN, refusing)).toMatchObject({ receiveSpoofed: isTold });
    // The silence after the probe of another agent, which may not be able to spoof, changes nothing.
    const isRefused = (request: PingRequest): boolean => isToSource(request) && request.sender === A;
    const silent = networkOf((request) => !isToSource(request));
    const half: Prober = { ...silent, ping: (request) => (isRefused(request) ? refusing : silent).ping(request) };
    expect(await resultsOf({ ...PLAN, spoofers: [A], otherSenders: [B] }, half)).toMatchObject({
      receiveSpoofed: isTold,
    });
  });

  it('give the probes of a source to those that can spoof first', async () => {
    const targets = Array.from({ length: 9 }, (_, i) => C + 1 + i);
    const plan = { ...PLAN, spoofers: [B], otherSenders: [A, C], targets };
    const { receiveSpoofed } = await resultsOf(
      plan,
      networkOf(() => true),
    );
    expect(receiveSpoofed.evidence.map(({ sender }) => sender)).toEqual(Array(8).fill('192.0.2.3'));
    expect(new Set(receiveSpoofed.evidence.map(({ target }) => target)).size).toBe(8);
  });

  it('fail an agent without Record Route only if others get answers from the same addresses', async () => {
    const isOption = ({ option, spoof }: PingRequest): boolean => option !== undefined && spoof === undefined;
    const own = await resultsOf(
      PLAN,
      networkOf((request) => !isOption(request) || request.sender !== ADDRESS),
    );
    expect(own.receiveRecordRoute.verdict).toBe('failed');
    expect(own.receiveRecordRoute.evidence.filter(({ ok }) => ok)).toEqual([
      { sender: '192.0.2.2', target: '192.0.2.3', ok: true, detail: 'reply with 1 addresses recorded' },
      { sender: '192.0.2.3', target: '192.0.2.2', ok: true, detail: 'reply with 1 addresses recorded' },
    ]);
    const everywhere = await resultsOf(
      PLAN,
      networkOf((request) => !isOption(request)),
    );
    expect(everywhere).toMatchObject({
      ping: { verdict: 'passed' },
      receiveRecordRoute: { verdict: 'notTested', reason: expect.stringContaining('another agent') },
    });
  });

  it('pass where measurements are answered although a router drops the probes of the tests', async () => {
    const silent: Prober = {
      ping: networkOf(({ sender, spoof }) => sender !== ADDRESS && spoof === undefined).ping,
      traceroute: () => Promise.reject(new ProbingError('proberStopped', 'the agent has no scamper')),
    };
    const proofs = new AgentProofs({ clock: new ManualClock(), ownerOf: () => null });
    const signal = new AbortController().signal;
    const testing = testAgent(PLAN, { prober: silent, isForbidden, proofOf: proofs.watch(ADDRESS), signal });
    const [sender, target] = [A, B];
    const request: PingRequest = {
      ...{ type: 'ping', sender, target, timeoutMs: 1, option: { type: 'recordRoute', slots: 9 } },
      spoof: { claimedSource: ADDRESS, receiver: ADDRESS },
    };
    const reply = { from: target, icmpType: 0, icmpCode: 0, rttMs: 1, ttl: 60, recordRoute: [target] };
    proofs.after(request, { type: 'ping', request, sentAt: 0, reply }, undefined);
    const results = await testing;
    const verdicts = Object.fromEntries(results.map(({ name, verdict }) => [name, verdict]));
    expect(verdicts).toEqual({
      ...{ ping: 'failed', traceroute: 'failed', receiveRecordRoute: 'failed', sendSpoofed: 'notTested' },
      receiveSpoofed: 'passed',
    });
    const evidence = results.flatMap((result) => (result.name === 'receiveSpoofed' ? result.evidence : []));
    expect(evidence.filter(({ ok }) => ok)).toEqual([
      {
        ...{ sender: '192.0.2.2', target: '192.0.2.3', ok: true },
        detail: 'another probe, for example of a measurement, was answered during the test',
      },
    ]);
  });

  it('send eight spoofed probes each way, with different partners and targets, also among thousands of agents', async () => {
    const spoofed: string[] = [];
    const prober: Prober = {
      ping: async (request) => {
        const { sender, target, spoof } = request;
        if (spoof?.claimedSource === address) spoofed.push(`${sender} ${target}`);
        return { type: 'ping', request, sentAt: 0 };
      },
      traceroute: () => Promise.reject(new ProbingError('proberStopped', 'the agent has no scamper')),
    };
    const address = parseIpv4('10.0.0.0');
    const agents = (count: number): number[] => Array.from({ length: count }, (_, i) => address + 1 + i);
    const probesAmong = async (partners: readonly number[]): Promise<readonly string[]> => {
      const roles = {
        spoofers: [],
        otherSenders: partners,
        ableReceivers: [],
        otherReceivers: partners,
        targets: partners,
      };
      const plan = { address, kind: 'vantagePoint', senderOnly: false, ...roles } as const;
      const results = await testAgent(plan, { prober, isForbidden, proofOf, signal: new AbortController().signal });
      const received = results.find(({ name }) => name === 'receiveSpoofed');
      expect(received?.evidence).toHaveLength(spoofed.length);
      return spoofed.splice(0);
    };
    const [a, b, c] = agents(3);
    const few = await probesAmong([a, b, c]);
    // Each partner with each target except itself.
    expect(new Set(few)).toEqual(
      new Set([a, b, c].flatMap((x) => [a, b, c].flatMap((y) => (x === y ? [] : `${x} ${y}`)))),
    );
    expect(few).toHaveLength(6);
    expect(await probesAmong([a])).toEqual([]);
    const many = await probesAmong(agents(5_000));
    expect(many).toHaveLength(8);
    expect(new Set(many.map((pair) => pair.split(' ')[0])).size).toBe(8);
  });
});
