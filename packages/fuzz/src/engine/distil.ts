import type { CoverageMap } from '../guidance/coverage-map.ts';
import type { Target } from '../target.ts';
import { check } from './contract.ts';
import type { Corpus } from './corpus.ts';

const MOST_BYTES = 512;
const MOST_INPUTS = 30;

/** The inputs of a corpus that together reach what its small inputs reach: at most 30 of at most 512 bytes, the smallest first. */
export async function distil(target: Target, corpus: Corpus, coverage: CoverageMap): Promise<Uint8Array[]> {
  const kept: Uint8Array[] = [];
  coverage.forget();
  for (const input of corpus.bySize(MOST_BYTES)) {
    if (kept.length === MOST_INPUTS) break;
    await check(target, input);
    if (coverage.takeIsNew()) kept.push(input);
  }
  return kept;
}
