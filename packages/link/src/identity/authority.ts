import { X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Ipv4Address } from '@revtr/net';
import { type Credential, certifyRequest, createCredential, createRoot } from './certificates.ts';
import { isCurrent } from './is-current.ts';
import { agentName, CONTROLLER_NAME, GRANT_SIGNER_NAME } from './names.ts';
import { replaceFile } from './replace-file.ts';

/**
 * The controller's certificate authority: the root certificate that agents are given, the controller's own certificate, the
 * one that grants are signed with, and those of agents.
 */
export class Authority {
  readonly #root: Credential;
  readonly controller: Credential;
  readonly grantSigner: Credential;

  private constructor(root: Credential, controller: Credential, grantSigner: Credential) {
    this.#root = root;
    this.controller = controller;
    this.grantSigner = grantSigner;
  }

  /** Opens the authority kept in a directory, or makes one there: `root.crt` is the file to give to agents. */
  static async open(directory: string, now: Date): Promise<Authority> {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const root = await keep(directory, 'root', undefined, now, () => createRoot(now));
    const leaf = (file: string, name: string): Promise<Credential> =>
      keep(directory, file, root, now, () => createCredential(root, name, now));
    return new Authority(
      root,
      await leaf('controller', CONTROLLER_NAME),
      await leaf('grant-signer', GRANT_SIGNER_NAME),
    );
  }

  /** PEM of the root certificate. */
  get rootCertificate(): string {
    return this.#root.certificate;
  }

  /** Certifies an agent's key for its address. @throws {LinkError} `badCertificate` */
  certifyAgent(request: string, address: Ipv4Address, now: Date): Promise<string> {
    return certifyRequest(this.#root, request, agentName(address), now);
  }
}

/** The credential in a directory, made anew when it is missing, about to expire, or another authority's. */
async function keep(
  directory: string,
  name: string,
  root: Credential | undefined,
  now: Date,
  create: () => Promise<Credential>,
): Promise<Credential> {
  const keyFile = join(directory, `${name}.key`);
  const certificateFile = join(directory, `${name}.crt`);
  if (existsSync(keyFile) && existsSync(certificateFile)) {
    const kept = { key: readFileSync(keyFile, 'utf8'), certificate: readFileSync(certificateFile, 'utf8') };
    if (isGood(kept, root, now)) return kept;
  }
  const made = await create();
  replaceFile(keyFile, made.key, 0o600);
  replaceFile(certificateFile, made.certificate, 0o644);
  return made;
}

/** A root is never replaced by itself: every agent would have to be given the new one. */
function isGood({ certificate }: Credential, root: Credential | undefined, now: Date): boolean {
  if (root === undefined) return true;
  return isCurrent(new X509Certificate(certificate), new X509Certificate(root.certificate), now);
}
