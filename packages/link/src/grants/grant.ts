import { createPrivateKey } from 'node:crypto';
import type { PingRequest, Spoof, SpoofMark } from '@revtr/probing';
import { z } from 'zod';
import { addressSchema, markSchema, pingSchema } from '../messages/probing.ts';
import { measurementSchema } from '../messages/work.ts';
import { signatureOf } from './signature.ts';

/** Permission for one spoofed packet, for one sender, within a short time. */
export const grantSchema = z.strictObject({
  version: z.literal(1),
  request: pingSchema,
  claimedSource: addressSchema,
  mark: markSchema,
  /** The measurement that the packet belongs to, for the audit. */
  measurement: measurementSchema.optional(),
  /** Milliseconds since the Unix epoch by the controller's clock. */
  issuedAt: z.number(),
  /** Milliseconds since the Unix epoch by the controller's clock. */
  expiresAt: z.number(),
});
/** Permission for one spoofed packet, for one sender, within a short time. */
export type Grant = z.infer<typeof grantSchema>;

/** How long a grant is valid, milliseconds: the transfer to the agent and the time in its queue. */
const GOOD_FOR_MS = 30_000;

/** Signs grants. The caller has decided already that the source may be claimed. */
export class GrantSigner {
  #key: ReturnType<typeof createPrivateKey>;

  /** `key`: PEM of the private key that belongs to the grant signer's certificate. */
  constructor(options: { readonly key: string }) {
    this.#key = createPrivateKey(options.key);
  }

  /** Signs with another key from now on, see {@link Authority.renew}. `key`: PEM. */
  useKey(key: string): void {
    this.#key = createPrivateKey(key);
  }

  /**
   * Signs a grant for one packet: payload and signature in base64url, separated by a dot. It is valid for 30 seconds.
   * `now`: milliseconds since the Unix epoch. `measurement`: what the packet belongs to, for the audit.
   */
  sign(
    request: PingRequest,
    { claimedSource }: Spoof,
    mark: SpoofMark,
    now: number,
    measurement?: string | number,
  ): string {
    const { spoof: _, ...plain } = request;
    const grant = {
      version: 1,
      request: plain,
      claimedSource,
      mark,
      ...(measurement !== undefined && { measurement }),
      issuedAt: now,
      expiresAt: now + GOOD_FOR_MS,
    } satisfies Grant;
    const payload = Buffer.from(JSON.stringify(grant));
    return `${payload.toString('base64url')}.${signatureOf(payload, this.#key).toString('base64url')}`;
  }
}
