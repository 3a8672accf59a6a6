import { createPrivateKey, X509Certificate } from 'node:crypto';
import { chmodSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Ipv4Address } from '@revtr/net';
import { LinkError } from '../errors.ts';
import {
  allowsIntermediate,
  type Credential,
  certifyRequest,
  createCredential,
  createIntermediate,
  createRoot,
  createServerCredential,
} from './certificates.ts';
import { isValidAt, renewalTimeOf, verifyChain } from './chain.ts';
import { agentName, CONTROLLER_NAME, GRANT_SIGNER_NAME } from './names.ts';
import { makePrivateDirectory, replaceFile } from './replace-file.ts';

/**
 * The controller's certificate authority, kept in a directory (0700; every file 0600):
 *
 * | files | content |
 * |---|---|
 * | `root.crt`, `root.key` | the root; agents are given `root.crt`; `root.key` may be kept elsewhere |
 * | `intermediate.crt`, `.key` | signs everything below |
 * | `controller.crt`, `.key` | the server certificate of the gateway |
 * | `grant-signer.crt`, `.key` | signs grants |
 *
 * A root from before intermediate certificates existed has the path length 0 (RFC 5280 section 4.2.1.9). It cannot have an
 * intermediate certificate, and signs everything itself.
 */
export class Authority {
  readonly #directory: string;
  /** PEM of the root certificate. */
  readonly rootCertificate: string;
  #credentials: Credentials;

  private constructor(directory: string, rootCertificate: string, credentials: Credentials) {
    this.#directory = directory;
    this.rootCertificate = rootCertificate;
    this.#credentials = credentials;
  }

  /** The fingerprint of the root certificate, see {@link rootFingerprint}. */
  get fingerprint(): string {
    return readRoot(this.rootCertificate).fingerprint256;
  }

  /** The server certificate of the gateway with its chain, and its key. {@link renew} replaces it. */
  get controller(): Credential {
    return this.#credentials.controller;
  }

  /** The certificate that grants are signed with, with its chain, and its key. {@link renew} replaces it. */
  get grantSigner(): Credential {
    return this.#credentials.grantSigner;
  }

  /**
   * Opens the authority in a directory, or creates one there. Certificates below the root are renewed when two thirds of
   * their life are over. @throws {LinkError} `badCertificate` when a file is damaged, or when the root key is needed and absent
   */
  static async open(directory: string, now: Date): Promise<Authority> {
    makePrivateDirectory(directory);
    for (const name of readdirSync(directory))
      if (/\.(key|crt)$/.test(name)) chmodSync(join(directory, name), modeOf(name));
    const files = new AuthorityFiles(directory, now);
    const rootCertificate = await files.root();
    return new Authority(directory, rootCertificate, await files.credentials(rootCertificate));
  }

