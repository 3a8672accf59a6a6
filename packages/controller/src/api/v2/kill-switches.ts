import { KILL_SWITCH_SCOPES, type KillSwitchRow, type KillSwitchScope } from '@revtr/storage';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { ControllerError } from '../../foundation/errors.ts';
import { canonicalSubject } from '../../safety/kill-switches.ts';
import { userOf } from '../http/access.ts';
import type { ApiCollaborators } from '../http/collaborators.ts';
import { errorResponses } from '../http/errors.ts';
import { lineOf, security } from '../http/route-parts.ts';

const scopeSchema = z.enum(KILL_SWITCH_SCOPES).describe('What is stopped');
const subjectSchema = z
  .string()
  .max(50)
  .default('')
  .describe('Number, address or prefix of what is stopped; empty for `probing` and `spoofing`');
const switchSchema = z.object({
  scope: scopeSchema,
  subject: z.string(),
  reason: z.string(),
  setAt: z.iso.datetime(),
});
z.globalRegistry.add(switchSchema, { id: 'KillSwitch' });
const listSchema = z.object({ killSwitches: z.array(switchSchema) });

/** Kill switches: what operators have stopped. */
export function registerKillSwitches(app: FastifyInstance, { switches }: ApiCollaborators): void {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const parts = { tags: ['operations'], security, response: { 200: listSchema, ...errorResponses } };
  const show = (): z.infer<typeof listSchema> => ({ killSwitches: switches.list().map(toKillSwitch) });

  routes.get(
    '/api/v2/kill-switches',
    {
      config: { access: 'operate' },
      schema: { ...parts, operationId: 'listKillSwitches', summary: 'List what is stopped (operators)' },
    },
    async () => show(),
  );

  routes.put(
    '/api/v2/kill-switches',
    {
      config: { access: 'operate' },
      schema: {
        ...parts,
        operationId: 'setKillSwitch',
        summary: 'Stop all probing, all spoofing, or one user, key, batch, target, vantage point or source (operators)',
        description:
          'Takes effect before the answer is sent, in every connected agent within two seconds, and survives restarts. While `probing` is stopped, measurements wait in the queue; measurements that another switch stops end as `cancelled`.',
        body: z.object({ scope: scopeSchema, subject: subjectSchema, reason: lineOf(500) }),
      },
    },
    async (request) => {
      const { scope, subject, reason } = request.body;
      await switches.set(scope, subjectOf(scope, subject), reason, userOf(request).id);
      return show();
    },
  );

  routes.delete(
    '/api/v2/kill-switches',
    {
      config: { access: 'operate' },
      schema: {
        ...parts,
        operationId: 'liftKillSwitch',
        summary: 'Allow again what was stopped (operators)',
        querystring: z.object({ scope: scopeSchema, subject: subjectSchema }),
      },
    },
    async (request) => {
      const { scope } = request.query;
      const subject = subjectOf(scope, request.query.subject);
      if (!(await switches.lift(scope, subject)))
        throw new ControllerError('notFound', `${`${scope} ${subject}`.trim()} is not stopped`);
      return show();
    },
  );
}

const toKillSwitch = ({ scope, subject, reason, set_at }: KillSwitchRow): z.infer<typeof switchSchema> => ({
  scope,
  subject,
  reason,
  setAt: set_at.toISOString(),
});

/** @throws {ControllerError} `badRequest` */
function subjectOf(scope: KillSwitchScope, subject: string): string {
  try {
    return canonicalSubject(scope, subject);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new ControllerError('badRequest', message, { places: [{ at: 'subject', code: 'badSubject', message }] });
  }
}
