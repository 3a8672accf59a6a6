import { type Fault, usedBy } from '../plan/fault.ts';

/**
 * Runs faults beside each other. `before` resolves when the earlier faults that use the same thing have been repaired: a repair may take longer
 * than planned. Resolves when all have.
 */
export async function runInTurn(
  faults: readonly Fault[],
  run: (fault: Fault, before: Promise<unknown>) => Promise<void>,
): Promise<void> {
  const last = new Map<string, Promise<void>>();
  const running: Promise<void>[] = [];
  for (const fault of faults.toSorted((one, other) => one.atMs - other.atMs)) {
    const used = usedBy(fault);
    const repaired = run(fault, Promise.all(used.map((thing) => last.get(thing))));
    for (const thing of used) last.set(thing, repaired);
    running.push(repaired);
  }
  await Promise.all(running);
}
