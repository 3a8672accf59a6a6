import { isDeepStrictEqual } from 'node:util';
import { MOST_BLOCKED } from '@revtr/link';
import { formatIpv4, formatPrefix, type Ipv4Address, PrefixTable, parseIpv4, parsePrefix } from '@revtr/net';
import { type Clock, ProbingError } from '@revtr/probing';
import type { KillSwitchRecords, KillSwitchRow, KillSwitchScope } from '@revtr/storage';
import { ControllerError } from '../foundation/errors.ts';
import { ipv6Refusal, isIpv6 } from '../foundation/ipv6.ts';
import type { GuardedRequest, ProbeGuard } from './guarded-prober.ts';
import type { ProbeCause } from './probe-context.ts';

/** Who asks for a measurement, and where it leads. */
export interface SwitchableMeasurement {
  readonly userId: number;
  readonly keyId: number | undefined;
  readonly batchId: number;
  readonly source: Ipv4Address;
  readonly destination: Ipv4Address;
}

/** What a probe under way is sent for, and what stops it. */
interface ProbeUnderWay {
  readonly cause: ProbeCause;
  readonly stop: (reason: ProbingError) => void;
}

/**
 * What operators have stopped: all probing, all spoofing, or the probes of one user, key, batch, target, vantage point or source. Switches
 * are in the database before they are in effect, so that they survive a restart, and every probe is checked against them.
 */
export class KillSwitches implements ProbeGuard {
  readonly #records: KillSwitchRecords;
  readonly #clock: Clock;
  readonly #listeners: (() => void)[] = [];
  readonly #writeListeners: (() => void)[] = [];
  readonly #underWay = new Set<ProbeUnderWay>();
  #rows: readonly KillSwitchRow[] = [];
  #set = new Map<string, KillSwitchRow>();
  #targets = PrefixTable.from([]);
  /** Why this process must not probe although no operator has said so. */
  #suspension: KillSwitchRow | undefined;
  /** Numbers of the read that began last, and of the one that is in effect. */
  #begun = 0;
  #inEffect = 0;

  private constructor(collaborators: { readonly records: KillSwitchRecords; readonly clock: Clock }) {
    this.#records = collaborators.records;
    this.#clock = collaborators.clock;
  }

  /** Reads the switches from the database. */
  static async open(collaborators: {
    readonly records: KillSwitchRecords;
    readonly clock: Clock;
  }): Promise<KillSwitches> {
    const switches = new KillSwitches(collaborators);
    await switches.#read();
    return switches;
  }

