import { optionProbes, type ReverseTraceroute } from '@revtr/engine';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Metrics of the controller in the Prometheus format. */
export class Metrics {
  readonly registry = new Registry();
  readonly #measurements = new Counter({
    name: 'revtr_measurements_total',
    help: 'Reverse traceroutes that ended, by stop reason.',
    labelNames: ['stop_reason'],
    registers: [this.registry],
  });
  readonly #seconds = new Histogram({
    name: 'revtr_measurement_duration_seconds',
    help: 'Time from the start of a reverse traceroute to its end.',
    buckets: [0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 120],
    registers: [this.registry],
  });
  readonly #probes = new Counter({
    name: 'revtr_option_probes_total',
    help: 'Probes with IP options sent for reverse traceroutes.',
    registers: [this.registry],
  });

  readonly #refused = new Counter({
    name: 'revtr_refused_total',
    help: 'Requests of agents that were refused, by kind.',
    labelNames: ['kind'],
    registers: [this.registry],
  });

  readonly #outages = new Counter({
    name: 'revtr_host_outages_total',
    help: 'Outages of sources and vantage points, in which nothing answered the host.',
    registers: [this.registry],
  });

  readonly #grpcSeconds = new Histogram({
    name: 'revtr_grpc_call_duration_seconds',
    help: 'Time from the arrival of the headers of a gRPC call to the end of its answer, by server, method and status code.',
    labelNames: ['server', 'method', 'code'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [this.registry],
  });

  readonly #grpcRefused = new Counter({
    name: 'revtr_grpc_refused_total',
    help: 'Connections and calls that a gRPC server refused, by server and reason.',
    labelNames: ['server', 'reason'],
    registers: [this.registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  /**
   * Counts something that was refused: `enrolment`, `connection`, `message`, `reply`, `optOut`, and from agents of revtr 2.0 `legacyConnection`,
   * `legacyMessage`, `legacyReply`.
   */
  refused(kind: string, count = 1): void {
    this.#refused.inc({ kind }, count);
  }

  /** Shows how many agents of revtr 2.0 are connected. */
  observeLegacyAgents(count: () => number): void {
    this.#observe('revtr_legacy_agents_connected', 'Agents of revtr 2.0 that are connected.', count);
  }

  /** Measures a gRPC call. `method` is the full name of a known method, or `none`; `code` is the name of the status code. */
  grpcCalled(labels: { readonly server: string; readonly method: string; readonly code: string }, ms: number): void {
    this.#grpcSeconds.observe({ ...labels }, ms / 1000);
  }

  /** Counts a connection or call that a gRPC server refused. */
  grpcRefused(labels: { readonly server: string; readonly reason: string }): void {
    this.#grpcRefused.inc({ ...labels });
  }

  /** Shows how many agents are connected. */
  observeAgents(count: () => number): void {
    this.#observe('revtr_agents_connected', 'Agents that are connected.', count);
  }

  /** Shows how many hosts are suspended. */
  observeSuspended(count: () => number): void {
    this.#observe(
      'revtr_hosts_suspended',
      'Sources and vantage points that are suspended, because nothing answers them.',
      count,
    );
  }

  /** Shows how many measurements may be under way at once. */
  observeLimit(limit: () => number): void {
    this.#observe('revtr_measurements_limit', 'Measurements that may be in progress at once.', limit);
  }

  /** Shows how much longer probes take in the system than at best, milliseconds; `undefined`: not known. */
  observeDelay(delayMs: () => number | undefined): void {
    const help = 'How much longer probes take in the system than at best; 0 while that is not known.';
    this.#observe('revtr_probe_delay_seconds', help, () => (delayMs() ?? 0) / 1000);
  }

  /** Counts an outage of a source or vantage point. */
  hostSuspended(): void {
    this.#outages.inc();
  }

  measured({ stopReason, startedAt, endedAt, stats }: ReverseTraceroute): void {
    this.#measurements.inc({ stop_reason: stopReason });
    this.#seconds.observe((endedAt - startedAt) / 1000);
    this.#probes.inc(optionProbes(stats));
  }

  #observe(name: string, help: string, count: () => number): void {
    new Gauge({
      name,
      help,
      registers: [this.registry],
      collect() {
        this.set(count());
      },
    });
  }
}
