import type { IpToAs } from '../facts/ip-to-as.ts';
import type { AtlasTraceroute } from './traceroute.ts';

/** The traceroutes of an atlas, without the paths of reverse traceroutes, and which of them pass a network. Both lists are made when they are asked for. */
export class MeasuredPaths {
  readonly #ipToAs: Pick<IpToAs, 'originOf'>;
  readonly #paths: ReadonlyMap<number, AtlasTraceroute>;
  #all: readonly AtlasTraceroute[] | undefined;
  #byNetwork: ReadonlyMap<number, readonly AtlasTraceroute[]> | undefined;

  /** @param paths all paths of the atlas by number, whose order the lists keep */
  constructor(paths: ReadonlyMap<number, AtlasTraceroute>, ipToAs: Pick<IpToAs, 'originOf'>) {
    this.#paths = paths;
    this.#ipToAs = ipToAs;
  }

  /** Notes that a path was added or removed. */
  noteChange({ platform }: AtlasTraceroute): void {
    if (platform === 'reverseTraceroute') return;
    this.#all = undefined;
    this.#byNetwork = undefined;
  }

  /** Notes that addresses may belong to other networks than before. */
  forgetNetworks(): void {
    this.#byNetwork = undefined;
  }

  /** All of them. */
  get all(): readonly AtlasTraceroute[] {
    this.#all ??= [...this.#paths.values()].filter(({ platform }) => platform !== 'reverseTraceroute');
    return this.#all;
  }

  /** Those with an address that a network announces. */
  through(network: number): readonly AtlasTraceroute[] {
    this.#byNetwork ??= this.#findNetworks();
    return this.#byNetwork.get(network) ?? [];
  }

  #findNetworks(): Map<number, AtlasTraceroute[]> {
    const found = new Map<number, AtlasTraceroute[]>();
    for (const path of this.all)
      for (const hop of path.hops) {
        const network = hop === undefined ? undefined : this.#ipToAs.originOf(hop);
        if (network === undefined) continue;
        const paths = found.get(network);
        if (paths === undefined) found.set(network, [path]);
        else if (paths[paths.length - 1] !== path) paths.push(path);
      }
    return found;
  }
}
