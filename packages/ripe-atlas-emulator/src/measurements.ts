import { type Clock, type Prober, ProbingError, type Random } from '@revtr/probing';
import type { SimulatedProbe } from '@revtr/sim';
import type { EmulatedAccount } from './accounts.ts';
import { ApiError } from './api-error.ts';
import type { CreationRequest } from './creation.ts';
import type { EmulatorFaults } from './faults.ts';
import { resultJson } from './result-json.ts';
import { selectProbes } from './selection.ts';

type Definition = CreationRequest['definitions'][number];

/** A measurement. It stays available after its end. */
export interface EmulatedMeasurement {
  readonly id: number;
  readonly account: EmulatedAccount;
  readonly definition: Definition;
  /** Number of requested probes. */
  readonly requested: number;
  readonly probes: SimulatedProbe[];
  /** Milliseconds since the Unix epoch. */
  readonly createdAt: number;
  /** Status number of RIPE Atlas. */
  state: number;
  /** Results in order of arrival. */
  readonly results: Record<string, unknown>[];
  readonly over: AbortController;
}

export interface MeasurementsOptions {
  readonly faults: EmulatorFaults;
  /** Largest number of probes in one measurement and, below, of concurrent measurements of one account. */
  readonly mostProbes: number;
  readonly mostConcurrent: number;
}

export interface MeasurementsCollaborators {
  readonly probes: readonly SimulatedProbe[];
  readonly prober: Prober;
  readonly clock: Clock;
  readonly random: Random;
  /** Receives each result. */
  readonly onResult: (measurement: EmulatedMeasurement, result: Record<string, unknown>) => void;
}

const FIRST_ID = 100_000_001;
/** Times since the creation until a measurement is scheduled, ongoing and stopped, and the spread of its probes, in milliseconds. */
const SCHEDULED_MS = 3_000;
const ONGOING_MS = 10_000;
const SPREAD_MS = 180_000;
const LIFE_MS = 400_000;

const STATE = { specified: 0, scheduled: 1, ongoing: 2, stopped: 4, noSuitableProbes: 6 } as const;
const isOpen = ({ state }: EmulatedMeasurement): boolean => state < STATE.stopped;
/** Credits for one result of a one-off traceroute (RIPE Atlas documentation, “Credits”). */
export const creditsPerResult = ({ definition }: Pick<EmulatedMeasurement, 'definition'>): number =>
  20 * definition.packets;

/** All measurements of the emulator. The clock controls their progress. */
export class Measurements {
  readonly byId = new Map<number, EmulatedMeasurement>();
  readonly #options: MeasurementsOptions;
  readonly #collaborators: MeasurementsCollaborators;

  constructor(options: MeasurementsOptions, collaborators: MeasurementsCollaborators) {
    this.#options = options;
    this.#collaborators = collaborators;
  }

  /** Creates and starts one measurement for each definition. @throws {ApiError} 400 above a quota, 403 without enough credits */
  create(account: EmulatedAccount, request: CreationRequest): EmulatedMeasurement[] {
    const { mostProbes, mostConcurrent } = this.#options;
    const requested = request.probes.reduce((sum, probes) => sum + Math.max(0, probes.requested), 0);
    const open = [...this.byId.values()].filter((other) => other.account === account && isOpen(other)).length;
    const refuse = (detail: string): ApiError => new ApiError(400, 'Bad Request', detail);
    if (requested > mostProbes) throw refuse(`Your selected number of probes exceeds the maximum of ${mostProbes}.`);
    if (open + request.definitions.length > mostConcurrent)
      throw refuse(`We do not allow more than ${mostConcurrent} concurrent measurements.`);
    const price = request.definitions.reduce(
      (sum, definition) => sum + creditsPerResult({ definition }) * requested,
      0,
    );
    if (price > account.balance)
      throw new ApiError(403, 'Forbidden', 'You do not have enough credit to schedule this measurement.');
    return request.definitions.map((definition) => this.#begin(account, definition, request, requested));
  }

  /** Adds connected probes to a measurement. An ongoing measurement starts them immediately. */
  add(measurement: EmulatedMeasurement, ids: readonly number[]): void {
    const known = new Set(measurement.probes.map(({ id }) => id));
    for (const probe of this.#collaborators.probes) {
      if (!ids.includes(probe.id) || known.has(probe.id) || !probe.isConnected) continue;
      measurement.probes.push(probe);
      // A measurement that is not ongoing yet starts all its probes later.
      if (measurement.state === STATE.ongoing) void this.#measure(measurement, probe);
    }
  }

  /** Stops a measurement. Probes without a result send none. */
  stop(measurement: EmulatedMeasurement): void {
    if (isOpen(measurement)) measurement.state = STATE.stopped;
    measurement.over.abort();
  }

  /** Cancels all measurements. */
  stopAll(): void {
    for (const measurement of this.byId.values()) measurement.over.abort();
  }

  #begin(
    account: EmulatedAccount,
    definition: Definition,
    request: CreationRequest,
    requested: number,
  ): EmulatedMeasurement {
    const { probes: all, random, clock } = this.#collaborators;
    const participantsOf = (id: number): number[] => this.byId.get(id)?.probes.map((probe) => probe.id) ?? [];
    const probes = selectProbes(request.probes, all, participantsOf, random);
    const measurement: EmulatedMeasurement = {
      id: FIRST_ID + this.byId.size,
      account,
      definition,
      requested,
      probes,
      createdAt: clock.now(),
      state: STATE.specified,
      results: [],
      over: new AbortController(),
    };
    this.byId.set(measurement.id, measurement);
    void this.#live(measurement);
    return measurement;
  }

  async #live(measurement: EmulatedMeasurement): Promise<void> {
    const { clock } = this.#collaborators;
    const { signal } = measurement.over;
    try {
      await clock.sleep(SCHEDULED_MS, signal);
      measurement.state = measurement.probes.length === 0 ? STATE.noSuitableProbes : STATE.scheduled;
      if (measurement.probes.length === 0) return;
      await clock.sleep(ONGOING_MS - SCHEDULED_MS, signal);
      measurement.state = STATE.ongoing;
      for (const probe of measurement.probes) void this.#measure(measurement, probe);
      await clock.sleep(LIFE_MS - ONGOING_MS, signal);
      measurement.state = STATE.stopped;
    } catch (error) {
      if (!(error instanceof ProbingError)) throw error;
    }
  }

  async #measure(measurement: EmulatedMeasurement, probe: SimulatedProbe): Promise<void> {
    const { clock, prober, random, onResult } = this.#collaborators;
    const { faults } = this.#options;
    const { definition, over, account } = measurement;
    if (random.chance(faults.silentProbes)) return;
    try {
      await clock.sleep(random.next() * SPREAD_MS, over.signal);
      const request = {
        type: 'traceroute',
        sender: probe.address,
        target: definition.address,
        timeoutMs: definition.response_timeout,
        maxHops: definition.max_hops,
        attempts: Math.min(10, definition.packets),
      } as const;
      const result = await prober.traceroute(request, over.signal);
      const { packets, paris } = definition;
      const json = resultJson(result, { measurement: measurement.id, probe, packets, paris }, faults, random);
      account.balance -= creditsPerResult(measurement);
      measurement.results.push(json);
      onResult(measurement, json);
    } catch (error) {
      if (!(error instanceof ProbingError)) throw error;
    }
  }
}
