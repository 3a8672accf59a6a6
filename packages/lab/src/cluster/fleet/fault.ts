import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NetworkFault } from '@revtr/sim';
import { z } from 'zod';
import type { ManagedProcess } from '../../deployment/managed-process.ts';

/** Tells a fleet that another fault begins, or that the fault ends. */
const FAULT_SIGNAL = 'SIGUSR2';
const FILE = 'fleet.fault';
const NONE = 'none';

const faultSchema = z.enum(['silence', 'prohibited', 'falseStamps', NONE]);

/** Lets a fault of the Internet of a fleet begin, in place of the one before, or end. Connections to the controller stay. */
export function setFault(
  fleet: Pick<ManagedProcess, 'signal'>,
  { directory }: { readonly directory: string },
  fault: NetworkFault | undefined,
): void {
  writeFileSync(join(directory, FILE), fault ?? NONE);
  fleet.signal(FAULT_SIGNAL);
}

/** Calls `suffer` whenever {@link setFault} is called for this process. */
export function onFault(directory: string, suffer: (fault: NetworkFault | undefined) => void): void {
  process.on(FAULT_SIGNAL, () => {
    const fault = faultSchema.parse(readFileSync(join(directory, FILE), 'utf8'));
    suffer(fault === NONE ? undefined : fault);
  });
}
