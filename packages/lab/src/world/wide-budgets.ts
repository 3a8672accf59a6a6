import { type SafetySettings, uniformSafety } from '@revtr/controller';

/**
 * Budgets for systems whose packets reach nobody: those of a simulated Internet and of the kernel lab. Such networks are few, and virtual
 * time may run faster than the clock of the controller, by which packets are counted.
 */
export const WIDE_BUDGETS: SafetySettings = uniformSafety({
  packetsPerSecond: 1_000_000,
  packetsPerDay: 1_000_000_000,
  optionPacketsPerSecond: 1_000_000,
  optionPacketsPerDay: 1_000_000_000,
});
