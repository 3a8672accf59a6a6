import type { Ipv4Address } from '@revtr/net';
import { backOff } from '@revtr/probing';

/** How long silences count. */
export interface SilenceRules {
  /** How long a target is skipped after its first confirmed silence, milliseconds. Each further one doubles it. */
  readonly firstMs: number;
  /** Longest time for which a target is skipped, and for which an unconfirmed silence is remembered, milliseconds. */
  readonly mostMs: number;
}

/** What confirms silences. */
export interface Confirmation {
  /** Different witnesses of the silences: senders for a target, targets for a network. */
  readonly witnesses: number;
  /** Silences that count as confirmed where the same witness repeats them. Default: any number is unconfirmed. */
  readonly repeated?: number;
}

/** Sources whose pings must be silent before all sources skip the target. */
const SOURCES_FOR_ALL = 2;

interface SourceEvidence {
  readonly source: Ipv4Address;
  /** Witnesses since the last pause or answer. */
  witnesses: Ipv4Address[];
  silences: number;
  lastAt: number;
  from: number;
  until: number;
  pauses: number;
}

/** The silences of one target or network, and for which sources it is paused because of them. */
export class SilenceEvidence {
  readonly #rules: SilenceRules;
  readonly #confirmation: Confirmation;
  #bySource: SourceEvidence[] = [];
  /** The last answer to any source. */
  #answeredAt = Number.NEGATIVE_INFINITY;

  constructor(rules: SilenceRules, confirmation: Confirmation) {
    this.#rules = rules;
    this.#confirmation = confirmation;
  }

  /** Whether a source is to skip it at `nowMs`. */
  isPaused(source: Ipv4Address, nowMs: number): boolean {
    const paused = this.#bySource.filter(({ until }) => nowMs < until);
    if (paused.some((evidence) => evidence.source === source)) return true;
    return paused.filter(({ from }) => from > this.#answeredAt).length >= SOURCES_FOR_ALL;
  }

  /** Adds a silence. Returns whether this starts a pause for the source. */
  add(source: Ipv4Address, witness: Ipv4Address, nowMs: number): boolean {
    const evidence = this.#evidenceOf(source, nowMs);
    // Several pings of one measurement end at about the same time; together they are one silence.
    if (nowMs < evidence.until) return false;
    if (!evidence.witnesses.includes(witness)) evidence.witnesses.push(witness);
    evidence.silences++;
    evidence.lastAt = nowMs;
    const { witnesses, repeated = Number.POSITIVE_INFINITY } = this.#confirmation;
    if (evidence.witnesses.length < witnesses && evidence.silences < repeated) return false;
    evidence.pauses++;
    evidence.from = nowMs;
    evidence.until = nowMs + backOff({ ...this.#rules, jitter: 0 }, evidence.pauses, () => 0);
    evidence.witnesses = [];
    evidence.silences = 0;
    return true;
  }

  /** Whether any source is to skip it at `nowMs`. */
  hasPause(nowMs: number): boolean {
    return this.#bySource.some(({ until }) => nowMs < until);
  }

  /** When the pause for a source ends, milliseconds since the Unix epoch; `undefined` when there is none at `nowMs`. */
  pausedUntil(source: Ipv4Address, nowMs: number): number | undefined {
    const until = this.#bySource.find((evidence) => evidence.source === source)?.until ?? 0;
    return nowMs < until ? until : undefined;
  }

  /** Takes over a pause for a source from `from` to `until`, milliseconds since the Unix epoch. Returns whether it is a new one. */
  pause(source: Ipv4Address, from: number, until: number): boolean {
    const evidence = this.#evidenceOf(source, from);
    if (from <= evidence.from) return false;
    evidence.pauses++;
    evidence.from = from;
    evidence.until = until;
    evidence.lastAt = from;
    return true;
  }

  /** Forgets the silences towards a source, because there was an answer. Those of others do not count for all sources any more. */
  clear(source: Ipv4Address, nowMs: number): void {
    this.#answeredAt = nowMs;
    this.#bySource = this.#bySource.filter((evidence) => evidence.source !== source);
  }

  #evidenceOf(source: Ipv4Address, nowMs: number): SourceEvidence {
    const isExpired = ({ lastAt, until }: SourceEvidence): boolean =>
      nowMs - Math.max(lastAt, until) > this.#rules.mostMs;
    this.#bySource = this.#bySource.filter((evidence) => !isExpired(evidence));
    const known = this.#bySource.find((evidence) => evidence.source === source);
    if (known !== undefined) return known;
    const evidence = { source, witnesses: [], silences: 0, lastAt: nowMs, from: 0, until: 0, pauses: 0 };
    this.#bySource.push(evidence);
    return evidence;
  }
}
