import { formatIpv4, type Ipv4Address } from '@revtr/net';
import type { User } from '@revtr/storage';
import type { z } from 'zod';
import { ControllerError, type ControllerErrorCode } from '../../foundation/errors.ts';
import type { Caller } from '../http/authenticate.ts';
import type { ApiCollaborators } from '../http/collaborators.ts';
import { ownReadySource } from '../http/own-source.ts';
import { rateLimitHeaders } from '../http/rate-limit-headers.ts';
import { StreamLimit } from '../http/stream-limit.ts';
import { toRequestedPairs } from '../v1/request.ts';
import { type runRevtrReqSchema, type sourcesRespSchema, statusOf } from './messages.ts';
import { type OutlineList, type RevtrList, revtrList } from './revtr-list.ts';
import { waitUntilFinished } from './wait.ts';

const MOST_LABELLED = 10_000;
/** Requests that wait for their results. */
const WAITING = { perUser: 20, inAll: 500 };

export type RevtrServiceCollaborators = Pick<
  ApiCollaborators,
  'submission' | 'batches' | 'finder' | 'sourceAccess' | 'directory' | 'atlas' | 'clock' | 'events' | 'stopping'
>;

/**
 * The methods of version 2 of the original's API, with messages in the JSON mapping of Protocol Buffers. REST and gRPC share it. The caller is
 * authenticated, and may use the method. Each method throws a `ControllerError`.
 */
export class RevtrService {
  readonly #collaborators: RevtrServiceCollaborators;
  readonly #waiting = new StreamLimit(WAITING);

  constructor(collaborators: RevtrServiceCollaborators) {
    this.#collaborators = collaborators;
  }

  /** Most pairs in one batch. */
  get maxBatch(): number {
    return this.#collaborators.submission.maxBatch;
  }

