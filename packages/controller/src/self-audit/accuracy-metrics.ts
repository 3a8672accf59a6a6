import { type HopKind, recentClaim, recentShare } from '@revtr/engine';
import type { HopKindRow } from '@revtr/storage';
import { Counter, Gauge } from 'prom-client';
import type { Metrics } from '../foundation/metrics.ts';
import type { JudgedHop } from './judge.ts';
import { evidenceOf, type KindEvent } from './kind-records.ts';
import type { AuditFinding } from './self-audit.ts';

/** Metrics of self-audits. */
export class AccuracyMetrics {
  readonly #audits: Counter<'outcome'>;
  readonly #hops: Counter<'kind' | 'verdict'>;
  readonly #events: Counter<'kind' | 'event'>;

  /** @param rows what is known about each kind, read when metrics are collected */
  constructor({ registry }: Metrics, rows: () => readonly HopKindRow[]) {
    const registers = [registry];
    this.#audits = new Counter({
      name: 'revtr_self_audits_total',
      help: 'Self-audits that ended, by outcome.',
      labelNames: ['outcome'],
      registers,
    });
    this.#hops = new Counter({
      name: 'revtr_self_audit_hops_total',
      help: 'Hops of judged self-audits, by kind and verdict.',
      labelNames: ['kind', 'verdict'],
      registers,
    });
    this.#events = new Counter({
      name: 'revtr_hop_kind_events_total',
      help: 'Kinds of hops that degraded, were suspended or were released by self-audits.',
      labelNames: ['kind', 'event'],
      registers,
    });
    const gauge = (name: string, help: string, read: (row: HopKindRow) => number): Gauge =>
      new Gauge({
        name,
        help,
        labelNames: ['kind'],
        registers,
        collect() {
          this.reset();
          for (const row of rows()) this.set({ kind: row.kind }, read(row));
        },
      });
    gauge(
      'revtr_hop_kind_right_ratio',
      'Share of the recently audited hops of a kind that are right.',
      (row) => recentShare(evidenceOf(row)).share,
    );
    gauge('revtr_hop_kind_claimed_ratio', 'Mean probability that the program ships for these hops.', (row) =>
      recentClaim(evidenceOf(row)),
    );
    gauge('revtr_hop_kind_suspended', 'Whether a kind of hop is suspended: 1 or 0.', ({ suspended_at }) =>
      suspended_at === null ? 0 : 1,
    );
  }

  /** Counts an audit and its hops. */
  audited(outcome: AuditFinding['outcome'], hops: readonly JudgedHop[]): void {
    this.#audits.inc({ outcome });
    for (const { kind, verdict } of hops) this.#hops.inc({ kind, verdict });
  }

  /** Counts what audits have shown about a kind. */
  changed(event: KindEvent['type'], kind: HopKind): void {
    this.#events.inc({ kind, event });
  }
}
