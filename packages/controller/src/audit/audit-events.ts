import type { Clock } from '@revtr/probing';
import type { AuditEvent, AuditEventQuery, AuditEventRecords, NewAuditEvent } from '@revtr/storage';
import type { Logger } from 'pino';
import { Periodic } from '../foundation/periodic.ts';

/** What events are about. */
export const EVENT_KINDS = [
  'login',
  'unknownKey',
  'pairRefused',
  'probeRefused',
  'replyForged',
  'agentRefused',
  'visitorBatch',
  'operatorAction',
] as const;
type EventKind = (typeof EVENT_KINDS)[number];

/** Something that may happen often. Equal ones within a minute are counted. */
export interface CountedEvent {
  readonly kind: Exclude<EventKind, 'operatorAction'>;
  readonly userId?: number | undefined;
  /** Address of the API client or agent. */
  readonly client?: string;
  readonly subject?: string;
  /** Kept of the first one in a minute. */
  readonly detail?: string;
}

export interface AuditEventsOptions {
  /** How long events are kept, milliseconds. */
  readonly keepMs: number;
}

export interface AuditEventsCollaborators {
  readonly records: AuditEventRecords;
  readonly clock: Clock;
  readonly log: Logger;
}

const MINUTE_MS = 60_000;
/** Different events of one kind that are counted in a minute; the others share one count. */
const MOST_COUNTED = 200;
/** The key of the events that share one count. */
const OTHERS = '';
const NOBODY = { user_id: null, client: '', subject: '' };

interface CountedEntry {
  readonly event: NewAuditEvent;
  count: number;
}

/**
 * Events beside probes. Actions of operators are stored before they are carried out; refusals and logins are counted in memory and
 * stored once a minute, so that an attacker cannot fill the database.
 */
export class AuditEvents {
  readonly #collaborators: AuditEventsCollaborators;
  readonly #storing: Periodic;
  /** By kind, because a flood of one kind must not hide the others; then by what they are about. */
  #counted = new Map<string, Map<string, CountedEntry>>();

  constructor(options: AuditEventsOptions, collaborators: AuditEventsCollaborators) {
    this.#collaborators = collaborators;
    const { clock, log } = collaborators;
    this.#storing = new Periodic(
      { everyMs: MINUTE_MS },
      {
        clock,
        work: async () => {
          await this.store();
          await collaborators.records.deleteBefore(new Date(clock.now() - options.keepMs));
        },
        onError: (error) => log.error({ err: error }, 'audit events cannot be stored'),
      },
    );
  }

  start(): void {
    this.#storing.start();
  }

  async stop(): Promise<void> {
    await this.#storing.stop();
    await this.store();
  }

  /** Counts an event. It is stored within a minute. */
  count(event: CountedEvent): void {
    const { kind, userId = null, client = '', subject = '', detail = '' } = event;
    const entries = this.#entriesOf(kind);
    const key = JSON.stringify([userId, client, subject]);
    if (entries.has(key) || entries.size < MOST_COUNTED)
      this.#countAs(key, { kind, user_id: userId, client, subject, detail });
    else this.#countAs(OTHERS, { ...NOBODY, kind, detail: 'further events of this kind within the minute' });
  }

  /** Stores an action of an operator, and returns its id. Throws when it cannot be stored: the action must not be carried out then. */
  async act(action: {
    readonly userId: number;
    readonly client: string;
    readonly subject: string;
    readonly detail: string;
  }): Promise<number> {
    const { userId, ...texts } = action;
    const at = new Date(this.#collaborators.clock.now());
    const event = { ...texts, at, kind: 'operatorAction', user_id: userId, count: 1, status: null };
    const [id] = await this.#collaborators.records.add([event]);
    return id;
  }

  /** Notes how an action ended: the HTTP status of its answer. */
  async ended(id: number, status: number): Promise<void> {
    await this.#collaborators.records.end(id, status);
  }

  /** Events, newest first, those of the current minute included. */
  async list(query: AuditEventQuery, limit: number): Promise<AuditEvent[]> {
    await this.store();
    return this.#collaborators.records.list(query, limit);
  }

  /** Stores what was counted so far. */
  async store(): Promise<void> {
    const counted = this.#counted;
    if (counted.size === 0) return;
    this.#counted = new Map();
    try {
      const entries = [...counted.values()].flatMap((ofKind) => [...ofKind.values()]);
      await this.#collaborators.records.add(entries.map(({ event, count }) => ({ ...event, count })));
    } catch (error) {
      // Counted again with the next ones. What was counted meanwhile is at most one more map of the same size.
      for (const [kind, entries] of counted) {
        const newerEntries = this.#entriesOf(kind);
        for (const [key, entry] of entries) {
          const newer = newerEntries.get(key);
          if (newer !== undefined) entry.count += newer.count;
          else if (newerEntries.size >= MOST_COUNTED) continue;
          newerEntries.set(key, entry);
        }
      }
      throw error;
    }
  }

  #countAs(key: string, event: Omit<NewAuditEvent, 'at' | 'count' | 'status'>): void {
    const entries = this.#entriesOf(event.kind);
    const known = entries.get(key);
    if (known !== undefined) known.count++;
    else {
      const at = new Date(this.#collaborators.clock.now());
      entries.set(key, { event: { ...event, at, count: 1, status: null }, count: 1 });
    }
  }

  #entriesOf(kind: string): Map<string, CountedEntry> {
    const entries = this.#counted.get(kind) ?? new Map<string, CountedEntry>();
    this.#counted.set(kind, entries);
    return entries;
  }
}
