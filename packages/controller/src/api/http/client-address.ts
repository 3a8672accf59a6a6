import { limitedAddressOf } from '@revtr/link';
import type { FastifyRequest } from 'fastify';

/** The address of the client that a request comes from; over a Unix socket all clients are one. */
export const clientOf = ({ ip }: Pick<FastifyRequest, 'ip'>): string => ip || 'local';

/** What limits per client count by. */
export const limitedClientOf = (request: Pick<FastifyRequest, 'ip'>): string => limitedAddressOf(clientOf(request));
