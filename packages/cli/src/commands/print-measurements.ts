import type { Measurement } from '@revtr/client';
import type { Context } from '../context.ts';
import { completed, type DisplayOptions } from '../display.ts';
import { exitCodeOfMeasurements } from '../exit-codes.ts';
import { renderMeasurement } from '../render/measurement/measurement.ts';

/** Prints measurements one after the other. The exit code tells whether all of them have a complete path. */
export async function printMeasurements(
  context: Context,
  options: DisplayOptions,
  measurements: readonly Measurement[],
): Promise<void> {
  const display = await completed(options, context.terminal);
  context.output.printEach(
    display,
    measurements,
    (measurement, screen) => `${renderMeasurement(measurement, display, screen)}\n`,
  );
  context.exitCode = exitCodeOfMeasurements(measurements);
}
