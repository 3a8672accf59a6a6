import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseIpv4 } from '@revtr/net';
import type { PingRequest } from '@revtr/probing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Authority, GrantSigner, GrantVerifier, LinkError } from '../src/index.ts';

const SENDER = parseIpv4('192.0.2.1');
const SOURCE = parseIpv4('198.51.100.1');
const REQUEST: PingRequest = {
  type: 'ping',
  sender: SENDER,
  target: parseIpv4('203.0.113.7'),
  option: { type: 'recordRoute', slots: 9 },
  timeoutMs: 1_000,
};
const SPOOF = { claimedSource: SOURCE, receiver: SOURCE };
const markOf = (number: number) => ({ identifier: 5, sequence: 6, token: number.toString(16).padStart(24, '0') });

describe('grants', () => {
  const directory = mkdtempSync(join(tmpdir(), 'revtr-grants-'));
  let authority: Authority;
  let other: Authority;
  let signer: GrantSigner;
  let now: number;
  let verifier: GrantVerifier;
  beforeAll(async () => {
    authority = await Authority.open(join(directory, 'a'), new Date());
    other = await Authority.open(join(directory, 'b'), new Date());
    signer = new GrantSigner(authority.grantSigner);
  });
  afterAll(() => rmSync(directory, { recursive: true }));
  beforeEach(() => {
    now = Date.now();
    const options = { sender: SENDER, rootCertificate: authority.rootCertificate };
    verifier = new GrantVerifier(options, { now: () => now });
    verifier.trust(authority.grantSigner.certificate);
  });

  const faultOf = (work: () => unknown): unknown => {
    try {
      work();
      return undefined;
    } catch (error) {
      return LinkError.is(error, 'badGrant') ? error.details.fault : error instanceof LinkError ? error.code : error;
    }
  };
  const use = (grant: string): unknown => faultOf(() => verifier.use(grant));

  it('allow one packet: what was signed, to the letter', () => {
    const grant = verifier.use(signer.sign(REQUEST, SPOOF, markOf(1), now));
    expect(grant).toMatchObject({ request: REQUEST, claimedSource: SOURCE, mark: markOf(1) });
  });

  it('are valid whichever numbers their signature consists of', () => {
    // One number in 256 is shorter than the others.
    const faults = Array.from({ length: 1_500 }, (_, i) => use(signer.sign(REQUEST, SPOOF, markOf(i), now)));
    expect(faults.filter((fault) => fault !== undefined)).toEqual([]);
  });

  it('are refused a second time', () => {
    const grant = signer.sign(REQUEST, SPOOF, markOf(1), now);
    expect(use(grant)).toBeUndefined();
    expect(use(grant)).toBe('replayed');
    now += 1_000;
    expect(use(grant)).toBe('replayed');
  });

  it('are refused after they have expired, and long before they begin', () => {
    const grant = signer.sign(REQUEST, SPOOF, markOf(1), now);
    now += 31_000;
    expect(use(grant)).toBe('expired');
    expect(use(signer.sign(REQUEST, SPOOF, markOf(2), now + 60_000))).toBe('notYetValid');
  });

  it('are refused when they are older than the agent: what it used before is not known', () => {
    const grant = signer.sign(REQUEST, SPOOF, markOf(1), now - 1);
    expect(use(grant)).toBe('fromBeforeStart');
  });

  it('are refused for another sender', () => {
    expect(use(signer.sign({ ...REQUEST, sender: SENDER + 1 }, SPOOF, markOf(1), now))).toBe('otherSender');
  });

  it('are refused when anything in them was changed', () => {
    const [payload, signature] = signer.sign(REQUEST, SPOOF, markOf(1), now).split('.');
    const forged = JSON.parse(Buffer.from(payload, 'base64url').toString());
    forged.claimedSource++;
    expect(use(`${Buffer.from(JSON.stringify(forged)).toString('base64url')}.${signature}`)).toBe('wrongSignature');
    expect(use(`${payload}.${Buffer.alloc(64).toString('base64url')}`)).toBe('wrongSignature');
    for (const text of ['', '.', 'x', 'a.b.c', payload]) expect(use(text)).toBeDefined();
  });

  it('are refused from any signer but the one that the root vouches for', () => {
    expect(use(new GrantSigner(other.grantSigner).sign(REQUEST, SPOOF, markOf(1), now))).toBe('wrongSignature');
    expect(faultOf(() => verifier.trust(other.grantSigner.certificate))).toBe('badCertificate');
    // The controller's own certificate is the root's, but not for grants.
    expect(faultOf(() => verifier.trust(authority.controller.certificate))).toBe('badCertificate');
    expect(faultOf(() => verifier.trust('nonsense'))).toBe('badCertificate');
  });

  it('carry the measurement that they belong to', () => {
    const grant = verifier.use(signer.sign(REQUEST, SPOOF, markOf(1), now, 4_711));
    expect(grant.measurement).toBe(4_711);
  });

  it('are checked again when the packet leaves', () => {
    const grant = verifier.use(signer.sign(REQUEST, SPOOF, markOf(1), now));
    expect(faultOf(() => verifier.assertCurrent(grant))).toBeUndefined();
    now += 31_000;
    expect(faultOf(() => verifier.assertCurrent(grant))).toBe('expired');
  });

  it('of the signer before arrive for two more minutes after a renewal', async () => {
    const path = join(directory, 'old');
    const old = await Authority.open(path, new Date(now - 250 * 86_400_000));
    verifier = new GrantVerifier({ sender: SENDER, rootCertificate: old.rootCertificate }, { now: () => now });
    verifier.trust(old.grantSigner.certificate);
    const signers = [new GrantSigner(old.grantSigner), new GrantSigner(old.grantSigner)];
    expect(await old.renew(new Date(now))).toBe(true);
    signers[1].useKey(old.grantSigner.key);
    expect(use(signers[1].sign(REQUEST, SPOOF, markOf(1), now))).toBe('wrongSignature');
    // An agent that connects again is told the same signer twice.
    for (let i = 0; i < 2; i++) verifier.trust(old.grantSigner.certificate);
    for (const [i, each] of signers.entries())
      expect(use(each.sign(REQUEST, SPOOF, markOf(2 + i), now))).toBeUndefined();
    now += 120_001;
    expect(use(signers[0].sign(REQUEST, SPOOF, markOf(4), now))).toBe('wrongSignature');
    expect(use(signers[1].sign(REQUEST, SPOOF, markOf(5), now))).toBeUndefined();
  });

  it('outlive a restart of the controller: the authority stays the same', async () => {
    const again = await Authority.open(join(directory, 'a'), new Date());
    expect(again.rootCertificate).toBe(authority.rootCertificate);
    expect(use(new GrantSigner(again.grantSigner).sign(REQUEST, SPOOF, markOf(9), now))).toBeUndefined();
  });
});
