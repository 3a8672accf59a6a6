import { formatIpv4, type Ipv4Address } from '@revtr/net';
import { areLinkMates } from '../facts/aliases.ts';
import type { Hop } from '../path/hop.ts';
import { abortWith } from '../timing/abort-with.ts';
import type { Measurement } from './contract/measurement.ts';
import type { ReadAnswer } from './contract/target-answers.ts';
import { type Extension, notApplicable, nothingFound, type Technique } from './contract/technique.ts';
import { bestAnswer } from './record-route/best-answer.ts';
import { askSpoofed } from './record-route/spoofed-round.ts';

/** Options of {@link NearbyAddress}. */
export interface NearbyAddressOptions {
  /** Vantage points asked at once for each address. */
  readonly spoofers: number;
  /** Longest wait for an answer, milliseconds. */
  readonly timeoutMs: number;
}

/** A /24 is announced, and usually attached, as one. */
const PREFIX_LENGTH = 24;
/** Where routers of a /24 mostly have their address: the first one, then the last. */
const USUAL_GATEWAYS = [1, 254];
/** An address of the same /24 that has not answered after this multiple of the time of the destination and these milliseconds is silent. */
const LATER_FACTOR = 1.25;
const LATER_MS = 50;

/** Why a wait ends early. One value for all: making errors is costly. */
const WAIT_OVER = 'the wait is over';

/** What an address of the same /24 turned out to be. */
interface Neighbour {
  readonly isGateway: boolean;
  readonly confidence: number;
}

/**
 * Stands in for a destination that does not answer probes with options: other addresses of its /24, first those that have answered before,
 * then those that gateways usually have. The reply of the destination to a ping without options tells how far it is from the source: another
 * host must be as far, its gateway one link nearer. A destination that is known as a router has no stand-in, because the addresses next to it
 * are the other ends of its links.
 */
export class NearbyAddress implements Technique {
  readonly name = 'nearbyAddress';
  readonly #options: NearbyAddressOptions;
  #isTried = false;
  #preparedAt: number | undefined;

  constructor(options: NearbyAddressOptions) {
    this.#options = options;
  }

