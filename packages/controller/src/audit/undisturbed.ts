import type { AuditBlocks, StoredAuditBlock } from '@revtr/storage';
import { ControllerError } from '../foundation/errors.ts';

/** How many blocks are read at a time. */
export const BLOCKS_AT_ONCE = 64;
/** Reading begins again so often when another process replaces blocks that have not been read yet. Each process merges blocks once a minute. */
const MOST_ATTEMPTS = 5;

/**
 * Reads blocks that were listed at one moment: pages of different moments would miss records that another process moves between them. `read`
 * begins again when it returns `undefined`, because {@link readListed} did.
 * @throws {ControllerError} `upstreamFailed` when blocks are replaced too often
 */
export async function undisturbed<Result>(read: () => Promise<Result | undefined>): Promise<Result> {
  for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt++) {
    const result = await read();
    if (result !== undefined) return result;
  }
  throw new ControllerError('upstreamFailed', 'the records of the audit are being rearranged: try again in a minute');
}

/** At most {@link BLOCKS_AT_ONCE} of the listed blocks, from `first` on. `undefined` when one of them was replaced or deleted. */
export async function readListed(
  listed: readonly Pick<StoredAuditBlock, 'id'>[],
  first: number,
  blocks: Pick<AuditBlocks, 'read'>,
): Promise<StoredAuditBlock[] | undefined> {
  const ids = listed.slice(first, first + BLOCKS_AT_ONCE).map(({ id }) => id);
  const page = await blocks.read(ids);
  return page.length < ids.length ? undefined : page;
}
