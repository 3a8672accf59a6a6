import { fastify } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registerArchiveImports } from '../src/api/archive/imports.ts';
import type { Authenticator, Caller } from '../src/api/http/authenticate.ts';
import type { ApiCollaborators } from '../src/api/http/collaborators.ts';
import { installErrorHandler } from '../src/api/http/errors.ts';
import { installJsonBody } from '../src/api/http/json-body.ts';
import { registerMeasurementApi } from '../src/api/original/measurement-api.ts';
import { registerRevtrApi } from '../src/api/original/revtr-api.ts';
import type { RevtrService } from '../src/api/original/revtr-service.ts';
import { registerV1 } from '../src/api/v1/routes.ts';
import { registerProbes } from '../src/api/v2/probes.ts';
import { registerPublicTraceroutes } from '../src/api/v2/public-traceroutes.ts';

const MOST_PAIRS = 50;
/** Nobody gets as far as the database. */
const caller = {
  user: { id: 1, role: 'operator' },
  scopes: ['read', 'measure', 'host', 'operate'],
} as unknown as Caller;
const authenticator: Partial<Authenticator> = { callerOf: async () => caller, callerWith: async () => caller };
const collaborators = {
  ...{ authenticator, submission: { maxBatch: MOST_PAIRS }, probes: {}, visitors: { isVisitor: () => false } },
  auditEvents: { count: () => undefined },
} as unknown as ApiCollaborators & { readonly revtr: RevtrService };

const app = fastify();
beforeAll(async () => {
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  installErrorHandler(app);
  installJsonBody(app);
  app.decorateRequest('caller', null);
  app.addHook('onRequest', async (request) => {
    request.caller = caller;
  });
  registerV1(app, collaborators);
  registerRevtrApi(app, collaborators);
  registerMeasurementApi(app, collaborators);
  registerProbes(app, collaborators);
  registerPublicTraceroutes(app, collaborators);
  registerArchiveImports(app, collaborators);
  app.post('/small', async () => 'taken');
  await app.ready();
});
afterAll(() => app.close());

async function answerTo(url: string, payload: string) {
  const response = await app.inject({ method: 'POST', url, payload, headers: { 'revtr-key': 'right' } });
  return { status: response.statusCode, text: response.body };
}
const listOf = (name: string, length: number, element = '{}', more = '') =>
  `{${more}"${name}":[${Array.from({ length }, () => element).join()}]}`;

describe('a body of a great many values', () => {
  it.each([
    ['/small', 2_000],
    ['/api/v1/revtr', 800_000],
    ['/api/v2/revtr', 800_000],
    ['/api/v2/atlas/run', 2_000],
    ['/api/v1/ping', 20_000],
    ['/api/v1/traceroute', 20_000],
    ['/api/v2/probes', 20_000],
    ['/api/v2/atlas/traceroutes', 265_000],
    ['/api/v2/imported-results', 600_000],
  ])('is refused before it is parsed: %s', async (url, most) => {
    // It ends too early: whoever parses it says that it is not JSON.
    expect((await answerTo(url, `[${'0,'.repeat(most)}`)).text).toContain(`more than ${most} values`);
    expect((await answerTo(url, `[${'0,'.repeat(most - 10)}`)).text).toContain('not JSON');
  });

  it('is refused for its pairs before they are looked at', async () => {
    for (const url of ['/api/v1/revtr', '/api/v2/revtr']) {
      // A pair that the next check refuses.
      expect((await answerTo(url, listOf('revtrs', MOST_PAIRS + 1))).text).toContain('a batch holds at most 50 pairs');
      expect((await answerTo(url, listOf('revtrs', MOST_PAIRS))).text).not.toContain('a batch holds');
    }
  });

  it.each([
    ['src', 45],
    ['dst', 253],
    ['rrVpSelectionAlgorithm', 200],
  ])('is refused for a text that is too long: %s', async (name, most) => {
    for (const url of ['/api/v1/revtr', '/api/v2/revtr']) {
      const sent = (length: number) =>
        answerTo(url, JSON.stringify({ revtrs: [{ src: 'a', dst: 'b', foo: 1, [name]: 'x'.repeat(length) }] }));
      expect((await sent(most + 1)).text).toContain(`revtrs[0].${name}`);
      expect((await sent(most)).text).not.toContain(`revtrs[0].${name}`);
    }
  });

  it.each([
    ['/api/v1/revtr', listOf('revtrs', MOST_PAIRS, '{"a":1,"src":1}')],
    ['/api/v1/revtr', `{"revtrs":[{"src":"a","dst":"b","atlasOptions":${listOf('platforms', 1_000, '0')}}]}`],
    ['/api/v1/ping', listOf('pings', 500)],
    ['/api/v1/traceroute', listOf('traceroutes', 500)],
    ['/api/v2/probes', listOf('probes', 500, '{}', '"type":"ping",')],
    ['/api/v2/atlas/traceroutes', listOf('traceroutes', 500)],
    ['/api/v2/atlas/traceroutes', `{"traceroutes":[${listOf('hops', 255, '0')}]}`],
  ])('has at most about a hundred faults: %s', async (url, body) => {
    const { status, text } = await answerTo(url, body);
    expect(status).toBe(400);
    const { length } = JSON.parse(text).error.details;
    expect(length).toBeGreaterThanOrEqual(100);
    expect(length).toBeLessThan(105);
  });
});
