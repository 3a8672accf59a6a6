import type { AcceptedBatch } from './accepted.ts';
import type { ClientEvent, ShownMeasurement } from './history.ts';
import type { Stored } from './stored.ts';
import type { AddViolation } from './violations.ts';

/** Code of the reason of a measurement that the controller could not handle. */
const DEFECT = 'internal';

/** What clients were shown of a measurement at any time must be what the database holds, and what they are shown at the end. */
export function compareShown(
  history: readonly ClientEvent[],
  stored: Stored,
  accepted: ReadonlyMap<number, AcceptedBatch>,
  add: AddViolation,
): void {
  const storedById = new Map(stored.measurements.map((measurement) => [measurement.id, measurement]));
  const first = new Map<number, ShownMeasurement>();
  const ended = new Set<number>();
  const tellWrong = new Set<number>();
  const broken = new Set<number>();
  const compareStopReason = (id: number, told: string | undefined): void => {
    ended.add(id);
    if ((storedById.get(id)?.stopReason ?? undefined) !== told) tellWrong.add(id);
  };
  for (const event of history) {
    if (event.type === 'ended') compareStopReason(event.measurement, event.stopReason);
    if (event.type !== 'read') continue;
    for (const measurement of event.measurements) {
      const { id, state, stopReason, digest, failCode } = measurement;
      if (state !== 'done') {
        // What has ended does not begin again.
        if (ended.has(id) || event.isFinal) add('changedResult', `measurement ${id}`);
        continue;
      }
      compareStopReason(id, stopReason);
      if (failCode === DEFECT) broken.add(id);
      const before = first.get(id);
      if (before !== undefined && before.digest !== digest) add('changedResult', `measurement ${id}`);
      first.set(id, before ?? measurement);
    }
  }
  for (const id of tellWrong) add('wrongStopReason', `measurement ${id}`);
  for (const id of broken) add('brokenMeasurement', `measurement ${id}`);
  checkLastReadings(history, stored, accepted, add);
}

/** The last reading of each accepted batch shows exactly its measurements. */
function checkLastReadings(
  history: readonly ClientEvent[],
  { measurements }: Stored,
  accepted: ReadonlyMap<number, AcceptedBatch>,
  add: AddViolation,
): void {
  const measurementsOf = Map.groupBy(measurements, ({ batchId }) => batchId);
  const last = new Map<number, readonly ShownMeasurement[]>();
  for (const event of history) if (event.type === 'read' && event.isFinal) last.set(event.batchId, event.measurements);
  for (const { batchId, pairs } of accepted.values()) {
    const shown = last.get(batchId);
    if (shown === undefined) add('unread', `batch ${batchId}`);
    else if (shown.length !== pairs.length || listOf(shown) !== listOf(measurementsOf.get(batchId) ?? []))
      add('incompleteReading', `batch ${batchId}`);
  }
}

const listOf = (measurements: readonly Pick<ShownMeasurement, 'id' | 'src' | 'dst'>[]): string =>
  measurements
    .map(({ id, src, dst }) => `${id} ${src} ${dst}`)
    .sort()
    .join();
