import type { Ipv4Address } from '@revtr/net';
import type { PingRequest } from '@revtr/probing';
import type { Proof } from './agent-proofs.ts';
import { TEST_NAMES, type TestName, type TestResult } from './report.ts';
import { type Probed, RECORD_ROUTE, TestProbes, type TestProbing, toEvidence } from './test-probes.ts';

/** Who is tested, and with whom. */
export interface TestPlan {
  readonly address: Ipv4Address;
  readonly kind: 'source' | 'vantagePoint';
  /** Whether the agent never receives spoofed replies. */
  readonly senderOnly: boolean;
  /** Other agents that have shown that they can spoof, best first. They send probes with the tested agent's address. */
  readonly spoofers: readonly Ipv4Address[];
  /** All other agents. They send such probes as well, but only a reply to one of these probes says something about the tested agent. */
  readonly otherSenders: readonly Ipv4Address[];
  /** Other agents that have received a reply to a spoofed probe not long ago. The tested agent sends at least half of its probes with their addresses. */
  readonly ableReceivers: readonly Ipv4Address[];
  /** All other agents that receive replies. The tested agent sends probes with their addresses as well. */
  readonly otherReceivers: readonly Ipv4Address[];
  /** Addresses to probe, best first. */
  readonly targets: readonly Ipv4Address[];
}

/** The tests that each kind of agent must pass. */
const REQUIRED: Readonly<Record<TestPlan['kind'], readonly TestName[]>> = {
  source: ['ping', 'traceroute', 'receiveRecordRoute', 'receiveSpoofed'],
  vantagePoint: ['ping', 'traceroute', 'receiveRecordRoute', 'sendSpoofed'],
};

/** Probes of one test. One success is enough, because some paths filter packets with options. */
const MOST_PROBES = 8;

/** What the probes of a test show, unless a probe of somebody else shows more. */
interface Judgement {
  readonly probes: readonly Probed[];
  readonly verdict: TestResult['verdict'];
  /** Why the test could not be made, if it could not, or what else explains the verdict. */
  readonly reason?: string;
}

/**
 * Tests what an agent can do: pings, a traceroute, Record Route, and spoofed probes both ways. Every probe is evidence. A test without an answer passes
 * nevertheless if `proofOf` knows a probe of somebody else that was answered meanwhile. No agent fails for what its partners, or the probed addresses,
 * cannot do.
 */
export async function testAgent(
  plan: TestPlan,
  {
    proofOf,
    ...probing
  }: TestProbing & {
    readonly proofOf: (test: TestName) => Proof | undefined;
  },
): Promise<TestResult[]> {
  const { address, kind, targets } = plan;
  const probes = new TestProbes(probing);
  const ownPings = (option?: PingRequest['option']): Promise<Probed[]> =>
    all(targets.slice(0, MOST_PROBES), (target) => probes.ping({ sender: address, target, ...(option && { option }) }));
  const recorded = ownPings(RECORD_ROUTE);
  const traced = all(targets.slice(0, 1), (target) => probes.traceroute(address, target));
  const judged: Readonly<Record<TestName, Promise<Judgement>>> = {
    ping: ownPings().then(judge),
    traceroute: traced.then(judge),
    receiveRecordRoute: recorded.then((own) => judgeRecordRoute(own, plan, probes)),
    receiveSpoofed: testReceiving(plan, { probes, recorded }),
    sendSpoofed: testSending(plan, probes),
  };
  // All of them are waited for together: when the tests are cancelled, every probe rejects.
  return Promise.all(
    TEST_NAMES.map(async (name): Promise<TestResult> => {
      const { probes: made, verdict, reason } = await judged[name];
      const evidence = made.map(toEvidence);
      const isRequired = REQUIRED[kind].includes(name);
      const proof = verdict === 'passed' ? undefined : proofOf(name);
      if (proof === undefined) return { name, verdict, isRequired, evidence, ...(reason && { reason }) };
      return { name, verdict: 'passed', isRequired, evidence: [...evidence, toEvidence(toProbed(proof))] };
    }),
  );
}

const INTERRUPTED =
  'an agent could not be reached, an operator or an opt-out had stopped the probes, or they could not be recorded';

/** One success is enough. Without one, a test that was interrupted has not been made: the system, not the agent, may be the cause. */
function judge(probes: readonly Probed[]): Judgement {
  if (probes.some(({ end }) => end === 'answered')) return { probes, verdict: 'passed' };
  if (probes.length === 0)
    return { probes, verdict: 'notTested', reason: 'too few other agents, or addresses to probe, were available' };
  if (probes.some(({ end }) => end === 'interrupted')) return { probes, verdict: 'notTested', reason: INTERRUPTED };
  return { probes, verdict: 'failed' };
}

/**
 * Where no address has answered, others probe the same addresses: the agent fails only if one of these addresses answers them. The probes of
 * the others that are answered are evidence, too.
 */
async function judgeRecordRoute(
  own: readonly Probed[],
  { spoofers, otherSenders, targets }: TestPlan,
  probes: TestProbes,
): Promise<Judgement> {
  const judgement = judge(own);
  if (judgement.verdict !== 'failed') return judgement;
  const checks = await all(pairs([...spoofers, ...otherSenders], targets.slice(0, MOST_PROBES)), ([sender, target]) =>
    probes.ping({ sender, target, option: RECORD_ROUTE }),
  );
  const answered = checks.filter(({ end }) => end === 'answered');
  if (answered.length > 0) return { probes: [...own, ...answered], verdict: 'failed' };
  const reason = 'the same addresses have not answered such a probe of another agent either';
  return { probes: own, verdict: 'notTested', reason };
}

