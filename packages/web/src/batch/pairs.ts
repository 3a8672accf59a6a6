import type { RequestedPair } from '@revtr/client';
import { destinationFault } from '../measure/destination-fault.ts';

/** A line of a list of destinations. */
export interface PairLine {
  /** From 1. */
  readonly line: number;
  readonly pair: RequestedPair | undefined;
  /** Why there is no pair. */
  readonly fault: string | undefined;
}

const LONGEST_LABEL = 500;

/**
 * Reads one destination a line, with an optional label after white space or a comma. Empty lines and lines that begin with `#` are left
 * out.
 */
export function readPairs(text: string, source: string): readonly PairLine[] {
  return text.split(/\r?\n/).flatMap((raw, i): PairLine[] => {
    const trimmed = raw.trim();
    if (trimmed === '' || trimmed.startsWith('#')) return [];
    const [, destination = '', label = ''] = /^([^\s,;]+)[\s,;]*(.*)$/.exec(trimmed) ?? [];
    const fault =
      destinationFault(destination) ??
      (label.length > LONGEST_LABEL ? `The label exceeds ${LONGEST_LABEL} characters.` : undefined);
    const pair = fault === undefined ? { src: source, dst: destination, ...(label !== '' && { label }) } : undefined;
    return [{ line: i + 1, pair, fault }];
  });
}
