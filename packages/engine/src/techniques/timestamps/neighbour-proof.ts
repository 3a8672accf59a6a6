import { type Ipv4Address, parseIpv4 } from '@revtr/net';
import type { TimestampProof } from '../../path/evidence.ts';
import type { Measurement } from '../contract/measurement.ts';
import { pingForTimestamps, type TimestampPing } from './timestamp-ping.ts';

/** An address that no router has (RFC 5737, TEST-NET-1): a router that stamps for it stamps for every address. */
const NOBODY = parseIpv4('192.0.2.1');
/** Two stamps that differ by more than this were made by different routers, milliseconds. */
const APART_MS = 3;

/** What proves that a neighbour of a target is the next hop of the reverse path. */
export interface NeighbourProof {
  readonly technique: 'timestamp' | 'spoofedTimestamp' | 'timestampDoubleStamp';
  readonly proof: TimestampProof;
  /** Who sent the ping: the source or a vantage point. */
  readonly sender: Ipv4Address;
  /** When the ping was sent, milliseconds since the Unix epoch. */
  readonly at: number;
}

/** A target and the neighbour that is guessed to be the next hop behind it. */
export interface Adjacency {
  readonly target: Ipv4Address;
  readonly neighbour: Ipv4Address;
}

/** How timestamp pings are sent for a proof. */
export interface ProofOptions {
  /** Most spoofers that are asked where the source gets no answer. */
  readonly spoofersPerHop: number;
  /** Longest wait for each answer, milliseconds. */
  readonly timeoutMs: number;
}

/**
 * Tests whether `neighbour` is behind `target` on the reverse path (NSDI 2010, section 3.3). Returns the proof, `undefined` when there is
 * none, and `deaf` when the target answers timestamp pings neither of the source nor of spoofers.
 */
export async function proveNeighbour(
  measurement: Measurement,
  adjacency: Adjacency,
  options: ProofOptions,
): Promise<NeighbourProof | 'deaf' | undefined> {
  const { target, neighbour } = adjacency;
  const ping = (slots: readonly Ipv4Address[], from: TimestampPing['from']) =>
    pingForTimestamps(measurement, { target, slots, from, timeoutMs: options.timeoutMs });
  const slots = [target, neighbour, neighbour, NOBODY];
  let answer = await ping(slots, { type: 'source' });
  if (answer === undefined) {
    const spoofers = measurement.ranking.rank(target).slice(0, options.spoofersPerHop);
    const senders = spoofers.map(({ address }) => address);
    // A silence is confirmed before it counts: by spoofers, or by a second ping where there is no spoofer.
    answer = await ping(slots, senders.length === 0 ? { type: 'source' } : { type: 'spoofers', senders });
  }
  if (answer === undefined) return 'deaf';
  const { sender, times, sentAt } = answer;
  const isSpoofed = sender !== measurement.path.source;
  const common = { sender, at: sentAt };
  if (times[0] === undefined) return proveBehindSilentStamper(measurement, adjacency, options);
  if (times[1] === undefined || times[3] !== undefined) return undefined;
  const technique = isSpoofed ? 'spoofedTimestamp' : 'timestamp';
  if (times[2] !== undefined || isApart(times[0], times[1])) return { technique, proof: 'order', ...common };
  // Some systems fill the next slot for any address: such a stamp proves nothing.
  const check = await ping(
    [target, NOBODY, NOBODY],
    isSpoofed ? { type: 'spoofers', senders: [sender] } : { type: 'source' },
  );
  return check === undefined || check.times[1] !== undefined ? undefined : { technique, proof: 'honest', ...common };
}

/** For a target that never stamps itself: the neighbour must stamp once on the forward path and once on the reverse path. */
async function proveBehindSilentStamper(
  measurement: Measurement,
  { target, neighbour }: Adjacency,
  { spoofersPerHop, timeoutMs }: ProofOptions,
): Promise<NeighbourProof | undefined> {
  const slots = [neighbour, neighbour, neighbour, neighbour];
  for (const { address } of measurement.ranking.rank(target).slice(0, spoofersPerHop)) {
    const senders = [address];
    const ping = (type: 'spoofers' | 'vantagePoints') =>
      pingForTimestamps(measurement, { target, slots, from: { type, senders }, timeoutMs });
    const answer = await ping('spoofers');
    const stamped = answer?.times.filter((time) => time !== undefined).length ?? 0;
    const common = { sender: address, at: answer?.sentAt ?? 0 };
    if (stamped === 2 || stamped === 3) return { technique: 'timestampDoubleStamp', proof: 'bothWays', ...common };
    if (stamped === 0) continue;
    // One stamp or four: the neighbour is on the reverse path only if the vantage point's own packets do not pass it.
    const own = await ping('vantagePoints');
    if (own !== undefined && own.times[0] === undefined)
      return { technique: 'timestampDoubleStamp', proof: 'backOnly', ...common };
  }
  return undefined;
}

/** Whether two stamps were made by different routers: later by more than a router needs, or earlier, by another clock. */
const isApart = (first: number, second: number): boolean => second - first > APART_MS || second < first;
