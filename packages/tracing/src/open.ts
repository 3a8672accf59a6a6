import { readTracingSettings } from './settings.ts';
import { NO_TRACING, type Tracing } from './tracing.ts';

/**
 * Opens the traces that the environment asks for. The OpenTelemetry SDK is loaded only then: {@link NO_TRACING} otherwise. `onProblem` is told
 * when the collector does not take spans, and when it takes them again.
 * @throws {z.ZodError} naming each bad variable
 */
export async function openTracing(
  environment: Readonly<Record<string, string | undefined>>,
  { service, onProblem }: { readonly service: string; readonly onProblem: (problem: string | undefined) => void },
): Promise<Tracing> {
  const settings = readTracingSettings(environment, service);
  if (settings === undefined) return NO_TRACING;
  const { OpenTelemetryTracing } = await import('./open-telemetry.ts');
  return new OpenTelemetryTracing(settings, { onProblem });
}
