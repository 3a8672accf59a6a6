import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { LinkError } from '../errors.ts';

/** A private key and its certificate. */
export interface Credential {
  /** PEM (PKCS #8). */
  readonly key: string;
  /** PEM; a certificate that an intermediate certificate signed is followed by that one. */
  readonly certificate: string;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MS = 86_400_000;
/** New certificates are valid an hour before they are made, because clocks differ. */
const BACKDATED_MS = DAY_MS / 24;

/** How long certificates are valid, days. */
const ROOT_DAYS = 3_650;
const INTERMEDIATE_DAYS = 1_095;
const LEAF_DAYS = 365;

x509.cryptoProvider.set(webcrypto);

const AUTHORITY_USAGE = x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign;

/** Creates a self-signed root certificate that allows one level of intermediate certificates. */
export async function createRoot(now: Date): Promise<Credential> {
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=Reverse Traceroute',
    keys,
    serialNumber: serialNumber(),
    signingAlgorithm: ALGORITHM,
    ...validity(now, ROOT_DAYS),
    extensions: [new x509.BasicConstraintsExtension(true, 1, true), new x509.KeyUsagesExtension(AUTHORITY_USAGE, true)],
  });
  return { key: await exportKey(keys.privateKey), certificate: certificate.toString('pem') };
}

/** Creates an intermediate certificate that signs leaf certificates only. */
export async function createIntermediate(root: Credential, now: Date): Promise<Credential> {
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.create({
    subject: 'CN=Reverse Traceroute intermediate',
    issuer: new x509.X509Certificate(root.certificate).subject,
    publicKey: keys.publicKey,
    signingKey: await importKey(root.key),
    serialNumber: serialNumber(),
    signingAlgorithm: ALGORITHM,
    ...validity(now, INTERMEDIATE_DAYS),
    extensions: [new x509.BasicConstraintsExtension(true, 0, true), new x509.KeyUsagesExtension(AUTHORITY_USAGE, true)],
  });
  return { key: await exportKey(keys.privateKey), certificate: certificate.toString('pem') };
}

/** Whether a root certificate may have intermediate certificates below it (RFC 5280 section 4.2.1.9). */
export function allowsIntermediate(rootCertificate: string): boolean {
  let root: x509.X509Certificate;
  try {
    root = new x509.X509Certificate(rootCertificate);
  } catch {
    throw new LinkError('badCertificate', 'root.crt is not a certificate in PEM form', {});
  }
  const constraints = root.getExtension(x509.BasicConstraintsExtension);
  return constraints?.pathLength === undefined || constraints.pathLength > 0;
}

/** Creates a key and a certificate that it speaks for `name`. */
export async function createCredential(issuer: Credential, name: string, now: Date): Promise<Credential> {
  const keys = await generateKeys();
  return { key: await exportKey(keys.privateKey), certificate: await certify(issuer, keys.publicKey, name, now) };
}

/** Creates a key and a server certificate for host names, for clients that check the name that they have dialled. */
export async function createServerCredential(
  issuer: Credential,
  hostnames: readonly [string, ...string[]],
  now: Date,
): Promise<Credential> {
  const keys = await generateKeys();
  const names = hostnames.map((value) => ({ type: 'dns', value }) as const);
  const certificate = await certifyNames(issuer, keys.publicKey, { subject: hostnames[0], names }, now);
  return { key: await exportKey(keys.privateKey), certificate };
}

/** Creates a key and a request to certify it (PKCS #10, RFC 2986), both PEM. */
export async function createRequest(): Promise<{ readonly key: string; readonly request: string }> {
  const keys = await generateKeys();
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: 'CN=Reverse Traceroute agent',
    keys,
    signingAlgorithm: ALGORITHM,
  });
  return { key: await exportKey(keys.privateKey), request: request.toString('pem') };
}

/**
 * Certifies that the key of a request speaks for `name`; the names in the request are ignored. @throws {LinkError}
 * `badCertificate`
 */
export async function certifyRequest(issuer: Credential, pem: string, name: string, now: Date): Promise<string> {
  let request: x509.Pkcs10CertificateRequest;
  try {
    request = new x509.Pkcs10CertificateRequest(pem);
    if (!(await request.verify()))
      throw new LinkError('badCertificate', 'the request is not signed by its own key', {});
  } catch (error) {
    if (error instanceof LinkError) throw error;
    throw new LinkError('badCertificate', 'not a certificate request in PEM form', {});
  }
  return certify(issuer, request.publicKey, name, now);
}

const certify = (issuer: Credential, publicKey: x509.PublicKeyType, name: string, now: Date): Promise<string> =>
  certifyNames(issuer, publicKey, { subject: name, names: [{ type: 'url', value: name }] }, now);

/** Returns the certificate, followed by that of the issuer unless it is a root, PEM. */
async function certifyNames(
  issuer: Credential,
  publicKey: x509.PublicKeyType,
  { subject, names }: { readonly subject: string; readonly names: x509.JsonGeneralNames },
  now: Date,
): Promise<string> {
  const { certificate: signedBy, signingKey, isRoot } = await signerOf(issuer);
  const certificate = await x509.X509CertificateGenerator.create({
    subject: `CN=${subject}`,
    issuer: signedBy.subject,
    publicKey,
    signingKey,
    serialNumber: serialNumber(),
    signingAlgorithm: ALGORITHM,
    ...validityWithin(signedBy, now),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
      new x509.SubjectAlternativeNameExtension(names),
    ],
  });
  const text = certificate.toString('pem');
  return isRoot ? text : `${text}\n${issuer.certificate}`;
}

/** A credential that signs, read once. */
interface Signer {
  readonly certificate: x509.X509Certificate;
  readonly signingKey: webcrypto.CryptoKey;
  readonly isRoot: boolean;
}

const SIGNERS = new WeakMap<Credential, Promise<Signer>>();

/** Thousands of agents may enrol one after the other, with the same issuer. */
function signerOf(issuer: Credential): Promise<Signer> {
  const known = SIGNERS.get(issuer);
  if (known !== undefined) return known;
  const read = readSigner(issuer);
  SIGNERS.set(issuer, read);
  read.catch(() => SIGNERS.delete(issuer));
  return read;
}

async function readSigner(issuer: Credential): Promise<Signer> {
  const certificate = new x509.X509Certificate(issuer.certificate);
  return { certificate, signingKey: await importKey(issuer.key), isRoot: await certificate.isSelfSigned() };
}

const generateKeys = (): Promise<webcrypto.CryptoKeyPair> =>
  webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY');
}

function importKey(pem: string): Promise<webcrypto.CryptoKey> {
  return webcrypto.subtle.importKey('pkcs8', x509.PemConverter.decodeFirst(pem), ALGORITHM, false, ['sign']);
}

/** A random positive number, as RFC 5280 section 4.1.2.2 requires. */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0] & 0x7f) | 0x40;
  return bytes.toString('hex');
}

function validity(now: Date, days: number): { readonly notBefore: Date; readonly notAfter: Date } {
  return {
    notBefore: new Date(now.getTime() - BACKDATED_MS),
    notAfter: new Date(now.getTime() + days * DAY_MS),
  };
}

/** A certificate must not outlive its issuer: a chain is valid only while all of it is. */
function validityWithin(
  issuer: x509.X509Certificate,
  now: Date,
): { readonly notBefore: Date; readonly notAfter: Date } {
  const { notBefore, notAfter } = validity(now, LEAF_DAYS);
  return { notBefore, notAfter: notAfter < issuer.notAfter ? notAfter : issuer.notAfter };
}
