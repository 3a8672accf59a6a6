import type { AskTraceroute, Atlas, AtlasTraceroute, IpToAs } from '@revtr/engine';
import { pathOfTraceroute } from '@revtr/engine';
import type { Ipv4Address } from '@revtr/net';
import type { SimulatedInternet } from '@revtr/sim';

/** How long a one-off measurement of RIPE Atlas takes, milliseconds. Assumption. */
const TAKES_MS = 15_000;
/** How long the traceroute of a probe is used before the probe is asked again, milliseconds. */
const KEEP_MS = 3_600_000;
const TIMEOUT_MS = 2_000;

/** Traceroutes from probes near a hop, as a measurement may ask RIPE Atlas for them. */
export class TraceroutesOnDemand {
  readonly #internet: SimulatedInternet;
  readonly #atlas: Atlas;
  readonly #probes: ReadonlyMap<number | undefined, readonly Ipv4Address[]>;
  readonly #ipToAs: IpToAs;
  readonly #asked = new Map<string, { readonly at: number; readonly path: Promise<AtlasTraceroute | undefined> }>();

  constructor(internet: SimulatedInternet, { atlas, ipToAs }: { readonly atlas: Atlas; readonly ipToAs: IpToAs }) {
    this.#internet = internet;
    this.#atlas = atlas;
    this.#ipToAs = ipToAs;
    const addresses = internet.places.atlasProbes.map(({ address }) => address);
    this.#probes = Map.groupBy(addresses, (address) => ipToAs.originOf(address));
  }

  /** Asks the probe in the network of a hop whose address is most like that of the hop. */
  askerFor(source: Ipv4Address): AskTraceroute {
    return async (near) => {
      const network = this.#ipToAs.originOf(near);
      const probes = network === undefined ? [] : (this.#probes.get(network) ?? []);
      const [probe] = probes.toSorted((a, b) => Math.clz32(b ^ near) - Math.clz32(a ^ near));
      if (probe === undefined) return { detail: 'no probe is in the network of the hop' };
      const key = `${source} ${probe}`;
      const now = this.#internet.clock.now();
      const known = this.#asked.get(key);
      const asked =
        known !== undefined && known.at > now - KEEP_MS ? known : { at: now, path: this.#trace(probe, source) };
      this.#asked.set(key, asked);
      const path = await asked.path;
      return path === undefined ? { detail: 'the traceroute did not arrive' } : { path, detail: 'a probe was asked' };
    };
  }

  async #trace(sender: Ipv4Address, target: Ipv4Address): Promise<AtlasTraceroute | undefined> {
    await this.#internet.clock.sleep(TAKES_MS);
    const prober = this.#internet.prober();
    const result = await prober.traceroute({ type: 'traceroute', sender, target, timeoutMs: TIMEOUT_MS });
    const path = pathOfTraceroute(result, 'ripeAtlas', this.#atlas.aliases);
    return path && this.#atlas.add(path).path;
  }
}
