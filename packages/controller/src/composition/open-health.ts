import { HealthServer } from '../operations/health-server.ts';
import type { MonitoringCollaborators } from '../operations/monitoring.ts';
import type { Subsystem } from './subsystem.ts';

/** Opens the server for health, readiness and metrics. It must be the first subsystem: it answers while the others stop. */
export function openHealth(
  listen: { readonly host: string; readonly port: number } | undefined,
  collaborators: MonitoringCollaborators,
): Subsystem {
  const server = listen && new HealthServer(listen, collaborators);
  return {
    name: 'health',
    start: async () => {
      await server?.start();
    },
    stop: async () => {
      await server?.stop();
    },
  };
}
