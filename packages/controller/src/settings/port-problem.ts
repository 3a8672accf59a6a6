import type { Settings } from './settings.ts';

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is used by another program',
  EACCES: 'may not be opened by this user',
};

/**
 * Says which setting names a port that cannot be opened, for instance `port 8080 is used by another program: set REVTR_PORT to another
 * port`. `undefined` for other errors.
 */
export function portProblem(
  error: unknown,
  { port, health, gateway, grpc }: Pick<Settings, 'port' | 'health' | 'gateway' | 'grpc'>,
): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || !('port' in error)) return undefined;
  const reason = REASONS[String(error.code)];
  const settings: Readonly<Record<string, number | undefined>> = {
    REVTR_PORT: port,
    REVTR_HEALTH_PORT: health?.port,
    REVTR_GATEWAY_PORT: gateway.port,
    REVTR_LEGACY_SCAMPER_PORT: gateway.legacy?.scamperPort,
    REVTR_LEGACY_GRPC_PORT: gateway.legacy?.grpcPort,
    REVTR_GRPC_PORT: grpc?.port,
  };
  const setting = Object.keys(settings).find((name) => settings[name] === error.port);
  if (reason === undefined || setting === undefined) return undefined;
  return `port ${error.port} ${reason} (${error.code}): set ${setting} to another port`;
}
