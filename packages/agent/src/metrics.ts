import { createServer, type Server } from 'node:http';
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';

/** The metrics of an agent, for Prometheus. */
export class AgentMetrics {
  readonly registry = new Registry();
  readonly #work = new Counter({
    name: 'revtr_agent_work_total',
    help: 'Pieces of work that ended, by kind and result.',
    labelNames: ['kind', 'end'],
    registers: [this.registry],
  });
  readonly #connected = new Gauge({
    name: 'revtr_agent_connected',
    help: 'Whether the controller is connected.',
    registers: [this.registry],
  });

  readonly #measures = new Gauge({
    name: 'revtr_agent_measures',
    help: 'Whether scamper passed its last health check.',
    registers: [this.registry],
  });

  constructor() {
    this.#measures.set(1);
    collectDefaultMetrics({ register: this.registry });
  }

  worked(kind: string, end: string): void {
    this.#work.inc({ kind, end });
  }

  connected(isConnected: boolean): void {
    this.#connected.set(isConnected ? 1 : 0);
  }

  measures(measures: boolean): void {
    this.#measures.set(measures ? 1 : 0);
  }

  /** Adds a gauge whose value `read` returns. */
  observe(name: string, help: string, read: () => number): void {
    new Gauge({
      name,
      help,
      registers: [this.registry],
      collect() {
        this.set(read());
      },
    });
  }

  /** Serves `/metrics`, and `/health` for the container. Rejects when the address is taken. */
  serve(host: string, port: number, isHealthy: () => boolean): Promise<Server> {
    const server = createServer((request, response) => {
      if (request.url === '/metrics') {
        this.registry.metrics().then(
          (text) => response.writeHead(200, { 'content-type': this.registry.contentType }).end(text),
          () => response.writeHead(500).end(),
        );
      } else if (request.url === '/health') {
        const healthy = isHealthy();
        response.writeHead(healthy ? 200 : 503).end(healthy ? 'ok\n' : 'not connected to the controller\n');
      } else response.writeHead(404).end();
    });
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, () => resolve(server));
    });
  }
}
