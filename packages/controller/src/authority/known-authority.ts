import { Authority, rootFingerprint } from '@revtr/link';
import { AuthorityRoot, type Database } from '@revtr/storage';
import type { Logger } from 'pino';

/** The certificate authority of this process is not the one that the agents of the database trust. */
export class ForeignAuthorityError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ForeignAuthorityError';
  }
}

/**
 * Compares the certificate authority in a directory with the one that the database names. The first gateway that uses a database creates its authority
 * where there is none, and stores which one it is. Others wait meanwhile: they may share the directory.
 * @throws {ForeignAuthorityError} if it is missing or another one; {LinkError} `badCertificate` if it is damaged; {StorageError}
 */
export async function requireKnownAuthority(
  directory: string,
  { db, now, log }: Pick<Database, 'db'> & { readonly now: Date; readonly log: Pick<Logger, 'info'> },
): Promise<void> {
  const stored = await AuthorityRoot.exclusively(db, async (roots) => {
    const known = await roots.fingerprint();
    const own = rootFingerprint(directory);
    if (known !== undefined) return requireSame(directory, own, known);
    // A database of an earlier version does not name the authority that its agents trust.
    if (own === undefined && (await roots.isTrusted()))
      throw foreign(
        `REVTR_AUTHORITY (${directory}) contains no certificate authority, and agents have certificates of one`,
      );
    const { fingerprint } = await Authority.open(directory, now);
    await roots.replace(fingerprint);
    return fingerprint;
  });
  if (stored !== undefined)
    log.info(
      { authority: directory, fingerprint: stored },
      'the database has stored which certificate authority it uses',
    );
}

/**
 * Makes the certificate authority in a directory, which is created where there is none, the one of a database. Returns the fingerprint of its root, and whether
 * it was created.
 * @throws {LinkError} `badCertificate` if it is damaged; {StorageError}
 */
export async function adoptAuthority(
  directory: string,
  { db, now }: Pick<Database, 'db'> & { readonly now: Date },
): Promise<{ readonly fingerprint: string; readonly isNew: boolean }> {
  const isNew = rootFingerprint(directory) === undefined;
  const { fingerprint } = await Authority.open(directory, now);
  await new AuthorityRoot(db).replace(fingerprint);
  return { fingerprint, isNew };
}

function requireSame(directory: string, own: string | undefined, known: string): undefined {
  if (own === known) return;
  throw foreign(
    own === undefined
      ? `REVTR_AUTHORITY (${directory}) contains no certificate authority; this database belongs to the one with the fingerprint ${known}`
      : `the certificate authority in REVTR_AUTHORITY (${directory}) has the fingerprint ${own}; this database belongs to the one with the fingerprint ${known}`,
  );
}

const foreign = (problem: string): ForeignAuthorityError =>
  new ForeignAuthorityError(
    `${problem}. Correct REVTR_AUTHORITY, copy the directory from another gateway or a backup, or replace the authority with revtr-controller adopt-authority (docs/agents.md, Another authority)`,
  );
