import type { FastifyRequest } from 'fastify';

/** Address under which the client reaches the server, without a slash at its end. `publicUrl`: as the operator has set it. */
export const baseUrlOf = (
  { protocol, host }: Pick<FastifyRequest, 'protocol' | 'host'>,
  publicUrl: string | undefined,
): string => (publicUrl ?? `${protocol}://${host}`).replace(/\/+$/, '');
