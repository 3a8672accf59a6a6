import type { StoredHop } from './stored-result.ts';

const MATCHES: Readonly<Record<string, string>> = {
  exact: 'by its address',
  alias: 'by an alias',
  recordRoute: 'by a Record Route address of one of its hops',
  recordRouteBetween: 'by a Record Route address between its hops',
};
const AUTHORS: Readonly<Record<string, string>> = {
  ripeAtlas: 'a traceroute of the RIPE Atlas probe at',
  vantagePoint: 'a traceroute of the vantage point',
  reverseTraceroute: 'an earlier reverse traceroute from',
};
const PROOFS: Readonly<Record<string, string>> = {
  order: 'later than the target or twice',
  honest: 'and the target does not stamp for others',
  bothWays: 'on the way there and on the way back',
  backOnly: 'on the way back alone',
};

/** Why a hop is believed, in a sentence for a person. */
export function reasonOf({ evidence, confirmedBy, reusedAgeMs }: StoredHop, at: number): string {
  const confirmed = confirmedBy === undefined ? '' : `, confirmed by ${confirmedBy.join(', ')}`;
  const reused = reusedAgeMs === undefined ? '' : `; measured ${ageOf(reusedAgeMs)} before`;
  return `${sentenceOf(evidence, at)}${confirmed}${reused}`;
}

function sentenceOf(evidence: StoredHop['evidence'], at: number): string {
  const { type, target, sender } = evidence;
  switch (type) {
    case 'destination':
      return 'the destination that was asked for';
    case 'recordRoute':
      return `seen in Record Route slot ${Number(evidence.slot) + 1} of a ping from ${sender} to ${target}`;
    case 'unfilledRecordRoute':
      return `slots were left when the answer of ${target} to ${sender} was at the source`;
    case 'atlas':
      return `on ${AUTHORS[String(evidence.platform)] ?? 'a path from'} ${evidence.origin}, ${ageOf(at - Number(evidence.at))} old, met at ${evidence.met} ${MATCHES[String(evidence.match)] ?? ''}`;
    case 'timestamp':
      return `stamps the time behind ${target} in a ping from ${sender}, ${PROOFS[String(evidence.proof)] ?? ''}`;
    case 'proxy':
      return `on ${AUTHORS[String(evidence.platform)] ?? 'a path from'} ${evidence.origin}, which stands in the same ${evidence.scope} as ${evidence.destination}, ${ageOf(at - Number(evidence.at))} old`;
    case 'nearby':
      return `answers ${sender} in the /24 of ${evidence.destination}, which is silent`;
    case 'symmetry':
      return `the router before ${target} on the way there${evidence.isGateway === true ? ', its gateway' : ''}${evidence.adjacent === true ? '' : ', with silent ones between'}${evidence.relation === undefined ? '' : `; its network is the other one's ${evidence.relation}`}`;
    default:
      return String(type);
  }
}

function ageOf(ms: number): string {
  const minutes = Math.max(0, ms) / 60_000;
  if (minutes < 1) return 'less than a minute';
  return minutes < 120 ? `${Math.round(minutes)} minutes` : `${Math.round(minutes / 60)} hours`;
}
