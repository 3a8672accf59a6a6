import { formatIpv4, type Ipv4Address } from '@revtr/net';
import type { Hop } from '../path/hop.ts';
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
/** Probability that the reverse path from another address of a /24 is that of the destination. */
const SHARES_THE_WAY = 0.97;

/**
 * Stands in for a destination that does not answer probes with options: other addresses of its /24, first those that have answered before,
 * then those that gateways usually have. Its hops are labelled `inferred`, with the address that they were measured from.
 */
export class NearbyAddress implements Technique {
  readonly name = 'nearbyAddress';
  readonly #options: NearbyAddressOptions;
  #isTried = false;

  constructor(options: NearbyAddressOptions) {
    this.#options = options;
  }

  async extend(measurement: Measurement): Promise<Extension> {
    const { path, silentTargets, clock } = measurement;
    if (this.#isTried || path.hops.length > 1)
      return notApplicable('the path has left the destination, or this was tried before');
    this.#isTried = true;
    const destination = path.last.address;
    for (const address of this.#candidates(measurement, destination)) {
      if (!measurement.mayProbe(address) || silentTargets.isSilent(address, path.source, clock.now())) continue;
      const best = await this.#ask(measurement, address);
      if (best === undefined) continue;
      const gateway: Hop = {
        address,
        technique: 'spoofedRecordRoute',
        trust: 'inferred',
        isFromStandIn: true,
        confidence: SHARES_THE_WAY,
        evidence: { type: 'nearby', destination, sender: best.sender, at: clock.now() },
      };
      const isGateway = isUsualGateway(address);
      const hops = best.hops.map((hop): Hop => ({ ...hop, trust: 'inferred', isFromStandIn: true }));
      // A gateway is itself on the path; another host is not.
      const found = isGateway
        ? [gateway, ...hops]
        : hops.map((hop, i) => (i === 0 ? { ...hop, confidence: hop.confidence * SHARES_THE_WAY } : hop));
      return {
        outcome: 'extended',
        from: 0,
        hops: found,
        detail: `${best.hops.length} hops from ${formatIpv4(address)} in its /24`,
      };
    }
    return nothingFound('no other address of its /24 answers');
  }

  #candidates({ silentTargets }: Measurement, destination: Ipv4Address): Ipv4Address[] {
    const prefix = (destination & -(2 ** (32 - PREFIX_LENGTH))) >>> 0;
    const usual = USUAL_GATEWAYS.map((last) => prefix + last);
    return [...new Set([...silentTargets.answeringBeside(destination), ...usual])].filter(
      (address) => address !== destination,
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

const isUsualGateway = (address: Ipv4Address): boolean => USUAL_GATEWAYS.includes(address & 0xff);
