import { Turns } from '@revtr/storage';

/** Stored measurements that an answer reads at once. One takes about 40 kB as objects, and 9 kB as JSON. */
export const PER_PAGE = 64;
/** More than the exports of one user. */
const MOST_PAGES = 16;

/**
 * Pages of batches that exist as objects in this process: all answers share the places. An answer gives its place back when the page is text, before it
 * sends it, because a client may read slowly.
 */
export const pageTurns = new Turns(MOST_PAGES);
