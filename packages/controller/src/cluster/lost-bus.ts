import type { Bus } from '@revtr/bus';

/** How long a process goes on without the bus, milliseconds. */
const MOST_LOST_MS = 10_000;

/** Whether this process has been without the bus for so long that it must not probe: others may have spent its budgets. */
export const isCutOff = ({ lostForMs }: Pick<Bus, 'lostForMs'>): boolean => lostForMs > MOST_LOST_MS;
