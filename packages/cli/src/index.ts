import type { Measurement } from '@revtr/client';
import { escaped } from './escape.ts';
import { renderMeasurement as render } from './render/measurement/measurement.ts';
import { screenOf, type Terminal } from './terminal.ts';

export { runCli } from './program.ts';
export type { Terminal } from './terminal.ts';

/** A measurement as `revtr measure` prints it. */
export const renderMeasurement = (measurement: Measurement, terminal: Terminal): string =>
  render(escaped(measurement), {}, screenOf(terminal));
