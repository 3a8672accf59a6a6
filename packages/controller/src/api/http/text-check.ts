import type { FastifyInstance } from 'fastify';
import { ControllerError } from '../../foundation/errors.ts';
import { faultOf } from './well-formed.ts';

/** Refuses requests whose path or query holds text that cannot be stored, on routes that are registered afterwards. */
export function installTextCheck(app: FastifyInstance): void {
  app.addHook('preValidation', async ({ params, query }) => {
    for (const [at, value] of Object.entries({ path: params, query })) {
      const fault = faultOf(value);
      if (fault !== undefined)
        throw new ControllerError('badRequest', `the ${at} of the URL cannot be used: ${fault}`, {
          places: [{ at, code: 'badText', message: fault }],
        });
    }
  });
}
