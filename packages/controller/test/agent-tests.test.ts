import { setImmediate } from 'node:timers/promises';
import { parseIpv4 } from '@revtr/net';
import { cancelled, type PingRequest, type Prober, ProbingError } from '@revtr/probing';
import { describe, expect, it } from 'vitest';
import { AgentProofs } from '../src/agents/agent-proofs.ts';
import { testAgent } from '../src/agents/agent-tests.ts';
import { ManualClock } from './manual-clock.ts';

const proofOf = (): undefined => undefined;

describe('the tests of an agent', () => {
  it('leave no rejected probe behind when they are cancelled', async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown): number => unhandled.push(reason);
    process.on('unhandledRejection', note);
    const prober: Prober = { ping: () => Promise.reject(cancelled()), traceroute: () => Promise.reject(cancelled()) };
    const [address, ...partners] = ['192.0.2.1', '192.0.2.2', '192.0.2.3'].map(parseIpv4);
    const plan = { address, kind: 'source', senderOnly: false, partners, targets: partners } as const;
    await expect(testAgent(plan, { prober, proofOf, signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'cancelled',
    });
    await setImmediate();
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });

  it('fail no agent because the connection to it, or to its partners, ends', async () => {
    const [address, ...partners] = ['192.0.2.1', '192.0.2.2', '192.0.2.3'].map(parseIpv4);
    const plan = { address, kind: 'source', senderOnly: false, partners, targets: partners } as const;
    const verdicts = async (fail: () => ProbingError): Promise<Record<string, string>> => {
      const silent: Prober['ping'] = async (request) => ({ type: 'ping', request, sentAt: 0 });
      const prober: Prober = {
        ping: (request) => (request.spoof === undefined ? silent(request) : Promise.reject(fail())),
        traceroute: () => Promise.reject(fail()),
      };
      const results = await testAgent(plan, { prober, proofOf, signal: new AbortController().signal });
      return Object.fromEntries(results.map(({ name, verdict }) => [name, verdict]));
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
    const broken = await verdicts(() => new ProbingError('proberStopped', 'the agent has no scamper'));
    expect(new Set(Object.values(broken))).toEqual(new Set(['failed']));
  });

  it('pass where measurements are answered although a router drops the probes of the tests', async () => {
    const [address, ...partners] = ['192.0.2.1', '192.0.2.2', '192.0.2.3'].map(parseIpv4);
    const plan = { address, kind: 'source', senderOnly: false, partners, targets: partners } as const;
    const silent: Prober = {
      ping: async (request) => ({ type: 'ping', request, sentAt: 0 }),
      traceroute: () => Promise.reject(new ProbingError('proberStopped', 'the agent has no scamper')),
    };
    const proofs = new AgentProofs({ clock: new ManualClock(), ownerOf: () => null });
    const signal = new AbortController().signal;
    const testing = testAgent(plan, { prober: silent, proofOf: proofs.watch(address), signal });
    const [sender, target] = partners;
    const request: PingRequest = {
      ...{ type: 'ping', sender, target, timeoutMs: 1, option: { type: 'recordRoute', slots: 9 } },
      spoof: { claimedSource: address, receiver: address },
    };
    const reply = { from: target, icmpType: 0, icmpCode: 0, rttMs: 1, ttl: 60, recordRoute: [target] };
    proofs.after(request, { type: 'ping', request, sentAt: 0, reply }, undefined);
    const results = await testing;
    const verdicts = Object.fromEntries(results.map(({ name, verdict }) => [name, verdict]));
    expect(verdicts).toEqual({
      ...{ ping: 'failed', traceroute: 'failed', receiveRecordRoute: 'failed', sendSpoofed: 'failed' },
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
      const plan = { address, kind: 'vantagePoint', senderOnly: false, partners, targets: partners } as const;
      const results = await testAgent(plan, { prober, proofOf, signal: new AbortController().signal });
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