  /**
   * `RunRevtr`: stores a batch of the pairs that can be measured, and waits for the results if the request asks for them. Once stored, the
   * batch stays, even if `left` fires because the client has left.
   */
  async run(
    { user, keyId }: Caller,
    request: z.infer<typeof runRevtrReqSchema>,
    left: AbortSignal,
  ): Promise<{
    readonly batchId: number;
    readonly headers: Readonly<Record<string, string>>;
    /** The results, if the request asks for them; its head has the other fields of the answer. */
    readonly list?: RevtrList;
  }> {
    const { submission } = this.#collaborators;
    const isWaiting = request.waitUntilFinished === true;
    const leave = isWaiting ? this.#waiting.enter(user.id) : undefined;
    try {
      const pairs = toRequestedPairs(request);
      const { batchId, rejected, limits } = await submission.submit(user, pairs, { skipInvalid: true, keyId });
      const headers = {
        ...rateLimitHeaders(limits),
        ...(rejected.length > 0 && { 'rejected-pairs': String(rejected.length) }),
      };
      if (!isWaiting) return { batchId, headers };
      await waitUntilFinished(batchId, left, this.#collaborators);
      const lastInsertId = (await this.#collaborators.batches.find(batchId))?.last_id ?? 0;
      return { batchId, headers, list: { ...this.#listOfBatch(batchId), head: { batchId, lastInsertId } } };
    } finally {
      leave?.();
    }
  }

  /** `GetRevtr`. */
  async ofBatch(user: User, batchId: number): Promise<RevtrList> {
    const { id } = await this.#collaborators.submission.batchOf(user, batchId);
    return this.#listOfBatch(id);
  }

  /** `GetRevtrByLabel`: measurements of the user only, the oldest 10,000. `left` ends the search. */
  async ofLabel(user: User, label: string, left: AbortSignal): Promise<RevtrList> {
    const search = await this.#collaborators.finder.begin(
      { userId: user.id, label },
      { order: 'oldest', signal: left },
    );
    const list = revtrList(this.#now(), async (limit, after) => {
      const rows = await search.read(limit);
      if (after === undefined && rows.length === 0)
        throw new ControllerError('notFound', `no measurement of yours has the label '${label}'`);
      return rows;
    });
    return { ...list, most: MOST_LABELLED, isSearch: true };
  }

  /** `GetRevtrMetaOnly`. */
  async metaOf(user: User, batchId: number): Promise<OutlineList> {
    const toElement: OutlineList['toElement'] = (outline) => ({
      ...{ status: statusOf(outline), src: outline.source, dst: outline.destination, id: outline.id },
    });
    return { name: 'revtrsMeta', read: await this.#outlinesOf(user, batchId), toElement };
  }

  /** `GetRevtrBatchStatus`. */
  async statusesOf(user: User, batchId: number): Promise<OutlineList> {
    return { name: 'revtrsStatus', read: await this.#outlinesOf(user, batchId), toElement: statusOf };
  }

  /** `UpdateRevtr`: notes the number of a forward traceroute with a measurement of the user. */
  async update(user: User, { revtrId, tracerouteId }: { revtrId: number; tracerouteId: number }): Promise<void> {
    const isNoted = await this.#collaborators.batches.noteForwardTraceroute(user.id, revtrId, tracerouteId);
    if (!isNoted) throw new ControllerError('notFound', `you have no measurement ${revtrId}`);
  }

  /** `GetSources`: sources that are ready, and that the user may measure to. */
  async sources(
    user: User,
    { onlyWithAtlas }: { readonly onlyWithAtlas: boolean },
  ): Promise<z.infer<typeof sourcesRespSchema>> {
    const { sourceAccess, atlas } = this.#collaborators;
    const ready = await sourceAccess.readySources(user);
    const sizes = onlyWithAtlas ? await sizesOf(ready, atlas) : new Map<Ipv4Address, number>();
    const listed = ready.filter(({ address }) => !onlyWithAtlas || (sizes.get(address) ?? 0) > 0);
    return { srcs: listed.map(({ hostname, address, site }) => ({ hostname, ip: formatIpv4(address), site })) };
  }

  /** `RunAtlas`: begins to measure the atlas of a source of the user. */
  async runAtlas({ user, keyId }: Caller, source: string, ripeKey: string | undefined): Promise<void> {
    const { directory, atlas } = this.#collaborators;
    await atlas.run(ownReadySource(directory, user, source), { userId: user.id, keyId, ripeKey });
  }

  /** `CleanAtlas`: deletes the atlas of a source of the user. */
  async cleanAtlas(user: User, source: string): Promise<void> {
    const { directory, atlas } = this.#collaborators;
    await atlas.clean(ownReadySource(directory, user, source));
  }

  #listOfBatch(id: number): RevtrList {
    const { batches } = this.#collaborators;
    return revtrList(this.#now(), (limit, after) => batches.measurementsOf(id, { limit, after: after?.id ?? 0 }));
  }

  #now(): Date {
    return new Date(this.#collaborators.clock.now());
  }

  async #outlinesOf(user: User, batchId: number): Promise<OutlineList['read']> {
    const { submission, batches } = this.#collaborators;
    const { id } = await submission.batchOf(user, batchId);
    return (limit, after) => batches.outlinesOf(id, { limit, after: after?.id ?? 0 });
  }
}

/** Errors of an engine that has not answered. */
const UNANSWERED: ReadonlySet<ControllerErrorCode> = new Set(['upstreamFailed', 'tooManyRequests'] as const);

/**
 * The sizes of the atlases of sources. Those of an engine that does not answer, or has too many requests at this moment, are missing.
 * @throws {ControllerError} `upstreamFailed`, `tooManyRequests` when no engine answers
 */
async function sizesOf(
  sources: readonly { readonly address: Ipv4Address }[],
  atlas: Pick<RevtrServiceCollaborators['atlas'], 'size'>,
): Promise<ReadonlyMap<Ipv4Address, number>> {
  const sizes = new Map<Ipv4Address, number>();
  let failure: unknown;
  const ask = async (address: Ipv4Address): Promise<void> => {
    try {
      sizes.set(address, await atlas.size(address));
    } catch (error) {
      if (!(error instanceof ControllerError) || !UNANSWERED.has(error.code)) throw error;
      failure = error;
    }
  };
  await Promise.all(sources.map(({ address }) => ask(address)));
  if (failure !== undefined && sizes.size === 0) throw failure;
  return sizes;
}
