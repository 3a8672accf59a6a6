import { Gauge } from 'prom-client';
import type { Metrics } from '../foundation/metrics.ts';
import type { ReadinessProbe } from './readiness.ts';

/** Shows whether the parts that this process uses work. */
export function observeReadiness(
  { registry }: Pick<Metrics, 'registry'>,
  { readiness }: { readonly readiness: Pick<ReadinessProbe, 'read'> },
): void {
  new Gauge({
    name: 'revtr_part_works',
    help: 'Whether a part that the process uses, as the database or the bus, works: 1 or 0.',
    labelNames: ['part'],
    registers: [registry],
    async collect() {
      const { parts } = await readiness.read();
      this.reset();
      for (const [part, outcome] of Object.entries(parts)) this.set({ part }, outcome === 'ok' ? 1 : 0);
    },
  });
}