  async extend(measurement: Measurement): Promise<Extension> {
    const { path, plainPings, clock } = measurement;
    if (this.#isTried || path.hops.length > 1)
      return notApplicable('the path has left the destination, or this was tried before');
    this.#isTried = true;
    const destination = path.last.address;
    if (isRouter(measurement, destination)) return notApplicable('the destination is a router');
    this.prepare(measurement);
    const distance = await plainPings.distanceOf(destination);
    await this.#awaitNeighbours(measurement, destination);
    for (const address of this.#candidates(measurement, destination)) {
      const own = plainPings.distanceSoFar(address);
      // An address that answers no plain ping mostly answers none with options, which cost routers more.
      if (
        own === undefined ||
        examine(measurement, destination, distance, { target: address, distance: own }) === undefined
      )
        continue;
      const best = await this.#ask(measurement, address);
      if (best === undefined) continue;
      const neighbour = examine(measurement, destination, distance, best);
      if (neighbour === undefined) continue;
      const { isGateway, confidence } = neighbour;
      const common = { technique: 'standInSubnet', trust: 'inferred', standIn: { address, scope: 'subnet' } } as const;
      const gateway: Hop = {
        address,
        ...common,
        confidence,
        evidence: { type: 'nearby', destination, sender: best.sender, at: clock.now() },
      };
      const hops = best.hops.map((hop): Hop => ({ ...hop, ...common }));
      // A gateway is itself on the path; another host is not.
      const found = isGateway
        ? [gateway, ...hops]
        : hops.map((hop, i) => (i === 0 ? { ...hop, confidence: hop.confidence * confidence } : hop));
      return {
        outcome: 'extended',
        from: 0,
        hops: found,
        detail: `${best.hops.length} hops from ${formatIpv4(address)} in its /24`,
      };
    }
    return nothingFound('no other address of its /24 answers');
  }

  /** Sends plain pings to the destination and the addresses that may stand in for it, and does not wait for the replies. */
  prepare(measurement: Measurement): void {
    const { path, plainPings, clock } = measurement;
    const destination = path.last.address;
    if (path.hops.length > 1 || isRouter(measurement, destination)) return;
    if (!measurement.mayProbe(destination)) return;
    this.#preparedAt ??= clock.now();
    for (const address of [destination, ...this.#candidates(measurement, destination)]) plainPings.start(address);
  }

  /** Waits until the other addresses would have answered if they were as far as the destination. */
  async #awaitNeighbours(measurement: Measurement, destination: Ipv4Address): Promise<void> {
    const { plainPings, clock, signal } = measurement;
    const reply = await plainPings.replyOf(destination);
    // Where the destination is silent, its timeout has passed.
    if (reply === undefined || this.#preparedAt === undefined) return;
    const waitedMs = clock.now() - this.#preparedAt;
    const over = new AbortController();
    const neighbours = this.#candidates(measurement, destination).map((address) => plainPings.distanceOf(address));
    const leftMs = Math.max(0, LATER_FACTOR * reply.rttMs + LATER_MS - waitedMs);
    const unlink = abortWith(over, signal);
    const ended = clock.sleep(leftMs, over.signal);
    await Promise.race([Promise.all(neighbours), ended]).finally(() => {
      unlink();
      over.abort(WAIT_OVER);
    });
  }

  #candidates({ silentTargets, path, clock, mayProbe }: Measurement, destination: Ipv4Address): Ipv4Address[] {
    const network = ((destination >>> (32 - PREFIX_LENGTH)) << (32 - PREFIX_LENGTH)) >>> 0;
    const usual = USUAL_GATEWAYS.map((last) => network + last);
    return [...new Set([...silentTargets.answeringBeside(destination), ...usual])].filter(
      (address) =>
        address !== destination && mayProbe(address) && !silentTargets.isSilent(address, path.source, clock.now()),
    );
  }

  /** Asks the nearest vantage points at once. */
  async #ask(measurement: Measurement, target: Ipv4Address): Promise<ReadAnswer | undefined> {
    const { path, ranking, adaptiveTimeout } = measurement;
    const { spoofers, timeoutMs } = this.#options;
    const ranked = ranking.rank(target).filter(({ address }) => address !== path.source);
    const senders = ranked.slice(0, spoofers).map(({ address }) => address);
    const adaptiveMs = adaptiveTimeout.patienceFor(senders, target);
    const deadline = (): number => adaptiveMs;
    const round = { target, senders, timeoutMs, deadline, useHeuristics: true };
    return bestAnswer((await askSpoofed(measurement, round)).answers);
  }
}

/** Whether an address is known to be that of a router: it has aliases, or packets of others pass it. */
const isRouter = ({ aliases, atlas, path }: Measurement, address: Ipv4Address): boolean =>
  aliases.hasAlias(address) || atlas.of(path.source)?.isPassed(address) === true;

/** Compares the distances, in links, of the destination and of the address that answered; `undefined` when they do not fit. */
function examine(
  { assumptions }: Measurement,
  destination: Ipv4Address,
  expected: number | undefined,
  { target, distance }: Pick<ReadAnswer, 'target' | 'distance'>,
): Neighbour | undefined {
  const isUsualGateway = USUAL_GATEWAYS.includes(target & 0xff);
  // Both may be the ends of a point-to-point link between routers: the other end is then on the way only if it is nearer.
  const isLinkMate = areLinkMates(target, destination);
  if (expected === undefined)
    return isLinkMate ? undefined : { isGateway: isUsualGateway, confidence: assumptions.neighbourUnconfirmed };
  const confidence = isLinkMate ? assumptions.neighbourUnconfirmed : assumptions.neighbour;
  if (isUsualGateway && distance === expected - 1) return { isGateway: true, confidence };
  return distance === expected && !isLinkMate ? { isGateway: false, confidence } : undefined;
}
