import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { LinkError } from '../errors.ts';

/** A private key and its certificate, PEM. */
export interface Credential {
  readonly key: string;
  readonly certificate: string;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MS = 86_400_000;
/** Clocks differ: a new certificate is good a little earlier than now. */
const BACKDATED_MS = DAY_MS / 24;

/** How long certificates are good, days. */
const ROOT_DAYS = 3_650;
const LEAF_DAYS = 365;

x509.cryptoProvider.set(webcrypto);

/** Makes a self-signed certificate authority. */
export async function createRoot(now: Date): Promise<Credential> {
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=Reverse Traceroute',
    keys,
    serialNumber: serialNumber(),
    signingAlgorithm: ALGORITHM,
    ...validity(now, ROOT_DAYS),
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    ],
  });
  return { key: await exportKey(keys.privateKey), certificate: certificate.toString('pem') };
}

/** Makes a key and lets the authority certify that it speaks for `name`. */
export async function createCredential(root: Credential, name: string, now: Date): Promise<Credential> {
  const keys = await generateKeys();
  return { key: await exportKey(keys.privateKey), certificate: await certify(root, keys.publicKey, name, now) };
}

/** A key and a request to certify it (PKCS #10, RFC 2986), both PEM. */
export async function createRequest(): Promise<{ readonly key: string; readonly request: string }> {
  const keys = await generateKeys();
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: 'CN=Reverse Traceroute agent',
    keys,
    signingAlgorithm: ALGORITHM,
  });
  return { key: await exportKey(keys.privateKey), request: request.toString('pem') };
}

/** Certifies that the key of a request speaks for `name`, whatever the request says. @throws {LinkError} `badCertificate` */
export async function certifyRequest(root: Credential, pem: string, name: string, now: Date): Promise<string> {
  let request: x509.Pkcs10CertificateRequest;
  try {
    request = new x509.Pkcs10CertificateRequest(pem);
    if (!(await request.verify())) throw new LinkError('badCertificate', 'the request is not signed by its own key');
  } catch (error) {
    if (error instanceof LinkError) throw error;
    throw new LinkError('badCertificate', 'not a certificate request in PEM form');
  }
  return certify(root, request.publicKey, name, now);
}

async function certify(root: Credential, publicKey: x509.PublicKeyType, name: string, now: Date): Promise<string> {
  const issuer = new x509.X509Certificate(root.certificate);
  const certificate = await x509.X509CertificateGenerator.create({
    subject: `CN=${name}`,
    issuer: issuer.subject,
    publicKey,
    signingKey: await importKey(root.key),
    serialNumber: serialNumber(),
    signingAlgorithm: ALGORITHM,
    ...validity(now, LEAF_DAYS),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
      new x509.SubjectAlternativeNameExtension([{ type: 'url', value: name }]),
    ],
  });
  return certificate.toString('pem');
}

const generateKeys = (): Promise<webcrypto.CryptoKeyPair> =>
  webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY');
}

function importKey(pem: string): Promise<webcrypto.CryptoKey> {
  return webcrypto.subtle.importKey('pkcs8', x509.PemConverter.decodeFirst(pem), ALGORITHM, false, ['sign']);
}

/** Positive, as RFC 5280 section 4.1.2.2 asks, and never the same twice. */
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
