import { Tally } from '@revtr/link';
import type { Clock } from '@revtr/probing';
import type { AddressFacts } from '../facts/address-facts.ts';
import { ControllerError } from '../foundation/errors.ts';
import { DEFAULT_NAME_LIMITS, type NameLimits, type ResolvedNames, resolveNames } from './resolve-names.ts';

/** Requests of a user whose host names are resolved at the same time. */
const MOST_PER_USER = 2;
const RETRY = { retryAfterSeconds: 5 };

/** Resolves the host names of requests. All users share the queries that are sent at once, so that a user may have few requests under way. */
export class NameResolver {
  readonly #limits: NameLimits;
  readonly #collaborators: { readonly facts: Pick<AddressFacts, 'resolve'>; readonly clock: Clock };
  readonly #underWay = new Tally<number>();

  constructor(
    /** Default {@link DEFAULT_NAME_LIMITS}. */
    limits: NameLimits | undefined,
    collaborators: { readonly facts: Pick<AddressFacts, 'resolve'>; readonly clock: Clock },
  ) {
    this.#limits = limits ?? DEFAULT_NAME_LIMITS;
    this.#collaborators = collaborators;
  }

  /** The addresses of names of a request. @throws {ControllerError} `tooManyRequests` */
  async resolve({ id }: { readonly id: number }, names: readonly string[]): Promise<ResolvedNames> {
    if (names.length === 0) return new Map();
    if (this.#underWay.of(id) >= MOST_PER_USER) {
      const message = `the host names of ${MOST_PER_USER} of your requests are being resolved: wait for their answers`;
      throw new ControllerError('tooManyRequests', message, RETRY);
    }
    this.#underWay.add(id, 1);
    try {
      return await resolveNames(names, this.#limits, this.#collaborators);
    } finally {
      this.#underWay.add(id, -1);
    }
  }
}
