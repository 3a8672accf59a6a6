import type { addSimulator as AddSimulator } from './sim.ts';

/** Adds nothing: the published package does not contain the simulated Internet. */
export const addSimulator: typeof AddSimulator = () => undefined;
