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
  publicTraceroute: 'a published traceroute to the /24 of the source from',
  reverseTraceroute: 'an earlier reverse traceroute from',
};
const PROOFS: Readonly<Record<string, string>> = {
  order: 'after the stamp of the target, or twice',
  honest: 'and the target stamps only its own addresses',
  bothWays: 'on the forward path and on the reverse path',
  backOnly: 'on the reverse path only',
};

/** Explains in a sentence why a hop is believed. `at` is the time of the measurement, milliseconds since the Unix epoch. */
export function reasonOf({ technique, evidence, confirmedBy, reusedAgeMs }: StoredHop, at: number): string {
  const confirmed = confirmedBy === undefined ? '' : `, confirmed by ${confirmedBy.join(', ')}`;
  const reused = reusedAgeMs === undefined ? '' : `; found ${ageOf(reusedAgeMs)} before this measurement`;
  const isThroughStandIn = technique === 'standInSubnet' && evidence.target !== undefined;
  const standIn = isThroughStandIn ? ', which stands in for the destination' : '';
  return `${sentenceOf(evidence, at)}${standIn}${confirmed}${reused}`;
}

function sentenceOf(evidence: StoredHop['evidence'], at: number): string {
  const { type, target, sender } = evidence;
  switch (type) {
    case 'destination':
      return evidence.isSilent === true
        ? 'the requested destination, which has answered no probe'
        : 'the requested destination';
    case 'recordRoute':
      return `seen in Record Route slot ${Number(evidence.slot) + 1} of a ping from ${sender} to ${target}`;
    case 'unfilledRecordRoute':
      return `the answer of ${target} to ${sender} reached the source with free slots`;
    case 'atlas':
      return `on ${AUTHORS[String(evidence.platform)] ?? 'a path from'} ${evidence.origin}, taken ${ageOf(at - Number(evidence.at))} before this measurement, met at ${evidence.met} ${MATCHES[String(evidence.match)] ?? ''}`;
    case 'timestamp':
      return `stamped the time after ${target} in a ping from ${sender}, ${PROOFS[String(evidence.proof)] ?? ''}`;
    case 'proxy':
      return `on ${AUTHORS[String(evidence.platform)] ?? 'a path from'} ${evidence.origin}, which is in the same ${evidence.scope} as ${evidence.destination}, taken ${ageOf(at - Number(evidence.at))} before this measurement${evidence.isAsLong === false ? '; its path is longer or shorter than that of the destination' : ''}`;
    case 'networkPath':
      return `on ${AUTHORS[String(evidence.platform)] ?? 'a path from'} ${evidence.origin}, which crosses AS ${evidence.network}, the network of ${target}, taken ${ageOf(at - Number(evidence.at))} before this measurement${evidence.isOnDemand === true ? '; this measurement asked for it' : ''}`;
    case 'nearby':
      return `answered ${sender}; it is in the /24 of ${evidence.destination}, which did not answer`;
    case 'symmetry':
      return `the router before ${target} on the forward path${evidence.isGateway === true ? ', its gateway' : ''}${evidence.adjacent === true ? '' : ', with silent routers in between'}${evidence.relation === undefined ? '' : `; its network is a ${evidence.relation} of the network of ${target}`}`;
    default:
      return String(type);
  }
}

function ageOf(ms: number): string {
  const minutes = Math.max(0, ms) / 60_000;
  if (minutes < 1) return 'less than a minute';
  if (minutes < 120) return Math.round(minutes) === 1 ? '1 minute' : `${Math.round(minutes)} minutes`;
  return `${Math.round(minutes / 60)} hours`;
}
