import { createPrivateKey, X509Certificate } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { parseIpv4 } from '@revtr/net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRequest } from '../src/identity/certificates.ts';
import { verifyChain } from '../src/identity/chain.ts';
import { AgentIdentity, Authority } from '../src/index.ts';

const NOW = new Date('2026-01-01T00:00:00Z');
const END = '-----END CERTIFICATE-----';
const DAY_MS = 86_400_000;
const after = (days: number): Date => new Date(NOW.getTime() + days * DAY_MS);
const ADDRESS = parseIpv4('192.0.2.1');

describe('the authority', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'revtr-authority-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));
  const open = (now: Date): Promise<Authority> => Authority.open(join(directory, 'authority'), now);
  const modeOf = (path: string): number => statSync(path).mode & 0o777;
  const certify = async (authority: Authority, now: Date) => {
    const { key, request } = await createRequest();
    return { key, certificate: await authority.certifyAgent(request, ADDRESS, now) };
  };

  it('keeps its files, and an agent keeps its own, for their owner alone', async () => {
    const before = process.umask(0);
    try {
      const authority = await open(NOW);
      const own = join(directory, 'agent');
      const identity = new AgentIdentity({ directory: own, rootCertificate: authority.rootCertificate });
      identity.save(await certify(authority, NOW));
      identity.renew(await certify(authority, NOW));
      for (const path of [join(directory, 'authority'), own]) {
        expect(modeOf(path)).toBe(0o700);
        for (const name of readdirSync(path)) {
          const expected = name === 'root.crt' ? 0o644 : 0o600;
          expect([name, modeOf(join(path, name))]).toEqual([name, expected]);
        }
      }
      expect(readdirSync(own).sort()).toEqual(['identity.pem', 'previous.pem']);
    } finally {
      process.umask(before);
    }
  });

  it('signs with an intermediate certificate, while the root key is offline', async () => {
    const { rootCertificate } = await open(NOW);
    renameSync(join(directory, 'authority', 'root.key'), join(directory, 'offline.key'));
    const authority = await open(after(400));
    expect(authority.rootCertificate).toBe(rootCertificate);
    const root = new X509Certificate(rootCertificate);
    const { certificate } = await certify(authority, after(400));
    expect(verifyChain(certificate, root, after(400))?.subject).toBe('CN=revtr://agent/192.0.2.1');
    // Only the chain leads to the root, and only in its period.
    expect(new X509Certificate(certificate).verify(root.publicKey)).toBe(false);
    expect(verifyChain(certificate.slice(0, certificate.indexOf(END) + END.length), root, after(400))).toBeUndefined();
    expect(verifyChain(certificate, root, after(400 + 366))).toBeUndefined();
  });

  it('asks for the root key when the intermediate certificate has expired', async () => {
    await open(NOW);
    const key = join(directory, 'authority', 'root.key');
    renameSync(key, join(directory, 'offline.key'));
    await expect(open(after(1_100))).rejects.toMatchObject({ code: 'badCertificate' });
    renameSync(join(directory, 'offline.key'), key);
    await expect(open(after(1_100))).resolves.toBeInstanceOf(Authority);
  });

  it('renews certificates when two thirds of their life are over, while it is open', async () => {
    const authority = await open(NOW);
    const { controller, grantSigner } = authority;
    expect(await authority.renew(after(243))).toBe(false);
    expect(authority.controller).toEqual(controller);
    expect(await authority.renew(after(244))).toBe(true);
    const root = new X509Certificate(authority.rootCertificate);
    for (const [before, now] of [
      [controller, authority.controller],
      [grantSigner, authority.grantSigner],
    ]) {
      expect(now.key).not.toBe(before.key);
      expect(verifyChain(before.certificate, root, after(400))).toBeUndefined();
      expect(verifyChain(now.certificate, root, after(400))).toBeDefined();
    }
    expect((await open(after(245))).controller).toEqual(authority.controller);
  });

  it('replaces a credential of which a crash has left a new key and an old certificate', async () => {
    const before = await open(NOW);
    const other = await Authority.open(join(directory, 'other'), NOW);
    for (const name of ['intermediate', 'controller', 'grant-signer'])
      renameSync(join(directory, 'other', `${name}.key`), join(directory, 'authority', `${name}.key`));
    const authority = await open(NOW);
    expect(authority.rootCertificate).toBe(before.rootCertificate);
    expect(authority.rootCertificate).not.toBe(other.rootCertificate);
    const root = new X509Certificate(authority.rootCertificate);
    for (const { key, certificate } of [authority.controller, authority.grantSigner, await certify(authority, NOW)])
      expect(verifyChain(certificate, root, NOW)?.checkPrivateKey(createPrivateKey(key))).toBe(true);
  });

  it('does not accept a certificate that an agent has signed', async () => {
    const authority = await open(NOW);
    const agent = await certify(authority, NOW);
    const keys = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
    const signingKey = await crypto.subtle.importKey(
      'pkcs8',
      x509.PemConverter.decodeFirst(agent.key),
      { name: 'ECDSA', namedCurve: 'P-256' },
      false,
      ['sign'],
    );
    const forged = await x509.X509CertificateGenerator.create({
      subject: 'CN=revtr://grant-signer',
      issuer: new x509.X509Certificate(agent.certificate).subject,
      publicKey: keys.publicKey,
      signingKey,
      signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
      notBefore: NOW,
      notAfter: after(1),
    });
    const chain = `${forged.toString('pem')}\n${agent.certificate}`;
    const root = new X509Certificate(authority.rootCertificate);
    expect(verifyChain(chain, root, after(0.5))).toBeUndefined();
  });

  it('goes on with a root from before intermediate certificates', async () => {
    const keys = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
    const old = await x509.X509CertificateGenerator.createSelfSigned({
      name: 'CN=Reverse Traceroute',
      keys,
      signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
      notBefore: NOW,
      notAfter: after(3_650),
      extensions: [new x509.BasicConstraintsExtension(true, 0, true)],
    });
    const root = old.toString('pem');
    mkdirSync(join(directory, 'authority'));
    writeFileSync(join(directory, 'authority', 'root.crt'), root);
    const pkcs8 = await crypto.subtle.exportKey('pkcs8', keys.privateKey);
    writeFileSync(join(directory, 'authority', 'root.key'), x509.PemConverter.encode(pkcs8, 'PRIVATE KEY'));
    const authority = await open(after(1));
    expect(authority.rootCertificate).toBe(root);
    const { certificate } = await certify(authority, after(1));
    expect(new X509Certificate(certificate).verify(new X509Certificate(root).publicKey)).toBe(true);
    expect(verifyChain(certificate, new X509Certificate(root), after(1))).toBeDefined();
    expect(readFileSync(join(directory, 'authority', 'root.crt'), 'utf8')).toBe(root);
  });
});
