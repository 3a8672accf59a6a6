import { createPrivateKey, sign } from 'node:crypto';
import type { PingRequest, Spoof, SpoofMark } from '@revtr/probing';
import { z } from 'zod';
import { addressSchema, markSchema, pingSchema } from '../messages/probing.ts';

/** What the controller signs: one spoofed packet, for one sender, within a short time. */
export const grantSchema = z.strictObject({
  version: z.literal(1),
  request: pingSchema,
  claimedSource: addressSchema,
  mark: markSchema,
  /** Milliseconds since the Unix epoch by the controller's clock. */
  issuedAt: z.number(),
  expiresAt: z.number(),
});
export type Grant = z.infer<typeof grantSchema>;

/** How grants are signed: ECDSA with SHA-256, the signature as two numbers of fixed size. */
export const SIGNATURE = { hash: 'sha256', dsaEncoding: 'ieee-p1363' } as const;

/** How long a grant can be used, milliseconds: the way to the agent and its queue. */
const GOOD_FOR_MS = 30_000;

/** Signs permissions to spoof. Who may be claimed is decided before. */
export class GrantSigner {
  readonly #key: ReturnType<typeof createPrivateKey>;

  /** `key`: PEM of the private key that belongs to the grant signer's certificate. */
  constructor(options: { readonly key: string }) {
    this.#key = createPrivateKey(options.key);
  }

  /** A grant for one packet, to be given to its sender. `now` in milliseconds since the Unix epoch. */
  sign(request: PingRequest, { claimedSource }: Spoof, mark: SpoofMark, now: number): string {
    const { spoof: _, ...plain } = request;
    const grant = {
      version: 1,
      request: plain,
      claimedSource,
      mark,
      issuedAt: now,
      expiresAt: now + GOOD_FOR_MS,
    } satisfies Grant;
    const payload = Buffer.from(JSON.stringify(grant));
    const signature = sign(SIGNATURE.hash, payload, { key: this.#key, dsaEncoding: SIGNATURE.dsaEncoding });
    return `${payload.toString('base64url')}.${signature.toString('base64url')}`;
  }
}
