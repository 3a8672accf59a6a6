import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';
import type { TracingSettings } from './settings.ts';

/** Requests to the collector at once. */
const MOST_REQUESTS = 2;

/** Sends spans to a collector, and reports once when the collector stops taking them, and once when it takes them again. */
export class ReportingExporter implements SpanExporter {
  readonly #exporter: OTLPTraceExporter;
  readonly #onProblem: (problem: string | undefined) => void;
  #isFailing = false;

  constructor(
    { url, headers, timeoutMs }: Pick<TracingSettings, 'url' | 'headers' | 'timeoutMs'>,
    { onProblem }: { readonly onProblem: (problem: string | undefined) => void },
  ) {
    this.#exporter = new OTLPTraceExporter({
      ...{ url, headers: { ...headers }, timeoutMillis: timeoutMs },
      concurrencyLimit: MOST_REQUESTS,
    });
    this.#onProblem = onProblem;
  }

  export(spans: ReadableSpan[], done: Parameters<SpanExporter['export']>[1]): void {
    this.#exporter.export(spans, (result) => {
      const isFailing = result.code !== 0;
      if (isFailing !== this.#isFailing) this.#onProblem(isFailing ? messageOf(result.error) : undefined);
      this.#isFailing = isFailing;
      done(result);
    });
  }

  shutdown(): Promise<void> {
    return this.#exporter.shutdown();
  }
}

/** Longest text of a collector that reaches the log. */
const MOST_CHARACTERS = 200;
const messageOf = (error: Error | undefined): string => (error?.message ?? 'unknown').slice(0, MOST_CHARACTERS);
