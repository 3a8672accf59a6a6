import { createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LinkError } from '../errors.ts';
import type { Credential } from './certificates.ts';
import { isCurrent } from './is-current.ts';
import { replaceFile } from './replace-file.ts';

/** What an agent proves who it is with, kept in a directory that survives restarts. */
export class AgentIdentity {
  readonly #file: string;
  readonly #root: X509Certificate;

  /** `rootCertificate`: PEM. The directory is made when it is missing. @throws {LinkError} `badCertificate` */
  constructor(options: { readonly directory: string; readonly rootCertificate: string }) {
    const root = readCertificate(options.rootCertificate);
    if (root === undefined)
      throw new LinkError('badCertificate', 'the root certificate is not a certificate in PEM form');
    mkdirSync(options.directory, { recursive: true, mode: 0o700 });
    this.#file = join(options.directory, 'identity.pem');
    this.#root = root;
  }

  /** The credential, when there is one that this root has signed and that is good for a while. */
  load(now: Date): Credential | undefined {
    if (!existsSync(this.#file)) return undefined;
    const text = readFileSync(this.#file, 'utf8');
    const split = text.indexOf('-----BEGIN CERTIFICATE-----');
    const [key, certificate] = [text.slice(0, split), text.slice(split)];
    try {
      const read = new X509Certificate(certificate);
      const isGood = isCurrent(read, this.#root, now) && read.checkPrivateKey(createPrivateKey(key));
      return isGood ? { key, certificate } : undefined;
    } catch {
      // A damaged file is as good as none: the agent enrols again.
      return undefined;
    }
  }

  /** Keeps a credential: key and certificate in one file, so that no crash parts them. */
  save({ key, certificate }: Credential): void {
    replaceFile(this.#file, `${key.trimEnd()}\n${certificate}`, 0o600);
  }
}

function readCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}
