import type { ReverseTracerouteClient } from '@revtr/client';
import type { Life } from './life.ts';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** People who join in a day; each stays for a day. */
const JOIN_PER_DAY = 12;
const STAYS_MS = 24 * HOUR_MS;
const PAUSE_MS = 2 * HOUR_MS;
/** One in so many people adds a source, and one in so many of these applications is refused: the load of all days is the same. */
const HOSTS_EVERY = 2;
const REFUSED_EVERY = 3;
/** A source that a person adds is withdrawn after this time. */
const HOSTS_MS = 12 * HOUR_MS;
const LIMITS = { perDay: 1_000_000, parallel: 100_000, perMinute: 100_000 };

/** A user of the system. */
interface Person {
  readonly id: number;
  readonly email: string;
  client: ReverseTracerouteClient;
}

/** People who join, use the system for a day, and delete their accounts. */
export class People {
  readonly #life: Life;
  readonly #present: Person[] = [];
  readonly #unusedSpares: string[];
  #joined = 0;
  #stayed = 0;
  #applications = 0;

  constructor(life: Life) {
    this.#life = life;
    this.#unusedSpares = [...life.system.spares];
  }

  /** How many use the system now. */
  get count(): number {
    return this.#present.length;
  }

  /** Client of somebody who is there; of the operator while nobody is. */
  any(): ReverseTracerouteClient {
    return this.#present.length === 0 ? this.#life.system.operator : this.#life.random.pick(this.#present).client;
  }

  /** Lets people join until the week ends. */
  async run(): Promise<void> {
    await this.#life.repeat(JOIN_PER_DAY, async () => void this.#live());
  }

  async #live(): Promise<void> {
    const life = this.#life;
    const person = await this.#join();
    if (person === undefined) return;
    this.#present.push(person);
    const until = life.clock.now() + STAYS_MS;
    if (this.#stayed++ % HOSTS_EVERY === 0) void this.#host(person);
    while (life.clock.now() < until && (await life.pause(PAUSE_MS * (0.5 + life.random.next()))))
      await this.#act(person);
    this.#present.splice(this.#present.indexOf(person), 1);
    if (!life.signal.aborted) await life.ask('accounts deleted', () => person.client.accounts.delete(person.email));
  }

  async #join(): Promise<Person | undefined> {
    const life = this.#life;
    const { operator, mailbox } = life.system;
    const number = ++this.#joined;
    const [name, email] = [`Person ${number}`, `person${number}@revtr.example`];
    const user = await life.ask('users invited', () =>
      operator.accounts.invite({ name, email, role: 'user', limits: LIMITS }),
    );
    for (let minutes = 0; minutes < 10; minutes++) {
      if (!(await life.pause(MINUTE_MS))) return undefined;
      const token = mailbox.take(email);
      if (token === undefined || user === undefined) continue;
      const redeemed = await life.ask('links used', () => life.client('').accounts.redeem(token));
      const key = redeemed?.purpose === 'collectKey' ? redeemed.key : undefined;
      return key === undefined ? undefined : { id: user.id, email, client: life.client(key) };
    }
    return undefined;
  }

  /** Does one of the things that people do. */
  async #act(person: Person): Promise<void> {
    const life = this.#life;
    const { random, system } = life;
    const { client } = person;
    const [source, destination] = [random.pick(system.usableSources()), random.pick(system.destinations)];
    switch (random.below(6)) {
      case 0: {
        const [key] = (await life.ask('keys listed', () => client.accounts.keys())) ?? [];
        const rotated = key && (await life.ask('keys rotated', () => client.accounts.rotateKey(key.id, 1)));
        if (rotated) person.client = life.client(rotated.key);
        return;
      }
      case 1: {
        const key = await life.ask('keys created', () => client.accounts.createKey({ name: 'browser' }));
        if (key === undefined) return;
        await life.ask('sessions begun', () => life.client('').accounts.logIn(key.key));
        if (random.below(2) === 0) await life.ask('keys revoked', () => client.accounts.revokeKey(key.id));
        return;
      }
      case 2: {
        const weight = 1 + random.below(3);
        const limits = { perMinute: LIMITS.perMinute - random.below(1_000) };
        await life.ask('limits changed', () => system.operator.accounts.changeUser(person.id, { weight, limits }));
        return;
      }
      case 3:
        await life.ask('raw probes', () =>
          client.probes.send({ type: 'recordRoute', probes: [{ from: source, to: destination }] }),
        );
        return;
      case 4:
        await life.ask('watches created', () =>
          client.watches.create({
            source,
            destination,
            intervalSeconds: 3_600,
            alerts: { on: ['asPath'], mail: true },
          }),
        );
        return;
      default: {
        const [batch] = (await life.ask('batches listed', () => client.batches({ limit: 1 }))) ?? [];
        const outlines = batch && (await life.ask('outlines read', () => client.outlines(batch.id, { limit: 1 })));
        const [outline] = outlines?.measurements ?? [];
        if (outline !== undefined) await life.ask('results published', () => client.publish(outline.id));
      }
    }
  }

  /** Adds a source, and withdraws it later. Some applications are refused. */
  async #host({ client }: Person): Promise<void> {
    const life = this.#life;
    const { operator } = life.system;
    const address = this.#unusedSpares.shift();
    if (address === undefined) return;
    const application = await life.ask('applications', () =>
      client.fleet.apply({ address, hosting: 'a university', reason: 'measurements of our own network' }),
    );
    if (application !== undefined && ++this.#applications % REFUSED_EVERY === 0)
      await life.ask('applications refused', () => operator.fleet.refuse(application.id));
    else if (application !== undefined) {
      await life.ask('applications approved', () => operator.fleet.approve(application.id));
      await life.pause(HOSTS_MS);
      await life.ask('sources withdrawn', () => operator.fleet.withdraw(address));
    }
    this.#unusedSpares.push(address);
  }
}
