import type { Clock } from '@revtr/probing';
import type { Logger } from 'pino';
import { Gauge } from 'prom-client';
import type { Metrics } from '../foundation/metrics.ts';
import { withinTime } from '../foundation/time-limit.ts';
import type { KnownState, StateReader, SystemState } from './system-state.ts';

/** The state takes longer when the database does not answer, milliseconds. Prometheus would give up after ten seconds, and miss all metrics. */
const MOST_WAIT_MS = 3_000;

/** Shows the state of the system as metrics. Labels are kinds, states and purposes, never subjects. */
export function observeState(
  { registry }: Metrics,
  {
    state,
    clock,
    log,
  }: { readonly state: Pick<StateReader, 'read' | 'known'>; readonly clock: Clock; readonly log: Logger },
): void {
  const registers = [registry];
  const gauge = <Label extends string, Read>(
    name: string,
    help: string,
    labelNames: readonly Label[],
    read: () => Promise<Read>,
    set: (gauge: Gauge<Label>, read: Read) => void,
  ): void => {
    new Gauge<Label>({
      name,
      help,
      labelNames: [...labelNames],
      registers,
      async collect() {
        this.reset();
        // Without labels, a reset leaves the value 0.
        if (labelNames.length === 0) this.remove();
        try {
          set(this, await read());
        } catch (error) {
          // The other metrics are most needed when the database is away.
          log.warn({ err: error, metric: name }, 'a metric cannot be read');
        }
      },
    });
  };
  // Reading that takes too long goes on, and the next request gets what was read.
  const limit = { milliseconds: MOST_WAIT_MS, tooLate: 'the database does not answer in time' };
  const stored = (): Promise<SystemState> => withinTime(limit, clock, (inTime) => inTime(state.read()));
  // These do not disappear with the database: an alert that waits for a day would begin to wait again.
  const known = async (): Promise<KnownState> => state.known();
  const secondsSince = (time: number | undefined, { at }: KnownState): number =>
    time === undefined ? 0 : Math.max(0, at - time) / 1000;
  const age = (name: string, oldest: string, oldestAt: (state: SystemState) => number | undefined): void =>
    gauge(name, `Age of the oldest ${oldest}; 0 without one.`, [], stored, (into, read) =>
      into.set(secondsSince(oldestAt(read), read)),
    );
  const waiting = (name: string, what: string, queueOf: (state: SystemState) => SystemState['queue']): void =>
    gauge(name, `${what} that have not ended, by state.`, ['state'], stored, (into, read) => {
      const { queued, running } = queueOf(read);
      into.set({ state: 'queued' }, queued);
      into.set({ state: 'running' }, running);
    });

  waiting('revtr_queue_measurements', 'Measurements', ({ queue }) => queue);
  age('revtr_queue_oldest_seconds', 'measurement that has not ended', ({ queue }) => queue.oldestAt);
  waiting('revtr_queue_raw_probes', 'Raw probes', ({ rawProbes }) => rawProbes);
  age('revtr_queue_raw_probes_oldest_seconds', 'raw probe that has not ended', ({ rawProbes }) => rawProbes.oldestAt);
  gauge(
    'revtr_mails_waiting',
    'Mails that were not sent, by whether a try failed.',
    ['failed'],
    stored,
    (into, { mails }) => {
      into.set({ failed: 'true' }, mails.failing);
      into.set({ failed: 'false' }, mails.waiting - mails.failing);
    },
  );
  age('revtr_mails_oldest_seconds', 'mail that was not sent', ({ mails }) => mails.oldestAt);
  gauge('revtr_agents', 'Registered agents by kind and state.', ['kind', 'state'], known, (into, { agents }) => {
    for (const { kind, state: of, count } of agents) into.set({ kind, state: of }, count);
  });
  gauge('revtr_dataset_age_seconds', 'Time since a dataset was imported.', ['dataset'], known, (into, read) => {
    for (const { kind, importedAt } of read.datasets)
      if (importedAt !== undefined) into.set({ dataset: kind }, secondsSince(importedAt, read));
  });
  gauge(
    'revtr_dataset_failed',
    'Whether the last try to replace a dataset failed: 1 or 0.',
    ['dataset'],
    known,
    (into, { datasets }) => {
      for (const { kind, hasFailed } of datasets) into.set({ dataset: kind }, hasFailed ? 1 : 0);
    },
  );
  gauge(
    'revtr_ripe_atlas_credits_spent',
    'Credits of RIPE Atlas that the system spent in the last 24 hours, by purpose.',
    ['purpose'],
    stored,
    (into, { ripeAtlasCredits: { refresh, onDemand } }) => {
      into.set({ purpose: 'refresh' }, refresh);
      into.set({ purpose: 'onDemand' }, onDemand);
    },
  );
  gauge('revtr_kill_switches', 'Kill switches that are set, by scope.', ['scope'], known, (into, { killSwitches }) => {
    for (const { scope, count } of killSwitches) into.set({ scope }, count);
  });
}
