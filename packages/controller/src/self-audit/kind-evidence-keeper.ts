import type { DeploymentCalibration, HopKind } from '@revtr/engine';
import type { Clock } from '@revtr/probing';
import type { HopKindRow, HopKinds } from '@revtr/storage';
import { lifted, statesOf } from './kind-records.ts';

/** What is known about the kinds of hops: kept in the database, and told to the engine of this process. */
export class KindEvidenceKeeper {
  readonly #kinds: HopKinds;
  readonly #calibration: DeploymentCalibration;
  readonly #clock: Clock;
  #rows: readonly HopKindRow[] = [];

  constructor(collaborators: {
    readonly kinds: HopKinds;
    readonly calibration: DeploymentCalibration;
    readonly clock: Clock;
  }) {
    this.#kinds = collaborators.kinds;
    this.#calibration = collaborators.calibration;
    this.#clock = collaborators.clock;
  }

  /** The kinds about which there is evidence, by name, as they were last read. */
  get rows(): readonly HopKindRow[] {
    return this.#rows;
  }

  /** Reads what this process and others have stored. */
  async refresh(): Promise<void> {
    this.take(await this.#kinds.list());
  }

  /** Takes over what was just read from the database. */
  take(rows: readonly HopKindRow[]): void {
    this.#rows = rows;
    this.#calibration.replace(statesOf(rows));
  }

  /** Lifts a suspension. Returns whether the kind was suspended. */
  async lift(kind: HopKind): Promise<boolean> {
    let wasSuspended = false;
    const rows = await this.#kinds.change((stored) => {
      const suspended = stored.filter((row) => row.kind === kind && row.suspended_at !== null);
      wasSuspended = suspended.length > 0;
      return suspended.map((row) => lifted(row, new Date(this.#clock.now())));
    });
    this.take(rows);
    return wasSuspended;
  }
}
