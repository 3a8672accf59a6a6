import { parentPort } from 'node:worker_threads';
import type { Unit } from '../units/unit.ts';
import { runWorld } from './run-world.ts';

/** Worker thread that runs the units of one world at a time, which the scheduler sends. */
parentPort?.on('message', (units: readonly Unit[]) => {
  runWorld(units, (result) => parentPort?.postMessage({ result })).then(
    () => parentPort?.postMessage({ isDone: true }),
    (error: unknown) =>
      parentPort?.postMessage({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});
