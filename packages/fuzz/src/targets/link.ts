import { sign } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Authority, GrantSigner, GrantVerifier, LinkError, readToAgent, readToController } from '@revtr/link';
import { createRequest } from '@revtr/link/certificates';
import { bytesOf, ensure, jsonBytes, type Target, textOf } from '../target.ts';

const SENDER = 0xc0000201;
const NOW = Date.UTC(2026, 0, 1);
const isLinkError = (error: unknown): boolean => error instanceof LinkError;
const request = { type: 'ping', sender: SENDER, target: 0xc6336401, timeoutMs: 2_000 } as const;
const mark = { identifier: 1, sequence: 2, token: '0123456789abcdef' };
const optOut = { issuedAt: NOW, prefixes: ['192.0.2.0/24'] };

const toAgent = [
  { type: 'welcome', session: 's', resumed: false, now: NOW, signer: 'PEM', optOut },
  { type: 'work', id: 1, work: { kind: 'ping', request: { ...request, option: { type: 'recordRoute', slots: 9 } } } },
  { type: 'work', id: 2, work: { kind: 'traceroute', request: { ...request, type: 'traceroute', maxHops: 30 } } },
  { type: 'work', id: 3, work: { kind: 'emit', grant: 'a.b' } },
  { type: 'work', id: 4, work: { kind: 'catch', target: 1, mark, timeoutMs: 1 } },
  { type: 'cancel', id: 1 },
  { type: 'received', ids: [1, 2] },
  { type: 'optOut', optOut },
];
const reply = {
  from: 1,
  icmpType: 0,
  icmpCode: 0,
  rttMs: 1,
  ttl: 60,
  recordRoute: [1, 2],
  timestamps: [{ address: 1 }],
};
const hops = [{ ttl: 1, from: 1, rttMs: 1, labels: [{ label: 1, trafficClass: 0, bottomOfStack: true, ttl: 1 }] }];
const outcomes = [
  { kind: 'ping', sentAt: NOW, reply },
  { kind: 'traceroute', startedAt: NOW, endedAt: NOW, stop: 'completed', hops, probesSent: 3 },
  { kind: 'emit' },
  { kind: 'catch', packet: 'RQAA' },
  { kind: 'failed', code: 'targetRefused', message: 'no' },
];
const toController = [
  {
    type: 'hello',
    protocol: 1,
    software: 'fuzz',
    session: 's',
    known: [1, 2],
    window: 100,
    senderOnly: false,
    selfTests: [{ name: 'ping', ok: true, message: 'good' }],
  },
  ...outcomes.map((outcome, id) => ({ type: 'done', id, outcome })),
];

/** Messages of the controller, as an agent reads them. */
export const linkToAgent = (): Target => ({
  form: 'json',
  seeds: toAgent.map(jsonBytes),
  isExpected: isLinkError,
  run: (input) => void readToAgent(textOf(input)),
});

/** Messages of an agent, as the controller reads them. */
export const linkToController = (): Target => ({
  form: 'json',
  seeds: toController.map(jsonBytes),
  isExpected: isLinkError,
  run: (input) => void readToController(textOf(input)),
});

/** A certificate authority in a directory that is removed at once: it is kept in memory. */
async function openAuthority(): Promise<Authority> {
  const directory = await mkdtemp(join(tmpdir(), 'revtr-fuzz-'));
  try {
    return await Authority.open(directory, new Date(NOW));
  } finally {
    await rm(directory, { recursive: true });
  }
}

function verifierOf(authority: Authority): GrantVerifier {
  const { rootCertificate, grantSigner } = authority;
  const verifier = new GrantVerifier({ sender: SENDER, rootCertificate }, { now: () => NOW });
  verifier.trust(grantSigner.certificate);
  return verifier;
}

/** The text of a grant that the controller did not sign: it is never accepted. */
export const grant = async (): Promise<Target> => {
  const authority = await openAuthority();
  const verifier = verifierOf(authority);
  const signer = new GrantSigner({ key: authority.grantSigner.key });
  // It was issued before the agent started, so that even the unchanged seed is refused.
  const signed = signer.sign(request, { claimedSource: 0xcb007101, receiver: 0xcb007101 }, mark, NOW - 60_000);
  return {
    form: 'bytes',
    maxBytes: 2_048,
    seeds: [bytesOf(signed), bytesOf(`${signed.split('.')[0]}.`), bytesOf('.')],
    isExpected: isLinkError,
    run: (input) => {
      verifier.use(textOf(input));
      ensure(false, 'a grant was accepted');
    },
  };
};

/** The content of a grant that is well signed: whatever it says, the verifier accepts it or refuses it as a bad grant. */
export const grantContent = async (): Promise<Target> => {
  const authority = await openAuthority();
  const verifier = verifierOf(authority);
  const { key } = authority.grantSigner;
  const content = {
    version: 1,
    request,
    claimedSource: 0xcb007101,
    mark,
    issuedAt: NOW,
    expiresAt: NOW + 30_000,
  };
  return {
    form: 'json',
    maxBytes: 2_048,
    seeds: [
      jsonBytes(content),
      jsonBytes({
        ...content,
        request: { ...request, option: { type: 'timestamp', form: 'prespecified', slots: [1] } },
      }),
    ],
    isExpected: isLinkError,
    run: (input) => {
      const signature = sign('sha256', input, { key, dsaEncoding: 'ieee-p1363' });
      const { request: granted } = verifier.use(
        `${Buffer.from(input).toString('base64url')}.${signature.toString('base64url')}`,
      );
      ensure(granted.sender === SENDER, 'the grant of another sender was accepted');
    },
  };
};

/** The certificate that the controller says signs its grants. */
export const grantCertificate = async (): Promise<Target> => {
  const authority = await openAuthority();
  const verifier = verifierOf(authority);
  const { rootCertificate, grantSigner, controller } = authority;
  return {
    form: 'bytes',
    seeds: [grantSigner.certificate, controller.certificate, rootCertificate].map(bytesOf),
    isExpected: isLinkError,
    run: (input) => verifier.trust(textOf(input)),
  };
};

/** A certificate request of an agent that enrols, PEM. */
export const enrolmentRequest = async (): Promise<Target> => {
  const authority = await openAuthority();
  return {
    form: 'bytes',
    seeds: [bytesOf((await createRequest()).request)],
    isExpected: isLinkError,
    run: async (input) => void (await authority.certifyAgent(textOf(input), SENDER, new Date(NOW))),
  };
};

const PEM = { head: '-----BEGIN CERTIFICATE REQUEST-----', end: '-----END CERTIFICATE REQUEST-----' };

/** The same request as DER: the input is what the PEM text encodes. */
export const enrolmentDer = async (): Promise<Target> => {
  const authority = await openAuthority();
  const { request: pem } = await createRequest();
  const toPem = (der: Uint8Array): string => `${PEM.head}\n${Buffer.from(der).toString('base64')}\n${PEM.end}\n`;
  return {
    form: 'bytes',
    maxBytes: 1_024,
    seeds: [Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64')],
    isExpected: isLinkError,
    run: async (input) => void (await authority.certifyAgent(toPem(input), SENDER, new Date(NOW))),
  };
};
