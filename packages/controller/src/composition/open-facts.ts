import type { Context } from './context.ts';
import type { Subsystem } from './subsystem.ts';

/** The datasets that tell who announces an address, fetched again as the operator has set. */
export function openFacts({ datasets }: Context): Subsystem {
  const { updater } = datasets;
  return { name: 'facts', start: () => updater.start(), stop: () => updater.stop() };
}
