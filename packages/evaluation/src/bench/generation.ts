import { generateTopology, type Size, simParameters } from '@revtr/sim';

/** Time and memory that each size of simulated Internet takes to generate. */
export function benchGeneration() {
  return (['small', 'medium', 'large'] satisfies Size[]).map((size) => {
    const started = performance.now();
    const { networks, routers } = generateTopology(simParameters(size, 1));
    const seconds = Math.round(performance.now() - started) / 1000;
    return {
      size,
      networks: networks.count,
      routers: routers.count,
      seconds,
      residentMebibytes: Math.round(process.memoryUsage().rss / 2 ** 20),
    };
  });
}
