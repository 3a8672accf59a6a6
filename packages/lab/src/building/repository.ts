import { fileURLToPath } from 'node:url';

/** Directory of the repository. */
export const REPOSITORY = fileURLToPath(new URL('../../../../', import.meta.url));
