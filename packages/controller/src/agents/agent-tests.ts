import { formatIpv4, type Ipv4Address, MAX_RECORD_ROUTE_SLOTS } from '@revtr/net';
import { isHeldBack, type PingRequest, type PingResult, type Prober, ProbingError } from '@revtr/probing';
import type { Proof } from './agent-proofs.ts';
import { type Evidence, TEST_NAMES, type TestName, type TestResult } from './report.ts';

/** Who is tested, and with whom. */
export interface TestPlan {
  readonly address: Ipv4Address;
  readonly kind: 'source' | 'vantagePoint';
  /** Whether the agent never receives spoofed replies. */
  readonly senderOnly: boolean;
  /** Other agents, best first. They send probes with the tested agent's address, and it sends probes with theirs. */
  readonly partners: readonly Ipv4Address[];
  /** Addresses to probe, best first. */
  readonly targets: readonly Ipv4Address[];
}

/** The tests that each kind of agent must pass. */
const REQUIRED: Readonly<Record<TestPlan['kind'], readonly TestName[]>> = {
  source: ['ping', 'traceroute', 'receiveRecordRoute', 'receiveSpoofed'],
  vantagePoint: ['ping', 'traceroute', 'receiveRecordRoute', 'sendSpoofed'],
};

const TIMEOUT_MS = 2_000;
/** Probes of one test. One success is enough, because some paths filter packets with options. */
const MOST_PROBES = 8;
/** A probe of a test. `isInterrupted`: an agent could not be reached, or an operator has stopped the probe, which says nothing about what the tested agent can do. */
interface Probed {
  readonly evidence: Evidence;
  readonly isInterrupted: boolean;
}

const RECORD_ROUTE = { type: 'recordRoute', slots: MAX_RECORD_ROUTE_SLOTS } as const;

/**
 * Tests what an agent can do: pings, a traceroute, Record Route, and spoofed probes both ways. Every probe is evidence. A test without an answer passes
 * nevertheless if `proofOf` knows a probe of somebody else that was answered meanwhile.
 */
export async function testAgent(
  plan: TestPlan,
  {
    prober,
    proofOf,
    signal,
  }: {
    readonly prober: Prober;
    readonly proofOf: (test: TestName) => Proof | undefined;
    readonly signal: AbortSignal;
  },
): Promise<TestResult[]> {
  const { address, kind, senderOnly, partners, targets } = plan;
  const ping = (request: Omit<PingRequest, 'type' | 'timeoutMs'>): Promise<Probed> =>
    probe(request, async () => judge(await prober.ping({ type: 'ping', timeoutMs: TIMEOUT_MS, ...request }, signal)));
  const others = (besides: Ipv4Address): Ipv4Address[] => targets.filter((target) => target !== besides);
  const ownPings = (option?: PingRequest['option']): Promise<Probed>[] =>
    targets.slice(0, MOST_PROBES).map((target) => ping({ sender: address, target, ...(option && { option }) }));
  const received = senderOnly
    ? []
    : pairs(partners, others).map(([sender, target]) =>
        ping({ sender, target, option: RECORD_ROUTE, spoof: { claimedSource: address, receiver: address } }),
      );
  const sent = pairs(partners, others).map(([partner, target]) =>
    ping({ sender: address, target, option: RECORD_ROUTE, spoof: { claimedSource: partner, receiver: partner } }),
  );
  const probed: Readonly<Record<TestName, Promise<Probed[]>>> = {
    ping: Promise.all(ownPings()),
    traceroute: Promise.all(targets.slice(0, 1).map((target) => trace(address, target, { prober, signal }))),
    receiveRecordRoute: Promise.all(ownPings(RECORD_ROUTE)),
    receiveSpoofed: Promise.all(received),
    sendSpoofed: Promise.all(sent),
  };
  // All of them are waited for together: when the tests are cancelled, every probe rejects.
  return Promise.all(
    TEST_NAMES.map(async (name) => {
      const probes = await probed[name];
      const evidence = probes.map((each) => each.evidence);
      const verdict = verdictOfTest(probes);
      const isRequired = REQUIRED[kind].includes(name);
      const proof = verdict === 'failed' ? proofOf(name) : undefined;
      if (proof === undefined) return { name, verdict, isRequired, evidence };
      return { name, verdict: 'passed', isRequired, evidence: [...evidence, toEvidence(proof)] };
    }),
  );
}

