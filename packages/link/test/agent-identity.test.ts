import { mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseIpv4 } from '@revtr/net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createRequest } from '../src/identity/certificates.ts';
import { AgentIdentity, Authority, type Credential } from '../src/index.ts';

describe('the identity of an agent', () => {
  const directory = mkdtempSync(join(tmpdir(), 'revtr-identity-'));
  let authority: Authority;
  let runs = 0;
  let own: string;
  let first: Credential;
  let second: Credential;
  const open = (): AgentIdentity => new AgentIdentity({ directory: own, rootCertificate: authority.rootCertificate });
  const current = (): string | undefined => open().load(new Date())?.certificate.trim();
  beforeAll(async () => {
    authority = await Authority.open(join(directory, 'authority'), new Date());
  });
  afterAll(() => rmSync(directory, { recursive: true }));
  beforeEach(async () => {
    own = join(directory, `agent${runs++}`);
    const issue = async (): Promise<Credential> => {
      const { key, request } = await createRequest();
      return { key, certificate: await authority.certifyAgent(request, parseIpv4('192.0.2.1'), new Date()) };
    };
    first = await issue();
    second = await issue();
    open().save(first);
    open().renew(second);
  });

  it('offers both credentials in turn until one is accepted', () => {
    for (const { certificate } of [first, second, first]) {
      expect(open().exchangePrevious()).toBe(true);
      expect(current()).toBe(certificate.trim());
    }
    open().confirm();
    expect(open().exchangePrevious()).toBe(false);
    expect(current()).toBe(first.certificate.trim());
  });

  it('keeps both credentials when a crash interrupts an exchange', () => {
    // What the exchange leaves between its two renames.
    renameSync(join(own, 'identity.pem'), join(own, 'exchange.pem'));
    renameSync(join(own, 'previous.pem'), join(own, 'identity.pem'));
    expect(current()).toBe(first.certificate.trim());
    expect(readdirSync(own).sort()).toEqual(['identity.pem', 'previous.pem']);
    expect(open().exchangePrevious()).toBe(true);
    expect(current()).toBe(second.certificate.trim());
  });
});