  /**
   * Renews the certificates of which two thirds of the life are over, as {@link open} does. Returns whether the gateway's certificate or
   * the grant signer's is a new one. @throws {LinkError} `badCertificate`, see {@link open}; the certificates before stay in use
   */
  async renew(now: Date): Promise<boolean> {
    const before = this.#credentials;
    const after = await new AuthorityFiles(this.#directory, now).credentials(this.rootCertificate);
    this.#credentials = after;
    return (['controller', 'grantSigner'] as const).some(
      (name) => before[name].certificate !== after[name].certificate,
    );
  }

  /**
   * Certifies that the key of a request speaks for an agent's address. Returns the certificate and its chain, PEM.
   * @throws {LinkError} `badCertificate`
   */
  certifyAgent(request: string, address: Ipv4Address, now: Date): Promise<string> {
    return certifyRequest(this.#credentials.issuer, request, agentName(address), now);
  }

  /** Creates a server certificate for host names, which is valid for a year, and its key. */
  createServer(hostnames: readonly [string, ...string[]], now: Date): Promise<Credential> {
    return createServerCredential(this.#credentials.issuer, hostnames, now);
  }
}

/**
 * The fingerprint of the root certificate in the directory of an authority, the SHA-256 that `openssl x509 -fingerprint -sha256` shows; `undefined` when
 * there is no such certificate. @throws {LinkError} `badCertificate`
 */
export function rootFingerprint(directory: string): string | undefined {
  const path = join(directory, 'root.crt');
  return existsSync(path) ? readRoot(readFileSync(path, 'utf8')).fingerprint256 : undefined;
}

/** What an authority signs with. */
interface Credentials {
  /** Signs certificates. */
  readonly issuer: Credential;
  readonly controller: Credential;
  readonly grantSigner: Credential;
}

/** The files of an authority. */
class AuthorityFiles {
  readonly #directory: string;
  readonly #now: Date;

  constructor(directory: string, now: Date) {
    this.#directory = directory;
    this.#now = now;
  }

  /** The root certificate, created when there is none. A root is never replaced: agents trust this one. */
  async root(): Promise<string> {
    const certificate = this.#read('root.crt');
    if (certificate !== undefined) return certificate;
    const made = await createRoot(this.#now);
    this.#write('root', made);
    return made.certificate;
  }

  /** Everything below the root, renewed where it is due. */
  async credentials(rootCertificate: string): Promise<Credentials> {
    const issuer = await this.#issuer(rootCertificate);
    const leaf = (file: string, name: string): Promise<Credential> =>
      this.#keep(file, rootCertificate, () => createCredential(issuer, name, this.#now));
    return {
      issuer,
      controller: await leaf('controller', CONTROLLER_NAME),
      grantSigner: await leaf('grant-signer', GRANT_SIGNER_NAME),
    };
  }

  /** What signs: the intermediate certificate or, for a root that allows none, the root itself. */
  #issuer(rootCertificate: string): Promise<Credential> {
    if (!allowsIntermediate(rootCertificate)) return Promise.resolve(this.#rootCredential(rootCertificate));
    return this.#keep('intermediate', rootCertificate, () =>
      createIntermediate(this.#rootCredential(rootCertificate), this.#now),
    );
  }

  /** The credential of a name, created when it is missing, due for renewal, or signed by another root. */
  async #keep(name: string, rootCertificate: string, create: () => Promise<Credential>): Promise<Credential> {
    const kept = this.#find(name, rootCertificate);
    const isDue = kept === undefined || renewalTimeOf(new X509Certificate(kept.certificate)) <= this.#now.getTime();
    // The root key may be offline: an intermediate certificate that is still valid serves until the key is back.
    if (kept !== undefined && (!isDue || (name === 'intermediate' && this.#read('root.key') === undefined)))
      return kept;
    const made = await create();
    this.#write(name, made);
    return made;
  }

  #find(name: string, rootCertificate: string): Credential | undefined {
    const [key, certificate] = [this.#read(`${name}.key`), this.#read(`${name}.crt`)];
    if (key === undefined || certificate === undefined) return undefined;
    const leaf = verifyChain(certificate, readRoot(rootCertificate), this.#now);
    // Key and certificate are two files: after a crash between the two, they do not belong together.
    return leaf !== undefined && isKeyOf(key, leaf) ? { key, certificate } : undefined;
  }

  #rootCredential(certificate: string): Credential {
    const key = this.#read('root.key');
    if (key !== undefined && isValidAt(readRoot(certificate), this.#now)) return { key, certificate };
    const problem = key === undefined ? 'root.key is not there' : 'root.crt has expired';
    throw new LinkError('badCertificate', `a certificate must be signed by the root, and ${problem}`, {});
  }

  #read(name: string): string | undefined {
    const path = join(this.#directory, name);
    return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  }

  #write(name: string, { key, certificate }: Credential): void {
    replaceFile(join(this.#directory, `${name}.key`), key, 0o600);
    replaceFile(join(this.#directory, `${name}.crt`), certificate, modeOf(`${name}.crt`));
  }
}

function isKeyOf(key: string, certificate: X509Certificate): boolean {
  try {
    return certificate.checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}

function readRoot(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw new LinkError('badCertificate', 'root.crt is not a certificate in PEM form', {});
  }
}

/** The root certificate is public: copies of it, which keep its mode, are given to agents. */
const modeOf = (name: string): number => (name === 'root.crt' ? 0o644 : 0o600);
