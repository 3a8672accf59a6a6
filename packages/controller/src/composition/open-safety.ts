import type { Prober } from '@revtr/probing';
import { KillSwitchRecords } from '@revtr/storage';
import { GuardedProber, type ProbeGuard } from '../safety/guarded-prober.ts';
import { KillSwitches } from '../safety/kill-switches.ts';
import type { Context } from './context.ts';
import type { Subsystem } from './subsystem.ts';

export interface SafetySubsystem extends Subsystem {
  readonly switches: KillSwitches;
  /** Puts every safety rule in front of a prober. All probes of the controller pass through one. */
  guarded(prober: Prober): Prober;
}

/** Opens the safety rules that every probe must pass. */
export async function openSafety({ database, clock }: Context): Promise<SafetySubsystem> {
  const switches = await KillSwitches.open({ records: new KillSwitchRecords(database.db), clock });
  const guards: ProbeGuard[] = [switches];
  return {
    name: 'safety',
    switches,
    guarded: (prober) => new GuardedProber({ prober, guards }),
    start: () => undefined,
    stop: () => undefined,
  };
}
