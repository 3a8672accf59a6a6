import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { ReverseTracerouteClient } from '@revtr/client';
import { quantiles } from '../../statistics/quantiles.ts';
import { inDirectory } from '../in-directory.ts';
import { OptionError } from '../option-error.ts';
import { profiledElsewhere } from '../profile/other-process.ts';
import { type SystemUnderLoad, startSystemUnderLoad } from './system-under-load.ts';

const SHARES = [0.1, 0.5, 0.9];
/** Measurements that wait or run while the highest load is found. */
const BACKLOG = 1_000;
const LANES = 16;
const POLL_MS = 100;

/**
 * Finds the highest rate of reverse traceroutes of a system in a process of its own, with the round-trip times of the simulated Internet. Then submits
 * single pairs at random moments at 10, 50 and 90 % of that rate, and reports the times from submission to end. Afterwards measures the rate
 * and p99 of submissions and reads through the API, and profiles the system at its highest load. Each phase lasts `--seconds` (default 20).
 */
export function benchLatency(args: readonly string[]) {
  const { values } = parseArgs({ args: [...args], options: { seconds: { type: 'string', default: '20' } } });
  const seconds = Number(values.seconds);
  if (!(seconds > 0)) throw new OptionError('--seconds must be positive');
  return inDirectory(async (directory) => {
    const system = await startSystemUnderLoad(directory);
    try {
      const load = new Load(system);
      const highest = await load.highestRate(seconds);
      const latencies = [];
      for (const share of SHARES) latencies.push({ share, ...(await load.latencyAt(share * highest, seconds)) });
      return {
        highestPerSecond: Math.round(highest),
        latencies,
        submissions: await load.requests((client, pair) => client.submit([pair]), seconds),
        reads: await load.requests((client, _, i) => client.measurement(1 + (i % BACKLOG)), seconds),
        costs: (await profiledElsewhere([system.pid], directory, () => load.highestRate(seconds))).costs,
      };
    } finally {
      await system.stop();
    }
  });
}

type Pair = SystemUnderLoad['pairs'][number];

class Load {
  readonly #client: ReverseTracerouteClient;
  readonly #pairs: readonly Pair[];
  #next = 0;

  constructor({ url, key, pairs }: SystemUnderLoad) {
    this.#client = new ReverseTracerouteClient({ server: url, key });
    this.#pairs = pairs;
  }

  /** Measurements that end in a second while there are always more to do. */
  async highestRate(seconds: number): Promise<number> {
    await this.#fill();
    // The first measurements begin together.
    await this.#keepFull(seconds / 2);
    const started = performance.now();
    const ended = await this.#keepFull(seconds);
    const rate = ended / ((performance.now() - started) / 1000);
    await this.#untilIdle();
    return rate;
  }

  /** Submits single pairs at `perSecond` on average, and reports how long they took, milliseconds. */
  async latencyAt(perSecond: number, seconds: number) {
    const submissions: Promise<{ readonly batchId: number }>[] = [];
    const started = performance.now();
    for (let due = started; ; ) {
      due += (-Math.log(1 - Math.random()) * 1000) / perSecond;
      if (due - started > seconds * 1000) break;
      if (due > performance.now()) await sleep(due - performance.now());
      submissions.push(this.#client.submit([this.#pair()]));
    }
    const batches = await Promise.all(submissions);
    await this.#untilIdle();
    const took: number[] = [];
    for (const { batchId } of batches) {
      const [{ createdAt, result }] = (await this.#client.batch(batchId)).measurements;
      if (result !== undefined) took.push(result.endedAt - Date.parse(createdAt));
    }
    const at = quantiles(took);
    return { perSecond: Math.round(perSecond), measurements: took.length, p50Ms: at(0.5), p95Ms: at(0.95) };
  }

  /** Sends requests in 16 lanes, one after the other in each. */
  async requests(send: (client: ReverseTracerouteClient, pair: Pair, i: number) => Promise<unknown>, seconds: number) {
    const took: number[] = [];
    const started = performance.now();
    const lane = async (): Promise<void> => {
      while (performance.now() - started < seconds * 1000) {
        const sentAt = performance.now();
        await send(this.#client, this.#pair(), this.#next);
        took.push(performance.now() - sentAt);
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    const perSecond = Math.round(took.length / ((performance.now() - started) / 1000));
    await this.#untilIdle();
    return { perSecond, p99Ms: Math.round(quantiles(took)(0.99)) };
  }

  #pair(): Pair {
    return this.#pairs[this.#next++ % this.#pairs.length];
  }

  async #unended(): Promise<number> {
    const { queued, running } = await this.#client.fleet.queue();
    return queued + running;
  }

  /** Submits single pairs, as {@link latencyAt} does: the same measurements in large batches would cost the system less. */
  async #fill(): Promise<number> {
    const missing = Math.max(0, BACKLOG - (await this.#unended()));
    let left = missing;
    const lane = async (): Promise<void> => {
      while (left-- > 0) await this.#client.submit([this.#pair()]);
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    return missing;
  }

  /** Refills the queue for a time, and returns how many measurements ended. */
  async #keepFull(seconds: number): Promise<number> {
    const before = await this.#unended();
    const started = performance.now();
    let submitted = 0;
    while (performance.now() - started < seconds * 1000) {
      submitted += await this.#fill();
      await sleep(POLL_MS);
    }
    return before + submitted - (await this.#unended());
  }

  async #untilIdle(): Promise<void> {
    while ((await this.#unended()) > 0) await sleep(POLL_MS);
  }
}
