import { readFileSync } from 'node:fs';
import type { Credential } from '@revtr/link';

/** Files with the certificate and the key of a server, PEM. */
export interface CredentialFiles {
  readonly certificateFile: string;
  readonly keyFile: string;
}

/** Reads the certificate and the key of a server. @throws the error of the file system */
export const readCredential = ({ certificateFile, keyFile }: CredentialFiles): Credential => ({
  certificate: readFileSync(certificateFile, 'utf8'),
  key: readFileSync(keyFile, 'utf8'),
});
