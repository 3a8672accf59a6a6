import { setFlagsFromString } from 'node:v8';

/** Memory that the heap may take beyond what is in use before V8 collects all of it, per cent of the latter. */
const GROWTH_PERCENT = 50;

/**
 * Lets the heap of this process grow to one and a half times what is in use. By default V8 waits until it is up to four times as large, although almost nothing
 * that a long answer needs is used for longer than milliseconds.
 */
export function limitHeapGrowth(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`);
}
