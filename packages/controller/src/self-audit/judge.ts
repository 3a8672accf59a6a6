import {
  type ClaimOutcome,
  type Hop,
  type HopKind,
  hopKindOf,
  onPathKindOf,
  type ReverseTraceroute,
  rejoinChance,
  rejoinKindOf,
  type Trust,
} from '@revtr/engine';
import type { Ipv4Address } from '@revtr/net';
import { type AddressKnowledge, type MatchRule, originPathOf, type TruePath } from './true-path.ts';

/**
 * Why a hop that no rule finds on the path is wrong or cannot be judged.
 *
 * - `otherRouter`: behind the hop before, the host's own probes show another router.
 * - `astray`: the hop before is wrong, and the one behind is not on the path either.
 * - `otherNetwork`: no hop of the traceroute is in its network, and no silent hop can be.
 * - `notUnique`: its address identifies no router.
 * - `unknown`: it is an address of a network on the path, and nothing says whose.
 */
type DoubtReason = 'otherRouter' | 'astray' | 'otherNetwork' | 'notUnique' | 'unknown';

/** What a comparison says about a hop. */
export const VERDICTS = ['right', 'wrong', 'unjudged'] as const;

/** A hop of a reverse path, compared with the host's own probes. */
export interface JudgedHop {
  readonly address: Ipv4Address;
  readonly kind: HopKind;
  readonly trust: Trust;
  /** Probability that it is right, as users see it, 0 to 1. */
  readonly confidence: number;
  readonly verdict: (typeof VERDICTS)[number];
  readonly reason: MatchRule | DoubtReason;
}

/** A reverse traceroute from a host, compared with the host's own probes. */
export interface Judgement {
  readonly reached: boolean;
  /** Whether it reached the source with the same networks in the same order. */
  readonly asPathExact: boolean;
  /** Responsive hops of the host's traceroute, and how many of them the reverse path shows. */
  readonly routers: number;
  readonly routersFound: number;
  /** Hops between host and source. */
  readonly hops: readonly JudgedHop[];
  /** What the judged hops say about confidences, by the kinds under which they are kept. */
  readonly outcomes: readonly (ClaimOutcome & { readonly kind: HopKind })[];
}

/** Compares a reverse traceroute from a host with the path that the host's own probes show. */
export function judge(result: ReverseTraceroute, truth: TruePath, facts: AddressKnowledge): Judgement {
  const { source, destination, stopReason } = result;
  const between = result.hops.filter(({ address }) => address !== source && address !== destination);
  const matches = between.map(({ address }) => (isUnique(address, facts) ? truth.match(address) : undefined));
  const hops: JudgedHop[] = [];
  for (const [i, hop] of between.entries()) {
    const common = { address: hop.address, kind: hopKindOf(hop), trust: hop.trust, confidence: hop.confidence };
    const match = matches[i];
    if (match !== undefined) {
      hops.push({ ...common, verdict: 'right', reason: match.rule });
      continue;
    }
    const from = matches.slice(0, i).findLast((known) => known?.position !== undefined)?.position ?? -1;
    const to = matches.slice(i).find((known) => known?.position !== undefined)?.position ?? truth.hops.length;
    const before = i === 0 ? 'host' : matches[i - 1] && between[i - 1];
    const mayRejoin = i + 1 >= between.length || matches[i + 1] !== undefined;
    const isAstray = hops.at(-1)?.verdict === 'wrong' && !mayRejoin;
    hops.push({ ...common, ...doubtAbout(hop, { before, isAstray, from, to }, truth, facts) });
  }
  const found = new Set(matches.flatMap((match) => match?.position ?? []));
  const reached = stopReason === 'reaches';
  const asPath = originPathOf(
    result.hops.map(({ address }) => address),
    facts.ipToAs,
  );
  return {
    reached,
    asPathExact: reached && asPath.join() === truth.asPath.join(),
    routers: truth.hops.filter((hop) => hop !== undefined).length,
    routersFound: [...found].filter((position) => truth.hops[position] !== undefined).length,
    hops,
    outcomes: outcomesOf(between, hops),
  };
}

/** Whether an address identifies one router: private addresses and the like do not. */
const isUnique = (address: Ipv4Address, { aliases }: AddressKnowledge): boolean =>
  aliases.routerKey(address) !== undefined;

/** Behind a router whose position is known, the next ones within this distance decide whether flows part there. */
const NEXT_ROUTERS = 3;

/** Where a hop is on the reverse path: behind a hop that is right, or behind the host; between positions of the true path. */
interface Place {
  readonly before: Hop | 'host' | undefined;
  /**
   * Whether it is in the middle of hops off the true path. Where paths come together again, a router shows another address to each of them,
   * so the last of these hops may be on the true path.
   */
  readonly isAstray: boolean;
  readonly from: number;
  readonly to: number;
}

function doubtAbout(
  { address, evidence }: Hop,
  { before, isAstray, from, to }: Place,
  truth: TruePath,
  facts: AddressKnowledge,
): Pick<JudgedHop, 'verdict' | 'reason'> {
  if (!isUnique(address, facts)) return { verdict: 'unjudged', reason: 'notUnique' };
  if (isAstray) return { verdict: 'wrong', reason: 'astray' };
  // Addresses can be compared only when both kinds of probes make a router show the same one of its addresses.
  const by = evidence.type === 'recordRoute' ? 'recordRoute' : evidence.type === 'atlas' ? 'traceroute' : undefined;
  if (before !== undefined && by !== undefined && !truth.isBalanced(from, Math.min(to, from + NEXT_ROUTERS))) {
    const next = truth.behind(before === 'host' ? undefined : before.address, by);
    if (next !== undefined) return { verdict: 'wrong', reason: 'otherRouter' };
  }
  const network = facts.ipToAs.originOf(address);
  const isElsewhere = network !== undefined && !truth.passes(network) && !truth.mayHideNetwork(from, to);
  return isElsewhere ? { verdict: 'wrong', reason: 'otherNetwork' } : { verdict: 'unjudged', reason: 'unknown' };
}

/**
 * Outcomes by which confidences are corrected: of the step to each hop that can be judged, or, behind a wrong hop, whether the path has come
 * back to the true one; and of the hop wherever it is.
 */
function outcomesOf(hops: readonly Hop[], judged: readonly JudgedHop[]): Judgement['outcomes'] {
  let isBehindRight = true;
  return judged.flatMap(({ kind, verdict }, i) => {
    const { [i]: hop } = hops;
    if (verdict === 'unjudged' || hop?.uncorrected === undefined) return [];
    const isRight = verdict === 'right';
    const step = isBehindRight
      ? { kind, claimed: hop.uncorrected.step, isRight }
      : { kind: rejoinKindOf(hop), claimed: rejoinChance(hop), isRight };
    isBehindRight = isRight;
    return [step, { kind: onPathKindOf(hop.uncorrected.onPath), claimed: hop.uncorrected.onPath, isRight }];
  });
}
