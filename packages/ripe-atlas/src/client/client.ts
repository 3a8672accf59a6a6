import { formatIpv4, type Ipv4Address } from '@revtr/net';
import { z } from 'zod';
import { type ApiKey, type Credits, creditsSchema, keySchema } from '../contract/account.ts';
import {
  createdSchema,
  creationBody,
  type Measurement,
  measurementSchema,
  type ProbeSelection,
  pageSchema,
  type TracerouteDefinition,
} from '../contract/measurement.ts';
import { probeSchema, type RipeProbe } from '../contract/probe.ts';
import { RipeAtlasError } from '../errors.ts';
import { type RipeFault, type RipeTraceroute, readTraceroute } from '../results/traceroute-result.ts';
import { type HttpCollaborators, type HttpOptions, RipeAtlasHttp } from './http.ts';

const PAGE_SIZE = 500;
/** RIPE Atlas has about 13,000 connected probes; a list beyond these limits comes from a broken server. */
const MOST_PAGES = 200;
const MOST_ENTRIES = 200_000;
/** Times that a measurement is created at most while answers are lost. */
const MOST_CREATIONS = 5;

/** Which connected probes to list; an absent field does not restrict. */
export interface ProbeFilter {
  readonly isAnchor?: boolean;
  readonly asn?: number;
  /** ISO 3166-1 alpha-2 code. */
  readonly country?: string;
}

/**
 * Client of the RIPE Atlas REST API, version 2 (https://atlas.ripe.net/docs/apis/rest-api-reference/). Every method rejects with a
 * {@link RipeAtlasError}, repeats requests that failed temporarily, and takes an `AbortSignal`, which rejects it with `cancelled`.
 */
export class RipeAtlasClient {
  readonly #http: RipeAtlasHttp;

  constructor(options: HttpOptions, collaborators: HttpCollaborators) {
    this.#http = new RipeAtlasHttp(options, collaborators);
  }

  /**
   * Creates a one-off traceroute and returns its identifier. `uniqueTag` must belong to this measurement alone: when an answer is
   * lost, the client searches for the tag and creates the measurement again only when it does not exist, which avoids a second
   * charge.
   */
  async createTraceroute(
    definition: TracerouteDefinition,
    probes: readonly ProbeSelection[],
    uniqueTag: string,
    signal?: AbortSignal,
  ): Promise<number> {
    const body = creationBody({ ...definition, tags: [...definition.tags, uniqueTag] }, probes);
    for (let tries = 1; ; tries++) {
      try {
        const answer = await this.#http.send({ method: 'POST', path: 'measurements/traceroute/', body, signal });
        return read(createdSchema, answer).measurements[0];
      } catch (error) {
        const isUncertain =
          error instanceof RipeAtlasError && ['serverFailed', 'badAnswer', 'unreachable'].includes(error.code);
        if (!isUncertain) throw error;
        const [created] = await this.ownMeasurements(uniqueTag, signal);
        if (created !== undefined) return created.id;
        if (tries >= MOST_CREATIONS) throw error;
      }
    }
  }

