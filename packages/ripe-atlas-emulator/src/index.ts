export type { EmulatedAccount } from './accounts.ts';
export type { EmulatorCollaborators, EmulatorOptions } from './emulator.ts';
export { PERMISSIONS, RipeAtlasEmulator } from './emulator.ts';
export { type EmulatorFaults, MANY_FAULTS, NO_FAULTS } from './faults.ts';
export { accountOf, SYSTEM_KEY, startEmulator } from './simulated.ts';
