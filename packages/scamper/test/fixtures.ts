import { readFileSync } from 'node:fs';

/** A file that `fixtures/record.sh` recorded with the real scamper. */
export function fixture(name: string): Uint8Array {
  return readFileSync(new URL(`fixtures/${name}`, import.meta.url));
}

export const WARTS_FIXTURES = ['ping.warts', 'trace.warts', 'sniff.warts'] as const;
