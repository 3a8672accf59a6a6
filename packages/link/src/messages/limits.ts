/** Version of the protocol. The controller and the agent must speak the same version. */
export const PROTOCOL = 2;

/** Longest message to an agent, bytes of UTF-8. */
export const MOST_BYTES_TO_AGENT = 2 ** 20;
/** Longest message to the controller, bytes of UTF-8. */
export const MOST_BYTES_TO_CONTROLLER = 2 ** 18;

/** Most pieces of work of any kind that an agent accepts at once, and the most identifiers in a `hello`. */
export const MOST_KNOWN = 15_000;
/** Largest window that an agent may ask for, probes. */
export const MOST_WINDOW = 10_000;
/** Most identifiers in a `received` or `cancel`. */
export const MOST_IDS = 1_000;

/** Longest message of an outcome without a result, characters. */
export const MOST_FAILURE_CHARACTERS = 1_000;

/** Entries of one chunk of the opt-out list. */
export const CHUNK_ENTRIES = 5_000;
/** Most entries of an opt-out list. */
export const MOST_OPT_OUTS = 5_000_000;
/** Most entries that one delta adds, and most that it removes; a larger change is sent as a new snapshot. */
export const MOST_DELTA_ENTRIES = 5_000;
/** Longest text of a prefix: an IPv6 address with an embedded IPv4 address, and its length. */
export const MOST_PREFIX_CHARACTERS = 50;

/** Most sources in the list of active sources. */
export const MOST_SOURCES = 50_000;
/** Most blocked targets, and most blocked sources. */
export const MOST_BLOCKED = 10_000;
