import { parentPort } from 'node:worker_threads';
import { runUnit, type Unit } from './unit.ts';

/** Worker thread that runs the units from the scheduler. */
parentPort?.on('message', (unit: Unit) => {
  runUnit(unit).then(
    (result) => parentPort?.postMessage({ result }),
    (error: unknown) =>
      parentPort?.postMessage({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});
