import type { Metrics } from '../foundation/metrics.ts';
import type { ReadinessProbe } from './readiness.ts';

export interface MonitoringCollaborators {
  readonly readiness: Pick<ReadinessProbe, 'read'>;
  readonly metrics: Pick<Metrics, 'registry'>;
}

/** An answer of HTTP. `type` is the content type of `body`. */
export interface MonitoringAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** Path of the metrics. */
export const METRICS = '/metrics';

/** What monitoring and load balancers ask, by path. The API answers it, and the health server. */
export const MONITORING: ReadonlyMap<string, (collaborators: MonitoringCollaborators) => Promise<MonitoringAnswer>> =
  new Map([
    ['/health', async () => jsonAnswer(200, { status: 'ok' })],
    [
      '/ready',
      async ({ readiness }: MonitoringCollaborators) => {
        const { isReady, parts } = await readiness.read();
        return jsonAnswer(isReady ? 200 : 503, { status: isReady ? 'ready' : 'notReady', parts });
      },
    ],
    [
      METRICS,
      async ({ metrics: { registry } }: MonitoringCollaborators) => ({
        status: 200,
        type: registry.contentType,
        body: await registry.metrics(),
      }),
    ],
  ]);

/** An answer in JSON. */
export const jsonAnswer = (status: number, value: object): MonitoringAnswer => ({
  status,
  type: 'application/json; charset=utf-8',
  body: JSON.stringify(value),
});
