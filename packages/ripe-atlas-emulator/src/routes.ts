import type { Random } from '@revtr/probing';
import { probeJson, type SimulatedProbe } from '@revtr/sim';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Accounts } from './accounts.ts';
import { ApiError, badRequest, forbidden, notFound } from './api-error.ts';
import { readCreation } from './creation.ts';
import { type EmulatorFaults, maybeFail } from './faults.ts';
import { measurementJson } from './measurement-json.ts';
import type { EmulatedMeasurement, Measurements } from './measurements.ts';

export interface RouteCollaborators {
  readonly accounts: Accounts;
  readonly measurements: Measurements;
  readonly probes: readonly SimulatedProbe[];
  readonly faults: EmulatorFaults;
  readonly random: Random;
  /** Returns the URL of the API, with a trailing slash. */
  readonly url: () => string;
}

const MOST_PER_PAGE = 500;
const pageSchema = z.object({
  page_size: z.coerce.number().int().min(1).default(100),
  after: z.coerce.number().optional(),
});
const idSchema = z.object({ id: z.coerce.number().int() });
const participationSchema = z.array(
  z.object({ action: z.enum(['add', 'remove']), type: z.literal('probes'), value: z.string() }),
);

/** Registers the routes under `/api/v2/`. */
export function registerRoutes(app: FastifyInstance, collaborators: RouteCollaborators): void {
  const { accounts, measurements, probes, faults, random, url } = collaborators;
  const authorization = (request: FastifyRequest): string | undefined => request.headers.authorization;
  const find = (request: FastifyRequest): EmulatedMeasurement => {
    const found = measurements.byId.get(idSchema.parse(request.params).id);
    if (found === undefined) throw notFound();
    if (!found.definition.is_public && accounts.of(authorization(request)) !== found.account)
      throw forbidden('This measurement is not public.');
    return found;
  };
  app.addHook('preHandler', async () => maybeFail(faults, random));

  const create = async (request: FastifyRequest): Promise<{ measurements: number[] }> => {
    const account = accounts.need(authorization(request), 'measurements.create_measurement');
    const created = measurements.create(account, readCreation(request.body));
    if (random.chance(faults.lostCreations)) throw new ApiError(502, 'Bad Gateway', 'The answer was lost.');
    return { measurements: created.map(({ id }) => id) };
  };
  for (const path of ['', 'traceroute/', 'my/'])
    app.post(`/api/v2/measurements/${path}`, async (request, reply) => reply.code(201).send(await create(request)));

  const list = (request: FastifyRequest, own: boolean): unknown => {
    const query = z.object({ tags: z.string().optional(), status: z.string().optional() }).parse(request.query);
    const account = own ? accounts.need(authorization(request), 'measurements.create_measurement') : undefined;
    const wanted = [...measurements.byId.values()].filter(
      (measurement) =>
        (account === undefined ? measurement.definition.is_public : measurement.account === account) &&
        (query.tags === undefined || query.tags.split(',').every((tag) => measurement.definition.tags.includes(tag))) &&
        (query.status === undefined || query.status.split(',').includes(String(measurement.state))),
    );
    return page(request, wanted, (measurement) => measurementJson(measurement, url()), url());
  };
  app.get('/api/v2/measurements/', async (request) => list(request, false));
  app.get('/api/v2/measurements/my/', async (request) => list(request, true));
  app.get('/api/v2/measurements/:id/', async (request) => measurementJson(find(request), url()));
  app.delete('/api/v2/measurements/:id/', async (request, reply) => {
    const found = find(request);
    if (accounts.of(authorization(request)) !== found.account) throw forbidden('This measurement is not yours.');
    measurements.stop(found);
    return reply.code(204).send();
  });
  app.get('/api/v2/measurements/:id/results/', async (request) => resultsOf(find(request), request));
  app.get('/api/v2/measurements/:id/latest/', async (request) => resultsOf(find(request), request));
  app.post('/api/v2/measurements/:id/participation-requests/', async (request, reply) => {
    const found = find(request);
    const parsed = participationSchema.safeParse(request.body);
    if (!parsed.success) throw badRequest('/', parsed.error.issues[0].message);
    for (const { action, value } of parsed.data)
      if (action === 'add') measurements.add(found, value.split(',').map(Number));
    return reply.code(201).send({ request_ids: [1] });
  });

  app.get('/api/v2/probes/', async (request) => {
    const query = z
      .object({
        status_name: z.string().optional(),
        is_anchor: z.string().optional(),
        asn_v4: z.coerce.number().optional(),
        country_code: z.string().optional(),
      })
      .parse(request.query);
    const wanted = probes.filter(
      (probe) =>
        (query.status_name !== 'Connected' || probe.isConnected) &&
        (query.is_anchor === undefined || String(probe.isAnchor) === query.is_anchor) &&
        (query.asn_v4 === undefined || probe.asn === query.asn_v4) &&
        (query.country_code === undefined || probe.city.country === query.country_code),
    );
    return page(request, wanted, probeJson, url());
  });
  app.get('/api/v2/credits/', async (request) => {
    const { balance } = accounts.need(authorization(request), 'credits.get_credit_info');
    return {
      current_balance: balance,
      estimated_daily_income: 21_600,
      estimated_daily_expenditure: 0,
      estimated_daily_balance: 21_600,
      calculation_time: '2026-01-01T00:00:00',
      estimated_runout_seconds: null,
      past_day_measurement_results: 0,
      past_day_credits_spent: 0,
    };
  });
  app.get('/api/v2/keys/:uuid/', async (request) => {
    const { uuid } = z.object({ uuid: z.string() }).parse(request.params);
    accounts.need(authorization(request), 'keys.get_key');
    const account = accounts.find(uuid);
    if (account === undefined) throw notFound();
    const grants = account.permissions.map((permission) => ({ permission, target: null }));
    return {
      uuid,
      valid_from: null,
      valid_to: null,
      enabled: true,
      is_active: true,
      created_at: '2016-04-05T13:01:26',
      label: 'key',
      grants,
      type: 'key',
    };
  });
}

/** Results that match the query. `start` and `stop` are seconds since the Unix epoch, and both are included. */
function resultsOf({ results }: EmulatedMeasurement, request: FastifyRequest): unknown {
  const query = z
    .object({
      start: z.coerce.number().optional(),
      stop: z.coerce.number().optional(),
      probe_ids: z.string().optional(),
    })
    .parse(request.query);
  const ids = query.probe_ids?.split(',').map(Number);
  return results.filter((result) => {
    const [at, probe] = [Number(result.timestamp), Number(result.prb_id)];
    const isInTime = at >= (query.start ?? 0) && at <= (query.stop ?? Number.POSITIVE_INFINITY);
    return isInTime && (ids === undefined || ids.includes(probe));
  });
}

/** One page of a list that is ordered by number, with the URL of the next page. */
function page<T extends { readonly id: number }>(
  request: FastifyRequest,
  all: readonly T[],
  show: (item: T) => unknown,
  url: string,
): unknown {
  const { page_size: asked, after } = pageSchema.parse(request.query);
  const size = Math.min(asked, MOST_PER_PAGE);
  const left = all.filter(({ id }) => after === undefined || id > after);
  const shown = left.slice(0, size);
  const next = new URL(request.url, url);
  next.searchParams.set('after', String(shown.at(-1)?.id));
  return { count: all.length, next: left.length > size ? next.href : null, previous: null, results: shown.map(show) };
}
