import { setFlagsFromString } from 'node:v8';

/** How much the old objects of V8 may grow until it collects them again, per cent of those in use. V8 itself chooses up to 300. */
const GROWING_PERCENT = 50;

/**
 * Makes V8 collect garbage early. A campaign makes much garbage and keeps little; by default, V8 prefers a large heap to the processor time,
 * of which a campaign needs little. For the rest of the process.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString(`--heap-growing-percent=${GROWING_PERCENT}`);
}
