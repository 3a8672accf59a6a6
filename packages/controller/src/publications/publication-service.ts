import { parseIpv4 } from '@revtr/net';
import type { Clock } from '@revtr/probing';
import {
  generateToken,
  type MeasurementRow,
  type Publication,
  type Publications,
  type RecentResult,
  type User,
} from '@revtr/storage';
import type { AgentDirectory } from '../agents/directory.ts';
import type { AddressFacts } from '../facts/address-facts.ts';
import { ControllerError } from '../foundation/errors.ts';
import type { Submission } from '../measurements/submission.ts';
import { KeptList } from './kept-list.ts';
import { type PublicResult, toPublicResult } from './public-result.ts';

/** Tokens as `generateToken` makes them. */
const TOKEN = /^[\w-]{32}$/;

const MOST_RECENT = 10;
/** How long the list of recent results is kept, milliseconds: it can be in many files, and needs no account. */
const KEEP_RECENT_MS = 5_000;

/** A published result, and the measurement that it is of. */
export interface Published {
  readonly measurementId: number;
  readonly result: PublicResult;
}

/** Publishes results: everybody who has the token of a publication may see what {@link PublicResult} tells. */
export class PublicationService {
  readonly #publications: Publications;
  readonly #submission: Pick<Submission, 'measurementOf'>;
  readonly #directory: Pick<AgentDirectory, 'find'>;
  readonly #isVisitor: (user: Pick<User, 'id'>) => boolean;
  readonly #facts: AddressFacts;
  readonly #clock: Clock;
  readonly #recent: KeptList<RecentResult>;

  constructor(collaborators: {
    readonly publications: Publications;
    readonly submission: Pick<Submission, 'measurementOf'>;
    readonly directory: Pick<AgentDirectory, 'find'>;
    /** Whether a user is the account of visitors, whose results everybody may read. */
    readonly isVisitor: (user: Pick<User, 'id'>) => boolean;
    readonly facts: AddressFacts;
    readonly clock: Clock;
  }) {
    this.#publications = collaborators.publications;
    this.#submission = collaborators.submission;
    this.#directory = collaborators.directory;
    this.#isVisitor = collaborators.isVisitor;
    this.#facts = collaborators.facts;
    this.#clock = collaborators.clock;
    this.#recent = new KeptList(
      { keepMs: KEEP_RECENT_MS },
      { clock: this.#clock, read: (userId) => this.#publications.recentOf(userId, MOST_RECENT) },
    );
  }

  /**
   * Publishes a measurement of a user, or one of visitors. One that is published already keeps its token.
   * @throws {ControllerError} `notFound`, `conflict` before it has ended, `forbidden` when it belongs to somebody else, or when its source
   * is not public and has another host
   */
  async publish(user: User, id: number): Promise<Publication> {
    const row = await this.#submission.measurementOf(user, id);
    if (row.user_id !== user.id && !this.#isVisitor({ id: row.user_id }))
      throw new ControllerError('forbidden', 'only the account that measured a result may publish it');
    if (row.state !== 'done') throw new ControllerError('conflict', 'a measurement can be published when it has ended');
    if (this.#isHidden(row))
      throw new ControllerError(
        'forbidden',
        `the source ${row.source} is not public: only its host may publish results`,
      );
    return this.#publications.publish(row, generateToken(), new Date(this.#clock.now()));
  }

  /** How a measurement is published, for those who may read it. @throws {ControllerError} `notFound`, also when it is not published */
  async publicationOf(user: User, id: number): Promise<Publication> {
    await this.#submission.measurementOf(user, id);
    const publication = await this.#publications.find(id);
    if (publication === undefined) throw new ControllerError('notFound', `measurement ${id} is not published`);
    return publication;
  }

  /** Ends a publication, for the owner of the measurement or an operator. @throws {ControllerError} `notFound`, `forbidden` */
  async unpublish(user: User, id: number): Promise<Publication> {
    const row = await this.#submission.measurementOf(user, id);
    if (row.user_id !== user.id && user.role !== 'operator')
      throw new ControllerError(
        'forbidden',
        'only the account that measured a result, or an operator, may unpublish it',
      );
    const publication = await this.publicationOf(user, id);
    await this.#publications.remove(id);
    return publication;
  }

  /** The measurement that is published under a token; it needs no account. @throws {ControllerError} `notFound` */
  async measurementBy(token: string): Promise<MeasurementRow & Pick<Publication, 'published_at'>> {
    const row = TOKEN.test(token) ? await this.#publications.measurementBy(token) : undefined;
    if (row === undefined || this.#isHidden(row))
      throw new ControllerError('notFound', 'there is no such public result, or it is not public any more');
    return row;
  }

  /** What is public of the measurement that is published under a token. @throws {ControllerError} `notFound` */
  async resultBy(token: string): Promise<Published> {
    const row = await this.measurementBy(token);
    return { measurementId: row.id, result: await toPublicResult(row, this.#facts) };
  }

  /** The latest ten measurements of a user that have ended, newest first. They may be five seconds old. */
  async recentOf({ id }: Pick<User, 'id'>): Promise<readonly RecentResult[]> {
    return this.#recent.of(id);
  }

  /** Whether the source of a measurement must not be shown, because its host does not share it with everybody. */
  #isHidden({ source, user_id }: Pick<MeasurementRow, 'source' | 'user_id'>): boolean {
    const agent = this.#directory.find(parseIpv4(source));
    return agent !== undefined && agent.visibility !== 'public' && agent.user_id !== user_id;
  }
}
