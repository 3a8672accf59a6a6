/** A file that is being written. Nobody can read it before it has ended. */
export interface NewFile {
  /** Adds bytes at the end. */
  write(bytes: Uint8Array): Promise<void>;
  /** Gives the file its name. Once this resolves, everybody can read it, and a crash does not lose it. */
  end(): Promise<void>;
  /** Gives up a file that has not ended. */
  abandon(): Promise<void>;
}

/**
 * The place where files of cold results are: a directory, or a part of a bucket. A file has a path that `isColdPath` accepts, and never changes. The
 * database knows which files exist; what else is here was left behind. All methods reject with errors of the system, with the error `objectStore` of
 * `StorageError`, or with the reason of their signal.
 */
export interface ColdFiles {
  /** The place, in words for people. */
  readonly place: string;
  /** Begins a file with a new path. */
  create(path: string, signal: AbortSignal): Promise<NewFile>;
  /** Reads the bytes from `start` up to `end`. Rejects with an error of no particular class when the file is shorter. */
  read(path: string, range: ByteRange, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>>;
  /** Bytes of a file; `undefined` when there is none. */
  sizeOf(path: string, signal: AbortSignal): Promise<number | undefined>;
  /** Deletes a file, finished or not, if there is one. */
  remove(path: string, signal: AbortSignal): Promise<void>;
  /** Yields the paths of all files, finished or not, some at a time. */
  list(signal: AbortSignal): AsyncIterable<readonly string[]>;
  /** Reads to which database the place belongs; `undefined` for a new place. */
  identity(signal: AbortSignal): Promise<string | undefined>;
  /** Makes a new place that of a database. What another process has made of it meanwhile stays, where the place can tell. */
  identify(id: string, signal: AbortSignal): Promise<void>;
}

/** Positions of the first byte and of the one after the last. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** The file with the identity of the database. */
export const IDENTITY_FILE = 'revtr-cold-results.txt';
