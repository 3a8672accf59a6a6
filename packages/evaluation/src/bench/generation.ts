import { generateTopology, type Size, simParameters } from '@revtr/sim';

/** Generates one simulated Internet of each size. Reports the duration in seconds and the resident memory of the process. */
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
