import type { FastifyRequest } from 'fastify';

/** The address of the client that a request comes from, for limits per client; over a Unix socket all clients are one. */
export const clientOf = ({ ip }: Pick<FastifyRequest, 'ip'>): string => ip || 'local';
