import { createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { LinkError } from '../errors.ts';
import type { Credential } from './certificates.ts';
import { verifyChain } from './chain.ts';
import { makePrivateDirectory, replaceFile } from './replace-file.ts';

/**
 * The key and certificate of an agent, kept in a directory (0700) that survives restarts: `identity.pem` (0600), and
 * `previous.pem` while the controller may not have accepted the new one yet. `exchange.pem` exists only while both are exchanged.
 */
export class AgentIdentity {
  readonly #file: string;
  readonly #previous: string;
  readonly #exchange: string;
  readonly #root: X509Certificate;

  /** `rootCertificate`: PEM. Creates the directory when it is missing. @throws {LinkError} `badCertificate` */
  constructor(options: { readonly directory: string; readonly rootCertificate: string }) {
    const root = readCertificate(options.rootCertificate);
    if (root === undefined)
      throw new LinkError('badCertificate', 'the root certificate is not a certificate in PEM form', {});
    makePrivateDirectory(options.directory);
    this.#file = join(options.directory, 'identity.pem');
    this.#previous = join(options.directory, 'previous.pem');
    this.#exchange = join(options.directory, 'exchange.pem');
    this.#root = root;
    this.#finishExchange();
  }

  /** The credential; `undefined` when there is none that this root signed and that is valid. */
  load(now: Date): Credential | undefined {
    if (!existsSync(this.#file)) return undefined;
    const text = readFileSync(this.#file, 'utf8');
    const split = text.indexOf('-----BEGIN CERTIFICATE-----');
    return this.check({ key: text.slice(0, split), certificate: text.slice(split) }, now);
  }

  /** The credential itself when its key belongs to its certificate, which leads to the root; otherwise `undefined`. */
  check(credential: Credential, now: Date): Credential | undefined {
    try {
      const leaf = verifyChain(credential.certificate, this.#root, now);
      return leaf?.checkPrivateKey(createPrivateKey(credential.key)) ? credential : undefined;
    } catch {
      // An unreadable key or certificate counts as none: the agent enrols again.
      return undefined;
    }
  }

  /** Keeps a credential. Key and certificate share a file: a crash cannot separate them. */
  save({ key, certificate }: Credential): void {
    replaceFile(this.#file, `${key.trimEnd()}\n${certificate}`, 0o600);
  }

  /** Keeps a renewed credential, and the one before until {@link confirm}. */
  renew(credential: Credential): void {
    if (existsSync(this.#file)) replaceFile(this.#previous, readFileSync(this.#file, 'utf8'), 0o600);
    this.save(credential);
  }

  /** The controller has accepted the credential: the one before is deleted. */
  confirm(): void {
    rmSync(this.#previous, { force: true });
  }

  /**
   * Exchanges the credential and the one before, as long as {@link confirm} has deleted neither: the controller may have recorded either of
   * them. A crash loses neither. Returns whether there was one before.
   */
  exchangePrevious(): boolean {
    if (!existsSync(this.#previous)) return false;
    replaceFile(this.#exchange, readFileSync(this.#file, 'utf8'), 0o600);
    renameSync(this.#previous, this.#file);
    this.#finishExchange();
    return true;
  }

  /** Completes an exchange that a crash interrupted after the credential before took its place; otherwise forgets it. */
  #finishExchange(): void {
    if (!existsSync(this.#exchange)) return;
    if (existsSync(this.#previous)) rmSync(this.#exchange);
    else renameSync(this.#exchange, this.#previous);
  }
}

function readCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}
