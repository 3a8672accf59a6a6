import { type Ipv4Address, parseIpv4 } from '@revtr/net';
import type { PingReply, PingRequest } from '@revtr/probing';
import { beforeEach, describe, expect, it } from 'vitest';
import { AgentProofs, PROVEN_TESTS } from '../src/agents/agent-proofs.ts';
import { ManualClock } from './manual-clock.ts';

const [SOURCE, SENDER, TARGET] = ['192.0.2.1', '192.0.2.2', '192.0.2.3'].map(parseIpv4);
const OPTION = { option: { type: 'recordRoute', slots: 9 } } as const;
const SPOOF = { spoof: { claimedSource: SOURCE, receiver: SOURCE } };
const RECORDED = { recordRoute: [TARGET] };

describe('what answers show about agents', () => {
  let clock: ManualClock;
  let proofs: AgentProofs;
  beforeEach(() => {
    clock = new ManualClock();
    proofs = new AgentProofs({ clock });
  });
  const answer = (of: Partial<PingRequest>, by: Partial<PingReply>): void => {
    const request: PingRequest = { type: 'ping', sender: SENDER, target: TARGET, timeoutMs: 1, ...of };
    const reply = { from: TARGET, icmpType: 0, icmpCode: 0, rttMs: 1, ttl: 60, ...by };
    proofs.after(request, { type: 'ping', request, sentAt: 0, reply });
  };
  const provenOf = (proofOf: ReturnType<AgentProofs['watch']>): string[] =>
    PROVEN_TESTS.filter((test) => proofOf(test) !== undefined);
  const proven = (address: Ipv4Address): string[] => provenOf(proofs.watch(address));

  it.each([
    ['a ping', {}, {}, [], ['ping']],
    ['a Record Route ping', OPTION, RECORDED, [], ['receiveRecordRoute']],
    ['a spoofed probe', { ...OPTION, ...SPOOF }, RECORDED, ['receiveSpoofed'], ['sendSpoofed']],
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

  it('does not take the time of a process whose clock is ahead', async () => {
    proofs.adopt({ address: SOURCE, test: 'ping', sender: SOURCE, target: TARGET, at: clock.now() + 60_000 });
    expect(proven(SOURCE)).toEqual(['ping']);
    await clock.advance(1);
    expect(proven(SOURCE)).toEqual([]);
  });
});
