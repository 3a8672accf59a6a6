import { type Clock, orCancelled, type Random } from '@revtr/probing';
import { RipeAtlasClient, type RipeProbe } from '@revtr/ripe-atlas';

export interface RipeAtlasSettings {
  /** Where the API is: the real one, `https://atlas.ripe.net/api/v2/`, or an emulator. */
  readonly url: string;
  /** Where results are streamed. */
  readonly streamUrl: string;
  /** The system's own key; without it only users' keys are used. */
  readonly key: string | undefined;
  /** Probes of one run. */
  readonly probes: number;
  /** Credits that refreshing may cost the system in a day, all sources together. */
  readonly refreshCreditsPerDay: number;
  /** Credits that traceroutes for single measurements may cost the system in a day; 0: measurements get none. */
  readonly onDemandCreditsPerDay: number;
}

/** The URL of the result stream of an API. RIPE Atlas streams results from a separate host. */
export function streamUrlOf(apiUrl: string): string {
  const { protocol, host, hostname } = new URL(apiUrl);
  if (hostname === 'atlas.ripe.net') return 'wss://atlas-stream.ripe.net/stream/';
  return `${protocol === 'https:' ? 'wss:' : 'ws:'}//${host}/stream/`;
}

const USER_AGENT = 'reverse-traceroute';
const LIST_KEEP_MS = 3_600_000;
/** The list has some 30 pages. */
const LIST_MS = 60_000;

/** Clients of RIPE Atlas with the key of the system, the key of a user, or no key for public data. */
export class RipeAtlasAccess {
  readonly settings: RipeAtlasSettings;
  readonly #collaborators: { readonly clock: Clock; readonly random: Random; readonly fetch: typeof fetch };
  #probes: { readonly list: readonly RipeProbe[]; readonly until: number } | undefined;
  #listing: Promise<readonly RipeProbe[]> | undefined;

  constructor(
    settings: RipeAtlasSettings,
    collaborators: { readonly clock: Clock; readonly random: Random; readonly fetch: typeof fetch },
  ) {
    this.settings = settings;
    this.#collaborators = collaborators;
  }

  /** A client that acts for the owner of a key, or anonymously. */
  client(key?: string): RipeAtlasClient {
    return new RipeAtlasClient({ url: this.settings.url, key, userAgent: USER_AGENT }, this.#collaborators);
  }

  /**
   * Connected probes, from the imported list or from the API at most once an hour. All who ask meanwhile wait for the same download.
   * @param signal ends the wait, not the download
   * @throws {RipeAtlasError}, {ProbingError} `cancelled`
   */
  async probes(imported: readonly RipeProbe[], signal?: AbortSignal): Promise<readonly RipeProbe[]> {
    if (imported.length > 0) return imported;
    if (this.#probes !== undefined && this.#probes.until >= this.#now()) return this.#probes.list;
    this.#listing ??= this.#list().finally(() => {
      this.#listing = undefined;
    });
    return signal === undefined ? this.#listing : orCancelled(this.#listing, signal);
  }

  async #list(): Promise<readonly RipeProbe[]> {
    const list = await this.client().probes({}, AbortSignal.timeout(LIST_MS));
    this.#probes = { list, until: this.#now() + LIST_KEEP_MS };
    return list;
  }

  #now(): number {
    return this.#collaborators.clock.now();
  }
}
