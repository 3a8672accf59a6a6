import type { Bus, Topic } from '@revtr/bus';
import type { Clock } from '@revtr/probing';
import { z } from 'zod';
import { Periodic } from '../foundation/periodic.ts';
import { ROLES, type Role } from './roles.ts';

/**
 * Version of what processes tell each other on the bus. It grows with a change that the version before does not understand, and then that
 * change must have two steps: a process understands the versions next to its own.
 */
const PROTOCOL = 1;

const memberSchema = z.object({
  /** Absent in versions before protocols had numbers. */
  protocol: z.int().nonnegative().default(PROTOCOL),
  id: z.string().min(1).max(64),
  roles: z.array(z.enum(ROLES)).max(ROLES.length),
  /** Roles whose work the process cannot do for the moment. Absent in messages of earlier versions. */
  paused: z.array(z.enum(ROLES)).max(ROLES.length).default([]),
  /** The process stops: others take over what it gives up. */
  isLeaving: z.boolean(),
  /** The process has stopped, and sends no more probes. Absent in messages of earlier versions. */
  hasEnded: z.boolean().default(false),
});
const membersTopic: Topic<z.infer<typeof memberSchema>> = { name: 'members', schema: memberSchema, mostBytes: 1_024 };

/** How often a process says that it is there, and after how much silence it is taken for gone, milliseconds. */
const ALIVE_MS = 1_000;
const LOST_MS = 4_000;
/**
 * A process that is not heard has stopped probing by then, milliseconds: it notices the loss of the bus within 4.5 seconds, goes on for ten seconds, and
 * looks every second.
 */
const STOPPED_MS = 17_000;
/** Most processes that are reported. */
const MOST_STRANGERS = 1_000;

interface Member {
  readonly roles: readonly Role[];
  /** Roles whose work it cannot do for the moment. */
  readonly paused: ReadonlySet<Role>;
  heardAt: number;
}

/** The processes of the controller that are running, as they tell each other every second. */
export class Members {
  readonly #self: { readonly id: string; readonly roles: readonly Role[] };
  readonly #bus: Bus;
  readonly #clock: Clock;
  readonly #others = new Map<string, Member>();
  /** Processes that own nothing any more, but may go on for a while: they are cut off, or stop. */
  readonly #silent = new Map<string, Member>();
  readonly #listeners: ((change: { readonly id: string; readonly isThere: boolean }) => void)[] = [];
  readonly #saying: Periodic;
  readonly #onStranger: (member: { readonly id: string; readonly protocol: number }) => void;
  readonly #strangers = new Set<string>();
  readonly #paused = new Set<Role>();
  #beatAt: number | undefined;
  #isLeaving = false;
  #unsubscribe: () => void = () => undefined;

  constructor(
    options: { readonly roles: ReadonlySet<Role> },
    collaborators: {
      readonly bus: Bus;
      readonly clock: Clock;
      readonly onError: (error: unknown) => void;
      /** Told once of each process with a protocol that this one does not understand. */
      readonly onStranger: (member: { readonly id: string; readonly protocol: number }) => void;
    },
  ) {
    this.#onStranger = collaborators.onStranger;
    this.#bus = collaborators.bus;
    this.#clock = collaborators.clock;
    this.#self = { id: this.#bus.id, roles: [...options.roles] };
    this.#saying = new Periodic(
      { everyMs: ALIVE_MS, isImmediate: true },
      { clock: this.#clock, work: async () => this.#beat(), onError: collaborators.onError },
    );
  }

  /** Calls `listener` when another process comes or goes. */
  subscribe(listener: (change: { readonly id: string; readonly isThere: boolean }) => void): void {
    this.#listeners.push(listener);
  }

