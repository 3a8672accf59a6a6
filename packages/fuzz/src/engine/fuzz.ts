import { setImmediate } from 'node:timers/promises';
import type { Random } from '@revtr/probing';
import type { CoverageMap } from '../guidance/coverage-map.ts';
import { bytesOf, type Target } from '../target.ts';
import { check, UnhandledErrors, type Violation } from './contract.ts';
import { Corpus } from './corpus.ts';
import { memoryAfterCollection } from './heap.ts';
import { minimise } from './minimise.ts';
import { mutateBytes } from './mutate-bytes.ts';
import { mutateJson } from './mutate-json.ts';

export interface FuzzOptions {
  /** Inputs to run at most. Default: no limit. */
  readonly runs?: number;
  /** Ends the run. */
  readonly signal?: AbortSignal;
}

export interface FuzzCollaborators {
  readonly target: Target;
  /** Inputs that are run first: those of `target.seeds` and of the stored corpus. */
  readonly seeds: readonly Uint8Array[];
  readonly random: Random;
  /** Without it, inputs are changed at random and none is kept. */
  readonly coverage?: CoverageMap | undefined;
  /** Called before each input, for example by a watchdog. */
  readonly onInput?: (input: Uint8Array) => void;
}

/** An input that violates the contract, as small as could be made. */
interface Finding extends Violation {
  readonly input: Uint8Array;
}

export interface FuzzReport {
  readonly runs: number;
  readonly elapsedMs: number;
  /** One for each reason. */
  readonly findings: readonly Finding[];
  readonly corpus: Corpus;
  /** Memory that stayed in use since the run was warm, corpus not counted, bytes. */
  readonly grownBytes: number;
}

const DEFAULT_MAX_BYTES = 4_096;
const MOST_FINDINGS = 20;
/** Inputs that may be tried to make one smaller. */
const MOST_TRIES = 1_000;
/** Synchronous targets let events happen after so many inputs. */
const PAUSE_EVERY = 1_000;
/** Memory is first measured after so many inputs: caches are full and code is compiled. */
const WARM_RUNS = 20_000;

/**
 * Runs inputs against one target until it has run `runs` of them, or `signal` fires. It ends early after 20 findings, and after an input
 * that is too slow, because the inputs made from it are slow as well.
 */
export async function fuzz(options: FuzzOptions, collaborators: FuzzCollaborators): Promise<FuzzReport> {
  const { runs = Number.POSITIVE_INFINITY, signal } = options;
  const { target, seeds, random, coverage, onInput } = collaborators;
  const { maxBytes = DEFAULT_MAX_BYTES } = target;
  const mutate = target.form === 'json' ? mutateJson : mutateBytes;
  const words = wordsOf(target, coverage);
  const corpus = new Corpus();
  for (const seed of seeds.length === 0 ? [new Uint8Array()] : seeds) corpus.add(seed, random);
  const findings = new Map<string, Finding>();
  const unhandled = new UnhandledErrors();
  unhandled.start();
  const started = performance.now();
  const warmAfter = Math.min(WARM_RUNS, Math.floor(runs / 2));
  let warmBytes = Number.NaN;
  let done = 0;
  coverage?.clear();
  const stackTraceLimit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  for (; done < runs && findings.size < MOST_FINDINGS && !signal?.aborted; done++) {
    const input = done < seeds.length ? seeds[done] : nextInput();
    const checked = runOnce(input);
    const violation = checked instanceof Promise ? await checked : checked;
    if (coverage?.takeIsNew() && done >= seeds.length) corpus.add(input, random);
    if (done % PAUSE_EVERY === 0) await setImmediate();
    const found = unhandled.take() ?? violation;
    if (found !== undefined) await note(found, input);
    if (found?.kind === 'slow') break;
    if (done === warmAfter) warmBytes = memoryAfterCollection() - corpus.bytes;
  }
  await setImmediate();
  Error.stackTraceLimit = stackTraceLimit;
  const late = unhandled.take();
  if (late !== undefined) findings.set(late.key, { ...late, input: new Uint8Array() });
  unhandled.stop();
  const grownBytes = Number.isNaN(warmBytes) ? 0 : memoryAfterCollection() - corpus.bytes - warmBytes;
  return { runs: done, elapsedMs: performance.now() - started, findings: [...findings.values()], corpus, grownBytes };

  function runOnce(input: Uint8Array) {
    onInput?.(input);
    return check(target, input);
  }

  function nextInput(): Uint8Array {
    return mutate(corpus.pick(random), { random, words, other: corpus.pick(random), maxBytes });
  }

  /** Runs the input again with stack traces, which tell reasons apart, and makes it smaller once for each reason. */
  async function note(first: Violation, input: Uint8Array): Promise<void> {
    if (first.kind === 'slow') {
      findings.set(first.key, { ...first, input });
      return;
    }
    Error.stackTraceLimit = 30;
    const again = async (candidate: Uint8Array): Promise<Violation | undefined> => {
      const direct = await runOnce(candidate);
      await setImmediate();
      return unhandled.take() ?? direct;
    };
    const violation = (await again(input)) ?? first;
    if (!findings.has(violation.key)) {
      const smallest = await minimise(
        input,
        MOST_TRIES,
        async (candidate) => (await again(candidate))?.key === violation.key,
      );
      findings.set(violation.key, { ...violation, input: smallest });
    }
    coverage?.clear();
    Error.stackTraceLimit = 0;
  }
}

function wordsOf({ words = [] }: Target, coverage: CoverageMap | undefined): Uint8Array[] {
  return [...new Set([...words, ...(coverage?.literals ?? [])])].map(bytesOf);
}