/**
 * Tests whether an agent receives replies to spoofed probes. Silence tells something only after a probe that an agent which can spoof has sent to an
 * address which answers probes with the option of the tested agent itself (`recorded`).
 */
async function testReceiving(
  { address, senderOnly, spoofers, otherSenders, targets }: TestPlan,
  { probes, recorded }: { readonly probes: TestProbes; readonly recorded: Promise<readonly Probed[]> },
): Promise<Judgement> {
  if (senderOnly) return { probes: [], verdict: 'notTested', reason: 'the agent is set to receive no such replies' };
  const senders = [...pairs(spoofers, targets), ...pairs(otherSenders, targets)].slice(0, MOST_PROBES);
  const [received, own] = await Promise.all([
    all(senders, ([sender, target]) =>
      probes.ping({ sender, target, option: RECORD_ROUTE, spoof: { claimedSource: address, receiver: address } }),
    ),
    recorded,
  ]);
  const judgement = judge(received);
  if (judgement.verdict !== 'failed') return judgement;
  if (spoofers.length === 0)
    return {
      probes: received,
      verdict: 'notTested',
      reason: 'no agent that is known to be able to spoof was connected',
    };
  const isTelling = ({ sender, target, end }: Probed): boolean =>
    end === 'silent' &&
    spoofers.includes(sender) &&
    own.some((each) => each.target === target && each.end === 'answered');
  if (received.some(isTelling)) return judgement;
  const reason = 'no agent that is known to be able to spoof has sent a probe to an address that answers';
  return { probes: received, verdict: 'notTested', reason };
}

/**
 * Tests whether an agent can send spoofed probes. One that refuses all of them itself fails. Where no reply arrives, the receivers may be the cause: each
 * probe is sent once more, and the agent fails only if at the same time its receiver gets the reply to such a probe of another agent from the same address;
 * or a reply from that address to a probe of its own, if it has received replies to spoofed probes not long ago. These probes are evidence, too.
 */
async function testSending(
  { address, spoofers, ableReceivers, otherReceivers, targets }: TestPlan,
  probes: TestProbes,
): Promise<Judgement> {
  const asked = alternately(pairs(ableReceivers, targets), pairs(otherReceivers, targets)).slice(0, MOST_PROBES);
  const spoof = (sender: Ipv4Address, [receiver, target]: Pair): Promise<Probed> =>
    probes.ping({ sender, target, option: RECORD_ROUTE, spoof: { claimedSource: receiver, receiver } });
  const sent = await all(asked, (pair) => spoof(address, pair));
  const judgement = judge(sent);
  if (judgement.verdict !== 'failed') return judgement;
  if (sent.every(({ isOwnRefusal }) => isOwnRefusal))
    return { probes: sent, verdict: 'failed', reason: 'the agent itself has refused to send any of the probes' };
  const check = async (pair: Pair, i: number) => {
    const [receiver, target] = pair;
    const others = spoofers.filter((sender) => sender !== receiver && sender !== target);
    const checking = [
      ...(others.length > 0 ? [spoof(others[i % others.length], pair)] : []),
      ...(ableReceivers.includes(receiver) ? [probes.ping({ sender: receiver, target, option: RECORD_ROUTE })] : []),
    ];
    if (checking.length === 0) return { again: [], answered: [] };
    const [repeated, ...checks] = await Promise.all([spoof(address, pair), ...checking]);
    return { again: [repeated], answered: checks.filter(({ end }) => end === 'answered') };
  };
  const checked = await Promise.all(asked.map(check));
  const again = checked.flatMap((each) => each.again);
  if (again.some(({ end }) => end === 'answered')) return { probes: [...sent, ...again], verdict: 'passed' };
  const telling = checked.filter((each) => each.answered.length > 0 && each.again.some(({ end }) => end === 'silent'));
  if (telling.length > 0)
    return {
      probes: [...sent, ...telling.flatMap((each) => [...each.again, ...each.answered])],
      verdict: 'failed',
    };
  const reason = 'nothing has shown that the other agents could receive the replies';
  return { probes: sent, verdict: 'notTested', reason };
}

/** An agent, and the target of its probe or of that which is sent with its address. */
type Pair = readonly [Ipv4Address, Ipv4Address];

/** The items of two lists in turn. When one ends, the rest of the other follows. */
const alternately = <T>(some: readonly T[], others: readonly T[]): T[] =>
  Array.from({ length: Math.max(some.length, others.length) }, (_, i) => [
    ...some.slice(i, i + 1),
    ...others.slice(i, i + 1),
  ]).flat();

const all = <T>(each: readonly T[], run: (item: T) => Promise<Probed>): Promise<Probed[]> => Promise.all(each.map(run));

/** Pairs of an agent and another address as its target, ordered to use as many different agents and targets as possible early. */
function pairs(agents: readonly Ipv4Address[], targets: readonly Ipv4Address[]): Pair[] {
  const found: Pair[] = [];
  // Pairs are made only until there are enough: among thousands of agents there are millions.
  for (let round = 0; ; round++) {
    const before = found.length;
    for (const [i, agent] of agents.entries()) {
      if (found.length === MOST_PROBES) return found;
      const others = targets.filter((target) => target !== agent);
      if (round < others.length) found.push([agent, others[(i + round) % others.length]]);
    }
    if (found.length === before) return found;
  }
}

const toProbed = ({ sender, target }: Proof): Probed => ({
  ...{ sender, target, end: 'answered' },
  detail: 'another probe, for example of a measurement, was answered during the test',
});