  /** Ids of the running processes, this one included, that can do the work of one of the roles. */
  with(...roles: readonly Role[]): string[] {
    const all = [[this.#self.id, { ...this.#self, paused: this.#paused }] as const, ...this.#others];
    return all.flatMap(([id, { roles: own, paused }]) =>
      roles.some((role) => own.includes(role) && !paused.has(role)) ? [id] : [],
    );
  }

  /** Says whether this process can do the work of one of its roles. While it cannot, others take it over. */
  pause(role: Role, isPaused: boolean): void {
    if (isPaused) this.#paused.add(role);
    else this.#paused.delete(role);
    this.#bus.publish(membersTopic, this.#message());
  }

  /**
   * How many processes with one of the roles may be at work: in addition to {@link with}, those that stop, and those that were heard so recently that
   * they may go on without the bus. They count until they say that they have ended, or must have stopped.
   */
  countAtWork(roles: readonly Role[]): number {
    const oldest = this.#clock.now() - STOPPED_MS;
    let count = hasOneOf(this.#self, roles) ? 1 : 0;
    for (const member of this.#others.values()) if (hasOneOf(member, roles)) count++;
    for (const member of this.#silent.values()) if (member.heardAt >= oldest && hasOneOf(member, roles)) count++;
    return count;
  }

  start(): void {
    this.#unsubscribe = this.#bus.subscribe(membersTopic, {
      onMessage: ({ id, roles, paused, isLeaving, hasEnded, protocol }) => {
        const member = { roles, paused: new Set(paused), heardAt: this.#clock.now() };
        this.#compare(id, protocol);
        if (isLeaving && !hasEnded) this.#silent.set(id, member);
        else this.#silent.delete(id);
        if (isLeaving || hasEnded) this.#forget(id);
        else this.#heard(id, member);
      },
      // The next heartbeat of each process is due within a second.
      onGap: () => undefined,
    });
    this.#saying.start();
  }

  /** Says from now on that this process stops: others take over what it gives up. */
  leave(): void {
    this.#isLeaving = true;
    this.#bus.publish(membersTopic, this.#message());
  }

  /** Says that this process has ended its work. */
  async stop(): Promise<void> {
    await this.#saying.stop();
    this.#bus.publish(membersTopic, { ...this.#message(), isLeaving: true, hasEnded: true });
    this.#unsubscribe();
  }

  #compare(id: string, protocol: number): void {
    if (Math.abs(protocol - PROTOCOL) <= 1 || this.#strangers.has(id) || this.#strangers.size >= MOST_STRANGERS) return;
    this.#strangers.add(id);
    this.#onStranger({ id, protocol });
  }

  #heard(id: string, member: Member): void {
    const isNew = !this.#others.has(id);
    this.#others.set(id, member);
    if (isNew) this.#tell(id, true);
  }

  #message(): z.infer<typeof memberSchema> {
    const { id, roles } = this.#self;
    return {
      id,
      roles: [...roles],
      paused: [...this.#paused],
      isLeaving: this.#isLeaving,
      hasEnded: false,
      protocol: PROTOCOL,
    };
  }

  #beat(): void {
    this.#bus.publish(membersTopic, this.#message());
    const now = this.#clock.now();
    const sinceBeatMs = now - (this.#beatAt ?? now);
    this.#beatAt = now;
    // Without a connection nobody can be heard, and a process that was itself stopped has not read yet what the others said.
    const hasRun = sinceBeatMs >= 0 && sinceBeatMs <= ALIVE_MS + LOST_MS / 2;
    if (this.#bus.lostForMs > 0 || !hasRun) {
      for (const member of this.#others.values()) member.heardAt = now;
      return;
    }
    const oldest = now - LOST_MS;
    for (const [id, member] of [...this.#others]) {
      if (member.heardAt >= oldest) continue;
      this.#silent.set(id, member);
      this.#forget(id);
    }
    for (const [id, { heardAt }] of [...this.#silent])
      if (heardAt < now - STOPPED_MS || heardAt > now) this.#silent.delete(id);
  }

  #forget(id: string): void {
    if (this.#others.delete(id)) this.#tell(id, false);
  }

  #tell(id: string, isThere: boolean): void {
    for (const tell of this.#listeners) tell({ id, isThere });
  }
}

const hasOneOf = (member: { readonly roles: readonly Role[] }, roles: readonly Role[]): boolean =>
  member.roles.some((role) => roles.includes(role));
