import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Authority, type Credential } from '@revtr/link';

/** Creates a certificate for `localhost` and its key, PEM. A new authority signs it, which is not kept. */
export async function localhostCertificate(): Promise<Credential> {
  const directory = mkdtempSync(join(tmpdir(), 'revtr-certificate-'));
  try {
    const now = new Date();
    const authority = await Authority.open(directory, now);
    return await authority.createServer(['localhost'], now);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
