import { GroupCommit, type GroupCommitCollaborators } from './group-commit.ts';

/** Requests that share a transaction. */
const MOST_TOGETHER = 100;
/** Requests of a user that wait. */
const MOST_WAITING = 1_000;

/**
 * Runs the requests of each user one group after the other. They would wait for each other in the database anyway, because a transaction locks
 * the limits of its user; here they take only one connection from other users.
 */
export class AcceptByUser<Request extends { readonly user: { readonly id: number } }, Outcome> {
  readonly #collaborators: Omit<GroupCommitCollaborators<Request, Outcome>, 'onIdle'>;
  readonly #users = new Map<number, GroupCommit<Request, Outcome>>();

  constructor(collaborators: Omit<GroupCommitCollaborators<Request, Outcome>, 'onIdle'>) {
    this.#collaborators = collaborators;
  }

  /** Runs a request. @throws {StorageError} `tooManyWaiting`, and what the request fails with */
  add(request: Request): Promise<Outcome> {
    const { id } = request.user;
    const group =
      this.#users.get(id) ??
      new GroupCommit<Request, Outcome>(
        { most: MOST_TOGETHER, mostWaiting: MOST_WAITING },
        { ...this.#collaborators, onIdle: () => void this.#users.delete(id) },
      );
    this.#users.set(id, group);
    return group.add(request);
  }
}
