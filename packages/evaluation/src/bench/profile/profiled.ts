import { type Costs, costsOf, cpuProfileSchema } from './costs.ts';
import { sampling } from './sampling.ts';

/** Runs `work` while the main thread of this process is profiled. */
export async function profiled<T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly costs: Costs }> {
  const stop = await sampling();
  const result = await work();
  return { result, costs: costsOf([cpuProfileSchema.parse(await stop())]) };
}
