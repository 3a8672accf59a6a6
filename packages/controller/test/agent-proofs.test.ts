import { type Ipv4Address, parseIpv4 } from '@revtr/net';
import type { PingReply, PingRequest } from '@revtr/probing';
import { beforeEach, describe, expect, it } from 'vitest';
import { AgentProofs, PROVEN_TESTS } from '../src/agents/agent-proofs.ts';
import type { ProbeCause } from '../src/safety/probe-context.ts';
import { ManualClock } from './manual-clock.ts';

const [SOURCE, SENDER, TARGET, OTHER] = ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4'].map(parseIpv4);
const OPTION = { option: { type: 'recordRoute', slots: 9 } } as const;
const SPOOF = { spoof: { claimedSource: SOURCE, receiver: SOURCE } };
const RECORDED = { recordRoute: [TARGET] };

describe('what answers show about agents', () => {
  let clock: ManualClock;
  let proofs: AgentProofs;
  /** The operator owns all others; `undefined`: no agent has the address. */
  let owners: Map<Ipv4Address, number | undefined>;
  beforeEach(() => {
    clock = new ManualClock();
    owners = new Map();
    const ownerOf = (address: Ipv4Address) => (owners.has(address) ? owners.get(address) : null);
    proofs = new AgentProofs({ clock, ownerOf });
  });
  const answer = (of: Partial<PingRequest>, by: Partial<PingReply>, cause?: ProbeCause): void => {
    const request: PingRequest = { type: 'ping', sender: SENDER, target: TARGET, timeoutMs: 1, ...of };
    const reply = { from: TARGET, icmpType: 0, icmpCode: 0, rttMs: 1, ttl: 60, ...by };
    proofs.after(request, { type: 'ping', request, sentAt: 0, reply }, cause);
  };
  const arrivesAt = (receiver: Ipv4Address): void =>
    answer({ ...OPTION, spoof: { claimedSource: receiver, receiver } }, RECORDED);
  const provenOf = (proofOf: ReturnType<AgentProofs['watch']>): string[] =>
    PROVEN_TESTS.filter((test) => proofOf(test) !== undefined);
  const proven = (address: Ipv4Address): string[] => provenOf(proofs.watch(address));

  it.each([
    ['a ping', {}, {}, [], ['ping']],
    ['a Record Route ping', OPTION, RECORDED, [], ['receiveRecordRoute']],
    ['a spoofed probe', { ...OPTION, ...SPOOF }, RECORDED, ['receiveSpoofed'], []],
    ['a Record Route ping whose option was removed', OPTION, {}, [], []],
    ['a spoofed probe whose option was removed', { ...OPTION, ...SPOOF }, {}, [], []],
    ['an ICMP error', { ...OPTION, ...SPOOF }, { ...RECORDED, icmpType: 11 }, [], []],
  ])('is what a test would have shown: %s', (_, request, reply, ofSource, ofSender) => {
    answer(request, reply);
    expect(proven(SOURCE)).toEqual(ofSource);
    expect(proven(SENDER)).toEqual(ofSender);
  });

  it('counts only from when an agent is watched', async () => {
    answer({}, {});
    await clock.advance(1);
    const before = proofs.watch(SENDER);
    expect(provenOf(before)).toEqual([]);
    await clock.advance(300);
    answer({}, {});
    expect(provenOf(before)).toEqual(['ping']);
  });

  it.each([
    ['its sender', { target: SENDER }],
    ['its sender, with Record Route', { ...OPTION, target: SENDER }],
    ['the source that it claims', { ...OPTION, ...SPOOF, target: SOURCE }],
    ['its sender, with the source of another agent', { ...OPTION, ...SPOOF, target: SENDER }],
  ])('is nothing when a probe leads to %s', (_, request) => {
    answer(request, RECORDED);
    expect([proven(SOURCE), proven(SENDER)]).toEqual([[], []]);
  });

  it('is nothing when a user has chosen the probe', () => {
    const userId = 1;
    answer({ ...OPTION, ...SPOOF }, RECORDED, { type: 'rawProbe', probeId: 1, userId, keyId: undefined });
    expect(proven(SOURCE)).toEqual([]);
    answer({ ...OPTION, ...SPOOF }, RECORDED, {
      type: 'measurement',
      measurementId: 1,
      batchId: 1,
      userId,
      keyId: undefined,
    });
    expect(proven(SOURCE)).toEqual(['receiveSpoofed']);
  });

  it('is that an agent can spoof when two receivers say so while it is watched', async () => {
    arrivesAt(SOURCE);
    await clock.advance(1_000);
    const proofOf = proofs.watch(SENDER);
    arrivesAt(OTHER);
    expect(provenOf(proofOf)).toEqual([]);
    await clock.advance(1_000);
    arrivesAt(OTHER);
    expect(provenOf(proofOf)).toEqual([]);
    arrivesAt(SOURCE);
    expect(provenOf(proofOf)).toEqual(['sendSpoofed']);
  });

  it.each([
    ['its owner has both', 1, 1, []],
    ['its owner has one of them', 1, 2, []],
    ['one of them is not an agent', undefined, 2, []],
    ['others have both', 2, 3, ['sendSpoofed']],
  ])('is whether an agent can spoof only by independent receivers: %s', (_, ofSource, ofOther, expected) => {
    owners.set(SENDER, 1).set(SOURCE, ofSource).set(OTHER, ofOther);
    for (const receiver of [SOURCE, OTHER, SOURCE, OTHER]) arrivesAt(receiver);
    expect(proven(SENDER)).toEqual(expected);
  });

  it('does not take the time of a process whose clock is a little ahead, and nothing from one that is far ahead', async () => {
    const proof = { address: SOURCE, sender: SOURCE, target: TARGET };
    proofs.adopt({ ...proof, test: 'ping', at: clock.now() + 100 });
    proofs.adopt({ ...proof, test: 'receiveRecordRoute', at: clock.now() + 101 });
    expect(proven(SOURCE)).toEqual(['ping']);
    await clock.advance(100);
    expect(proven(SOURCE)).toEqual([]);
  });

  it('ends when the clock is set back, also when the time of an old proof comes again', async () => {
    answer({}, {});
    arrivesAt(SOURCE);
    clock.setBack(1_000);
    const proofOf = proofs.watch(SENDER);
    arrivesAt(OTHER);
    expect(provenOf(proofOf)).toEqual([]);
    await clock.advance(1_000);
    expect(provenOf(proofOf)).toEqual([]);
  });

  it('ends when the clock is set back while an agent is watched', () => {
    const proofOf = proofs.watch(SENDER);
    answer({}, {});
    clock.setBack(1_000);
    expect(provenOf(proofOf)).toEqual([]);
  });

  it('begins again when the clock was set back', () => {
    answer({}, {});
    const proof = { address: SENDER, sender: SENDER, target: TARGET, test: 'sendSpoofed' } as const;
    proofs.adopt({ ...proof, at: clock.now() });
    clock.setBack(1_000);
    answer({}, {});
    proofs.adopt({ ...proof, at: clock.now() });
    expect(proven(SENDER)).toEqual(['ping', 'sendSpoofed']);
  });
});
