import type { Measurement } from '@revtr/client';
import type { Context } from '../context.ts';
import { exitCodeOfMeasurements } from '../exit-codes.ts';
import type { OutputOptions } from '../output.ts';
import { renderMeasurement } from '../render/measurement-table.ts';

/** Prints measurements one after the other. The exit code tells whether all of them have a complete path. */
export function printMeasurements(
  context: Context,
  options: OutputOptions,
  measurements: readonly Measurement[],
): void {
  const { output, terminal } = context;
  output.printEach(options, measurements, (measurement) => `${renderMeasurement(measurement, terminal)}\n`);
  context.exitCode = exitCodeOfMeasurements(measurements);
}
