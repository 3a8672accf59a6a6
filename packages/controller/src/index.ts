export { Controller, type ControllerCollaborators, type ControllerOptions } from './controller.ts';
export * from './errors.ts';
export type { AddressFacts } from './facts.ts';
export { readSettings, type Settings } from './settings.ts';
