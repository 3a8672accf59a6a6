import type { Prober } from '@revtr/probing';
import { GuardedProber, type ProbeGuard } from '../safety/guarded-prober.ts';
import type { Subsystem } from './subsystem.ts';

export interface SafetySubsystem extends Subsystem {
  /** Puts every safety rule in front of a prober. All probes of the controller pass through one. */
  guarded(prober: Prober): Prober;
}

/** Opens the safety rules that every probe must pass. */
export function openSafety(): SafetySubsystem {
  const guards: ProbeGuard[] = [];
  return {
    name: 'safety',
    guarded: (prober) => new GuardedProber({ prober, guards }),
    start: () => undefined,
    stop: () => undefined,
  };
}
