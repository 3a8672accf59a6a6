import { z } from 'zod';

/** Variable of the environment that holds the settings of a fleet. */
export const FLEET_SETTINGS = 'REVTR_FLEET';

/** What a fleet of simulated agents is told. */
export const fleetSettingsSchema = z.object({
  size: z.enum(['small', 'medium', 'large']),
  seed: z.int(),
  /** Vantage points that the simulated Internet has. Default: as many as its profile says. */
  vantagePoints: z.int().optional(),
  /** Whether answers depend neither on chance nor on time. Default: they do. */
  isCalm: z.boolean().default(false),
  /** Directory for the identities of the agents. */
  directory: z.string(),
  /** File with the controller's root certificate. */
  rootFile: z.string(),
  gateways: z.array(z.object({ host: z.string(), port: z.int() })).min(1),
  /** Hosts whose agents connect, dotted quads. The machine must have these addresses. */
  agents: z.array(z.ipv4()),
  /**
   * Hosts of the simulated Internet that run programs of their own, each in a network namespace whose default route leads to the simulator.
   * Default: none.
   */
  attached: z.array(z.object({ namespace: z.string(), address: z.ipv4() })).optional(),
});
/** What a fleet of simulated agents is told. */
export type FleetSettings = z.input<typeof fleetSettingsSchema>;