/** One success is enough. Without one, a test that was interrupted has not been made: the system, not the agent, may be the cause. */
function verdictOfTest(probes: readonly Probed[]): TestResult['verdict'] {
  if (probes.some(({ evidence }) => evidence.ok)) return 'passed';
  return probes.length === 0 || probes.some(({ isInterrupted }) => isInterrupted) ? 'notTested' : 'failed';
}

/** Pairs of partner and target, ordered to use as many different partners and targets as possible early. */
function pairs(
  partners: readonly Ipv4Address[],
  targetsFor: (partner: Ipv4Address) => readonly Ipv4Address[],
): (readonly [Ipv4Address, Ipv4Address])[] {
  const found: (readonly [Ipv4Address, Ipv4Address])[] = [];
  // Pairs are made only until there are enough: among thousands of agents there are millions.
  for (let round = 0; ; round++) {
    const before = found.length;
    for (const [i, partner] of partners.entries()) {
      if (found.length === MOST_PROBES) return found;
      const targets = targetsFor(partner);
      if (round < targets.length) found.push([partner, targets[(i + round) % targets.length]]);
    }
    if (found.length === before) return found;
  }
}

function trace(
  sender: Ipv4Address,
  target: Ipv4Address,
  { prober, signal }: { readonly prober: Prober; readonly signal: AbortSignal },
): Promise<Probed> {
  return probe({ sender, target }, async () => {
    const { hops, stop } = await prober.traceroute(
      { type: 'traceroute', sender, target, timeoutMs: TIMEOUT_MS, attempts: 1 },
      signal,
    );
    const answered = hops.filter(({ from }) => from !== undefined).length;
    return { ok: answered > 0, detail: `${answered} of ${hops.length} hops answered (${stop})` };
  });
}

async function probe(
  { sender, target }: { readonly sender: Ipv4Address; readonly target: Ipv4Address },
  run: () => Promise<{ readonly ok: boolean; readonly detail: string }>,
): Promise<Probed> {
  const who = { sender: formatIpv4(sender), target: formatIpv4(target) };
  try {
    return { evidence: { ...who, ...(await run()) }, isInterrupted: false };
  } catch (error) {
    // A probe that was held back says nothing about the agent: the whole test is repeated later.
    if (!(error instanceof ProbingError) || error.code === 'cancelled' || isHeldBack(error)) throw error;
    const isUnreachable = 'isUnreachable' in error.details && error.details.isUnreachable === true;
    const isInterrupted = isUnreachable || error.code === 'killSwitch';
    return { evidence: { ...who, ok: false, detail: error.message }, isInterrupted };
  }
}

const toEvidence = ({ sender, target }: Proof): Evidence => ({
  ...{ sender: formatIpv4(sender), target: formatIpv4(target), ok: true },
  detail: 'another probe, for example of a measurement, was answered during the test',
});

function judge({ request, reply }: PingResult): { readonly ok: boolean; readonly detail: string } {
  if (reply === undefined) return { ok: false, detail: 'no reply arrived' };
  if (reply.icmpType !== 0) return { ok: false, detail: `ICMP error ${reply.icmpType} from ${formatIpv4(reply.from)}` };
  if (request.option === undefined) return { ok: true, detail: `reply after ${reply.rttMs.toFixed(1)} ms` };
  if (reply.recordRoute === undefined)
    return { ok: false, detail: 'the reply arrived without its Record Route option' };
  return { ok: true, detail: `reply with ${reply.recordRoute.length} addresses recorded` };
}