  /** Calls `listener` after every change. */
  subscribe(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Calls `listener` after every change that this process has made in the database. */
  onWritten(listener: () => void): void {
    this.#writeListeners.push(listener);
  }

  /** Reads the switches again, because another process may have changed them. */
  async refresh(): Promise<void> {
    await this.#read();
  }

  /** Stops all probing of this process, because it cannot know what operators have stopped; `undefined` ends that. */
  suspend(reason: string | undefined): void {
    if ((reason === undefined) === (this.#suspension === undefined)) return;
    this.#suspension =
      reason === undefined
        ? undefined
        : { scope: 'probing', subject: '', reason, set_by: null, set_at: new Date(this.#clock.now()) };
    for (const tell of this.#listeners) tell();
  }

  /** The switches that are set, in the order in which they were set. */
  list(): readonly KillSwitchRow[] {
    return this.#rows;
  }

  /**
   * Sets a switch. It is in effect when this resolves. `subject` must be in canonical form ({@link canonicalSubject}).
   * @throws {ControllerError} `conflict` when agents cannot be told of more switches of this scope
   */
  async set(scope: KillSwitchScope, subject: string, reason: string, operatorId: number): Promise<void> {
    if (!this.isSet(scope, subject) && this.#rows.filter((row) => row.scope === scope).length >= MOST_BLOCKED)
      throw new ControllerError(
        'conflict',
        `${MOST_BLOCKED} kill switches of this scope are set, which is the limit: lift others, or stop larger prefixes or all probing`,
      );
    await this.#records.put({ scope, subject, reason, set_by: operatorId, set_at: new Date(this.#clock.now()) });
    await this.#written();
  }

  /** Lifts a switch. Returns whether it was set. */
  async lift(scope: KillSwitchScope, subject: string): Promise<boolean> {
    const wasSet = await this.#records.remove(scope, subject);
    await this.#written();
    return wasSet;
  }

  isSet(scope: KillSwitchScope, subject = ''): boolean {
    return this.#find(scope, subject) !== undefined;
  }

  /** The switch that stops a measurement as a whole; `undefined` when none does. */
  switchFor({ userId, keyId, batchId, source, destination }: SwitchableMeasurement): KillSwitchRow | undefined {
    if (this.#rows.length === 0) return undefined;
    return (
      this.#find('user', String(userId)) ??
      this.#find('key', String(keyId)) ??
      this.#find('batch', String(batchId)) ??
      this.#find('source', formatIpv4(source)) ??
      this.#targetSwitch(destination)
    );
  }

  /** Whether a switch stops the probe. */
  stops(request: GuardedRequest, cause: ProbeCause | undefined): boolean {
    return this.#switchForProbe(request, cause) !== undefined;
  }

  /** @throws {ProbingError} `killSwitch` when a switch stops the probe */
  before(request: GuardedRequest, cause: ProbeCause | undefined): void {
    if (this.#rows.length === 0 && this.#suspension === undefined) return;
    const found = this.#switchForProbe(request, cause);
    if (found !== undefined) throw this.#refusal(found);
  }

  /**
   * Stops a probe under way when its user or key is stopped, which agents cannot tell: they do the rest. The probes of measurements are left
   * out: the runner ends its measurements, and there may be thousands of probes.
   */
  onForbidden(cause: ProbeCause | undefined, stop: (reason: ProbingError) => void): (() => void) | undefined {
    if (cause?.type !== 'atlasRun' && cause?.type !== 'rawProbe') return undefined;
    const probe = { cause, stop };
    this.#underWay.add(probe);
    return () => this.#underWay.delete(probe);
  }

  #refusal(found: KillSwitchRow): ProbingError {
    const { scope, subject, reason } = found;
    const message = found === this.#suspension ? reason : stoppedBy(found);
    return new ProbingError('killSwitch', message, { scope, subject });
  }

  #switchForProbe(request: GuardedRequest, cause: ProbeCause | undefined): KillSwitchRow | undefined {
    const spoof = request.type === 'ping' ? request.spoof : undefined;
    return (
      this.#find('probing') ??
      (spoof && this.#find('spoofing')) ??
      this.#find('vantagePoint', formatIpv4(request.sender)) ??
      this.#find('source', formatIpv4(spoof?.claimedSource ?? request.sender)) ??
      this.#targetSwitch(request.target) ??
      this.#causeSwitch(cause)
    );
  }

  #causeSwitch(cause: ProbeCause | undefined): KillSwitchRow | undefined {
    if (cause?.type !== 'atlasRun' && cause?.type !== 'measurement' && cause?.type !== 'rawProbe') return undefined;
    return (
      this.#find('user', String(cause.userId)) ??
      this.#find('key', String(cause.keyId)) ??
      (cause.type === 'measurement' ? this.#find('batch', String(cause.batchId)) : undefined)
    );
  }

  #targetSwitch(target: Ipv4Address): KillSwitchRow | undefined {
    const place = this.#targets.lookup(target);
    return place < 0 ? undefined : this.#rows[place];
  }

  #find(scope: KillSwitchScope, subject = ''): KillSwitchRow | undefined {
    const isAll = scope === 'probing' && this.#suspension !== undefined;
    return isAll ? this.#suspension : this.#set.get(keyOf(scope, subject));
  }

  /** The others are told first: they need not wait until this process has read what it knows. */
  async #written(): Promise<void> {
    for (const tell of this.#writeListeners) tell();
    await this.#read();
  }

  async #read(): Promise<void> {
    const read = ++this.#begun;
    const rows = await this.#records.list();
    // A read that began later knows more: two changes at once must not undo each other.
    if (read < this.#inEffect) return;
    this.#inEffect = read;
    if (isDeepStrictEqual(rows, this.#rows)) return;
    this.#rows = rows;
    this.#set = new Map(rows.map((row) => [keyOf(row.scope, row.subject), row]));
    this.#targets = PrefixTable.from(
      rows.flatMap(({ scope, subject }, value) =>
        scope === 'target' ? [{ prefix: parsePrefix(subject), value }] : [],
      ),
    );
    for (const { cause, stop } of this.#underWay) {
      const found = this.#causeSwitch(cause);
      if (found !== undefined) stop(this.#refusal(found));
    }
    for (const tell of this.#listeners) tell();
  }
}

/** What a user reads about the switch that stopped something. */
export const stoppedBy = ({ scope, subject, reason }: KillSwitchRow): string =>
  `an operator has stopped ${subject === '' ? scope : `${scope} ${subject}`}: ${reason}`;

const keyOf = (scope: KillSwitchScope, subject: string): string => `${scope} ${subject}`;

/** The form in which the subject of a switch is stored. @throws {NetError} or {RangeError} when it does not fit the scope */
export function canonicalSubject(scope: KillSwitchScope, subject: string): string {
  if (isIpv6(subject)) throw new RangeError(ipv6Refusal(subject).message);
  switch (scope) {
    case 'probing':
    case 'spoofing':
      return '';
    case 'target':
      return formatPrefix(parsePrefix(subject.includes('/') ? subject : `${subject}/32`));
    case 'vantagePoint':
    case 'source':
      return formatIpv4(parseIpv4(subject));
    default:
      if (!/^[1-9]\d{0,14}$/.test(subject)) throw new RangeError(`'${subject}' is not the number of a ${scope}`);
      return subject;
  }
}
