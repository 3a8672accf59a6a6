import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** A file that every directory of an embedded database has. */
const MARK = 'PG_VERSION';

/** Whether a directory has an embedded database. */
export const hasDatabase = (directory: string): boolean => existsSync(join(directory, MARK));