  /** Lists the measurements of the key's account that have `tag`; malformed entries are left out. */
  async ownMeasurements(tag: string, signal?: AbortSignal): Promise<Measurement[]> {
    return this.#list(
      `measurements/my/?tags=${encodeURIComponent(tag)}&page_size=${PAGE_SIZE}`,
      measurementSchema,
      signal,
    );
  }

  /** Reads the state of a measurement. */
  async measurement(id: number, signal?: AbortSignal): Promise<Measurement> {
    return read(measurementSchema, await this.#http.send({ method: 'GET', path: `measurements/${id}/`, signal }));
  }

  /**
   * Reads the results so far. With `sinceMs`, milliseconds since the Unix epoch, only those from the second that holds it on;
   * that second is included. Default: all.
   */
  async results(id: number, sinceMs?: number, signal?: AbortSignal): Promise<(RipeTraceroute | RipeFault)[]> {
    const start = sinceMs === undefined ? '' : `&start=${Math.floor(sinceMs / 1000)}`;
    const path = `measurements/${id}/results/?format=json${start}`;
    return read(z.array(z.unknown()), await this.#http.send({ method: 'GET', path, signal })).map(readTraceroute);
  }

  /** Stops a measurement. Stopping one that has ended changes nothing. */
  async stop(id: number, signal?: AbortSignal): Promise<void> {
    await this.#http.send({ method: 'DELETE', path: `measurements/${id}/`, signal });
  }

  /** Adds probes, by their identifiers, to an ongoing measurement. */
  async addProbes(id: number, ids: readonly number[], signal?: AbortSignal): Promise<void> {
    const body = [{ action: 'add', type: 'probes', value: ids.join(','), requested: ids.length }];
    await this.#http.send({ method: 'POST', path: `measurements/${id}/participation-requests/`, body, signal });
  }

  /** Lists connected probes; malformed entries are left out. Default filter: none. */
  async probes(filter: ProbeFilter = {}, signal?: AbortSignal): Promise<RipeProbe[]> {
    const query = new URLSearchParams({ status_name: 'Connected', page_size: String(PAGE_SIZE), sort: 'id' });
    if (filter.isAnchor !== undefined) query.set('is_anchor', String(filter.isAnchor));
    if (filter.asn !== undefined) query.set('asn_v4', String(filter.asn));
    if (filter.country !== undefined) query.set('country_code', filter.country);
    return this.#list(`probes/?${query}`, probeSchema, signal);
  }

  /** Reads the credit balance of the key's account. */
  async credits(signal?: AbortSignal): Promise<Credits> {
    return read(creditsSchema, await this.#http.send({ method: 'GET', path: 'credits/', signal }));
  }

  /** Whether RIPE Atlas knows the client's key. A key that may not read the balance of its account is known, too. */
  async isKeyKnown(signal?: AbortSignal): Promise<boolean> {
    try {
      await this.credits(signal);
      return true;
    } catch (error) {
      if (!(error instanceof RipeAtlasError) || !('status' in error.details)) throw error;
      const { status } = error.details;
      // The two refusals differ by their text only.
      if (status === 403) return !/does not exist/i.test(error.message);
      if (status === 401) return false;
      throw error;
    }
  }

  /** Reads the permissions of an API key. */
  async key(uuid: string, signal?: AbortSignal): Promise<ApiKey> {
    return read(keySchema, await this.#http.send({ method: 'GET', path: `keys/${encodeURIComponent(uuid)}/`, signal }));
  }

  async #list<T>(path: string, schema: z.ZodType<T>, signal?: AbortSignal): Promise<T[]> {
    const all: T[] = [];
    let next: string | null = path;
    for (let page = 0; next !== null; page++) {
      if (page >= MOST_PAGES) throw tooLong(MOST_PAGES, 'pages');
      const answer: z.infer<typeof pageSchema> = read(
        pageSchema,
        await this.#http.send({ method: 'GET', path: next, signal }),
      );
      if (all.length + answer.results.length > MOST_ENTRIES) throw tooLong(MOST_ENTRIES, 'entries');
      // One malformed entry among thousands must not hide the others.
      for (const entry of answer.results) {
        const parsed = schema.safeParse(entry);
        if (parsed.success) all.push(parsed.data);
      }
      next = answer.next;
    }
    return all;
  }
}

/** The target of a measurement as the API takes it: a dotted quad. */
export const targetOf = (address: Ipv4Address): string => formatIpv4(address);

function read<T>(schema: z.ZodType<T>, answer: unknown): T {
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = issue.path.join('.');
  throw new RipeAtlasError('badAnswer', `the answer does not follow the schema of the API: ${path} ${issue.message}`, {
    path,
  });
}

const tooLong = (limit: number, unit: string): RipeAtlasError =>
  new RipeAtlasError('answerTooLarge', `the list has more than ${limit} ${unit}`, { limit });
