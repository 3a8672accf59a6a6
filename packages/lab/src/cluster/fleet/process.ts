import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ManagedProcess, type ManagedProcessOptions } from '../../deployment/managed-process.ts';
import { FLEET_SETTINGS, type FleetSettings } from './settings.ts';

const PROGRAM = fileURLToPath(new URL('./main.ts', import.meta.url));

/** Where a fleet runs: its network namespace, and the directory for its files, which has those of the controller's authority. */
export interface FleetPlace extends Pick<ManagedProcessOptions, 'namespace' | 'onEnd'> {
  readonly directory: string;
  /** Further variables of its environment. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** The process of a fleet of simulated agents, which is not started. Its log is `fleet.log`. */
export function fleetProcess(
  { directory, environment, ...place }: FleetPlace,
  agents: Omit<FleetSettings, 'directory' | 'rootFile'>,
): ManagedProcess {
  const settings: FleetSettings = {
    ...agents,
    directory: join(directory, 'agents'),
    rootFile: join(directory, 'authority', 'root.crt'),
  };
  mkdirSync(settings.directory);
  return new ManagedProcess({
    ...place,
    command: [process.execPath, PROGRAM],
    environment: { ...environment, [FLEET_SETTINGS]: JSON.stringify(settings) },
    logFile: join(directory, 'fleet.log'),
  });
}
