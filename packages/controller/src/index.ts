export { Controller, type ControllerCollaborators, type ControllerOptions } from './controller.ts';
export { DEFAULT_LIFE_CYCLE, DEFAULT_USER_LIMITS } from './defaults.ts';
export * from './errors.ts';
export type { AddressFacts } from './facts/address-facts.ts';
export { AgentDirectory } from './gateway/directory.ts';
export { LinkProber } from './gateway/link-prober.ts';
export type { MeasuringSystem, OpenMeasuringSystem } from './measuring/measuring-system.ts';
export { readSettings, type Settings } from './settings.ts';
