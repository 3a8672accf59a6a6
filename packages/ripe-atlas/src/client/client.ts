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
const MOST_PAGES = 200;

/** Which probes to list. */
export interface ProbeFilter {
  readonly isAnchor?: boolean;
  readonly asn?: number;
  readonly country?: string;
}

/** What RIPE Atlas offers, typed. Every method throws {@link RipeAtlasError}, and waits where the server asks it to. */
export class RipeAtlasClient {
  readonly #http: RipeAtlasHttp;

  constructor(options: HttpOptions, collaborators: HttpCollaborators) {
    this.#http = new RipeAtlasHttp(options, collaborators);
  }

  /**
   * Creates a one-off traceroute and returns its number. `uniqueTag` names this measurement and no other: when an answer is
   * lost, it tells whether the measurement was created all the same, so that nothing is created, and paid, twice.
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

  /** Measurements of the key's account that have a tag. */
  async ownMeasurements(tag: string, signal?: AbortSignal): Promise<Measurement[]> {
    return this.#list(
      `measurements/my/?tags=${encodeURIComponent(tag)}&page_size=${PAGE_SIZE}`,
      measurementSchema,
      signal,
    );
  }

  /** Where a measurement stands. */
  async measurement(id: number, signal?: AbortSignal): Promise<Measurement> {
    return read(measurementSchema, await this.#http.send({ method: 'GET', path: `measurements/${id}/`, signal }));
  }

  /** Results so far, those from `sinceMs` on where it is given: that moment itself is included. */
  async results(id: number, sinceMs?: number, signal?: AbortSignal): Promise<(RipeTraceroute | RipeFault)[]> {
    const start = sinceMs === undefined ? '' : `&start=${Math.floor(sinceMs / 1000)}`;
    const path = `measurements/${id}/results/?format=json${start}`;
    return read(z.array(z.unknown()), await this.#http.send({ method: 'GET', path, signal })).map(readTraceroute);
  }

  /** Ends a measurement; one that has ended already stays as it is. */
  async stop(id: number, signal?: AbortSignal): Promise<void> {
    await this.#http.send({ method: 'DELETE', path: `measurements/${id}/`, signal });
  }

  /** Adds probes to a measurement that goes on. */
  async addProbes(id: number, ids: readonly number[], signal?: AbortSignal): Promise<void> {
    const body = [{ action: 'add', type: 'probes', value: ids.join(','), requested: ids.length }];
    await this.#http.send({ method: 'POST', path: `measurements/${id}/participation-requests/`, body, signal });
  }

  /** Probes that are connected. */
  async probes(filter: ProbeFilter = {}, signal?: AbortSignal): Promise<RipeProbe[]> {
    const query = new URLSearchParams({ status_name: 'Connected', page_size: String(PAGE_SIZE), sort: 'id' });
    if (filter.isAnchor !== undefined) query.set('is_anchor', String(filter.isAnchor));
    if (filter.asn !== undefined) query.set('asn_v4', String(filter.asn));
    if (filter.country !== undefined) query.set('country_code', filter.country);
    return this.#list(`probes/?${query}`, probeSchema, signal);
  }

  /** Credits of the key's account. */
  async credits(signal?: AbortSignal): Promise<Credits> {
    return read(creditsSchema, await this.#http.send({ method: 'GET', path: 'credits/', signal }));
  }

  /** What a key may do. */
  async key(uuid: string, signal?: AbortSignal): Promise<ApiKey> {
    return read(keySchema, await this.#http.send({ method: 'GET', path: `keys/${encodeURIComponent(uuid)}/`, signal }));
  }

  async #list<T>(path: string, schema: z.ZodType<T>, signal?: AbortSignal): Promise<T[]> {
    const all: T[] = [];
    let next: string | null = path;
    for (let page = 0; next !== null && page < MOST_PAGES; page++) {
      const answer: z.infer<typeof pageSchema> = read(
        pageSchema,
        await this.#http.send({ method: 'GET', path: next, signal }),
      );
      // One entry that is not what it should be, of thousands written by others, must not hide the rest.
      for (const entry of answer.results) {
        const parsed = schema.safeParse(entry);
        if (parsed.success) all.push(parsed.data);
      }
      next = answer.next;
    }
    return all;
  }
}

const MOST_CREATIONS = 5;

/** The name by which RIPE Atlas knows a target. */
export const targetOf = (address: Ipv4Address): string => formatIpv4(address);

function read<T>(schema: z.ZodType<T>, answer: unknown): T {
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new RipeAtlasError(
    'badAnswer',
    `the answer does not follow the contract: ${issue.path.join('.')} ${issue.message}`,
  );
}
