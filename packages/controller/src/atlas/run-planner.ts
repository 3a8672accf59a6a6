import { type EngineCollaborators, idlePaths } from '@revtr/engine';
import { formatIpv4, type Ipv4Address } from '@revtr/net';
import type { Random } from '@revtr/probing';
import { creditsPerTraceroute, RipeAtlasError, type RipeProbe } from '@revtr/ripe-atlas';
import type { AtlasRuns } from '@revtr/storage';
import { ControllerError } from '../foundation/errors.ts';
import { chooseProbes } from './probe-choice.ts';
import type { RipeAtlasAccess } from './ripe-access.ts';
import { PACKETS } from './ripe-measurements.ts';
import type { Payer } from './run-record.ts';

/** Who asks for a run. */
export interface Asker {
  readonly userId: number;
  /** The API key of the request; `null` when a session made it. */
  readonly keyId: number | null;
  /** The user's own RIPE Atlas key. The controller uses it for this run and does not store it. */
  readonly ripeKey: string | undefined;
}

/** What a run would measure and cost. */
export interface Estimate {
  readonly payer: Payer;
  /** RIPE Atlas probes that would send a traceroute. */
  readonly probes: number;
  /** RIPE Atlas credits. */
  readonly credits: number;
  /** Why the run would not use RIPE Atlas, when nobody pays for it. */
  readonly note?: string;
}

export interface RunPlannerCollaborators {
  readonly engineParts: Pick<EngineCollaborators, 'atlas' | 'clock'>;
  readonly runs: AtlasRuns;
  /** RIPE Atlas; `undefined` when it is not used. */
  readonly ripe: RipeAtlasAccess | undefined;
  /** RIPE Atlas probes from an imported list; empty when no list was imported. */
  readonly importedProbes: () => readonly RipeProbe[];
  readonly random: Random;
}

/** Longest time to wait for the check of a key, milliseconds: clients of version 1 wait 16 s for an answer. */
const KEY_CHECK_MS = 10_000;
/** A probe has added nothing when no reverse traceroute met its path for this long, milliseconds. */
const IDLE_MS = 86_400_000;

const noteFor = (hasSystemKey: boolean): string =>
  hasSystemKey
    ? 'The system has already paid for the first run. Send a RIPE-Key header to get new RIPE Atlas traceroutes.'
    : 'The system has no RIPE Atlas key. Send a RIPE-Key header to get RIPE Atlas traceroutes.';

/** Decides who pays for a run and which RIPE Atlas probes it uses. */
export class RunPlanner {
  readonly #collaborators: RunPlannerCollaborators;

  constructor(collaborators: RunPlannerCollaborators) {
    this.#collaborators = collaborators;
  }

  /** What a run that `asker` starts now would measure and cost. @throws {ControllerError} `conflict`, {RipeAtlasError} */
  async estimate(source: Ipv4Address, asker: Asker | undefined): Promise<Estimate> {
    const { ripe } = this.#collaborators;
    const payer = await this.payerOf(source, asker);
    if (ripe === undefined) return { payer, probes: 0, credits: 0 };
    if (payer === 'nobody') return { payer, probes: 0, credits: 0, note: noteFor(ripe.settings.key !== undefined) };
    const available = await ripe.probes(this.#collaborators.importedProbes());
    const usable = available.filter(({ isConnected, asn }) => isConnected && asn !== null).length;
    const probes = Math.min(usable, ripe.settings.probes);
    return { payer, probes, credits: probes * creditsPerTraceroute(PACKETS) };
  }

  /** Whose credits a run spends: the system's for the first run of a source, users' for later runs. @throws {ControllerError} `conflict` */
  async payerOf(source: Ipv4Address, asker: Asker | undefined): Promise<Payer> {
    const { ripe, runs } = this.#collaborators;
    if (asker?.ripeKey !== undefined) {
      if (ripe !== undefined) return 'user';
      throw new ControllerError(
        'conflict',
        'This system does not use RIPE Atlas. Send the request without a RIPE-Key header.',
      );
    }
    if (ripe?.settings.key === undefined) return 'nobody';
    return (await runs.systemHasPaid(formatIpv4(source))) ? 'nobody' : 'system';
  }

  /**
   * Asks RIPE Atlas whether it knows a user's key. Does nothing where RIPE Atlas is not used: {@link payerOf} refuses the key.
   * @throws {ControllerError} `badRequest` when RIPE Atlas does not know the key; `upstreamFailed` when RIPE Atlas cannot be asked
   */
  async checkKey(ripeKey: string): Promise<void> {
    const { ripe } = this.#collaborators;
    if (ripe === undefined) return;
    const isKnown = await ripe
      .client(ripeKey)
      .isKeyKnown(AbortSignal.timeout(KEY_CHECK_MS))
      .catch((error: unknown) => {
        if (!(error instanceof RipeAtlasError)) throw error;
        const message = `RIPE Atlas cannot be asked whether it knows the RIPE-Key: ${error.message}`;
        throw new ControllerError('upstreamFailed', message);
      });
    if (isKnown) return;
    const message = 'RIPE Atlas does not know this key';
    throw new ControllerError('badRequest', 'the RIPE-Key is not valid', {
      places: [{ at: 'RIPE-Key', code: 'invalidRipeKey', message }],
    });
  }

  /** Probes for a run of the whole atlas: the useful probes of the last run, and others in place of those that added nothing. */
  async probesFor(source: Ipv4Address, signal: AbortSignal): Promise<number[]> {
    const { ripe, engineParts, importedProbes, random } = this.#collaborators;
    if (ripe === undefined) return [];
    const available = await ripe.probes(importedProbes(), signal);
    const known = engineParts.atlas.of(source);
    const idle = known === undefined ? [] : idlePaths(known, engineParts.clock.now(), IDLE_MS);
    const avoid = new Set(idle.flatMap(({ probe }) => probe ?? []));
    const before = engineParts.atlas.traceroutesTo(source).flatMap(({ probe }) => probe ?? []);
    const keep = new Set(before.filter((probe) => !avoid.has(probe)));
    return chooseProbes(available, { count: ripe.settings.probes, keep, avoid }, random).map(({ id }) => id);
  }
}
