import { formatProbingTxt } from '@revtr/probing';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ControllerError } from '../../foundation/errors.ts';
import { clientOf } from '../http/client-address.ts';
import type { ApiCollaborators } from '../http/collaborators.ts';
import { faultOf } from '../http/well-formed.ts';
import { wishSchema } from '../v2/opt-out-requests.ts';
import { aboutPage } from './about-page.ts';
import { PAGE_HEADERS } from './html.ts';
import { LINK_PAGE_POLICY, linkPage, linkScript } from './link-page.ts';
import { confirmPage, formPage, problemPage, requestPage } from './opt-out-page.ts';

const FORMS_AN_HOUR = 10;
const CHECKS_AN_HOUR = 120;
const MOST_BODY_BYTES = 8 * 2 ** 10;
const MOST_TOKEN_CHARACTERS = 64;
const DESCRIPTION_MS = 30 * 86_400_000;

/**
 * Pages for people who found a packet in their logs. They work without JavaScript, set no cookie, and know no session: a request
 * proves itself by its token, which a forged request from another site does not have.
 */
export async function registerPages(app: FastifyInstance, collaborators: ApiCollaborators): Promise<void> {
  const { optOutService, probeIdentity, publicUrl, clock } = collaborators;
  const hidden = { schema: { hide: true } } as const;
  const post = (max: number) => ({
    ...hidden,
    bodyLimit: MOST_BODY_BYTES,
    config: { access: 'public', rateLimit: { max, timeWindow: '1 hour' } } as const,
  });
  const get = { ...hidden, config: { access: 'public' } } as const;

  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) => {
    const form = Object.fromEntries(new URLSearchParams(String(body)));
    const fault = faultOf(form);
    if (fault === undefined) done(null, form);
    else done(new ControllerError('badRequest', `the form cannot be used: ${fault}`));
  });
  app.setErrorHandler((error, request, reply) => {
    const known = error instanceof ControllerError ? error : undefined;
    const status = known?.status ?? statusOf(error);
    if (status >= 500) request.log.error({ err: error }, 'a page failed');
    if (known?.retryAfterSeconds !== undefined) reply.header('retry-after', String(known.retryAfterSeconds));
    return show(reply.code(status), problemPage(known?.message ?? 'The request cannot be used'));
  });

  app.get('/about-probes', get, (_request, reply) => show(reply, aboutPage(probeIdentity)));

  app.get('/.well-known/probing.txt', get, (_request, reply) => {
    if (publicUrl === undefined || probeIdentity.contact === undefined)
      throw new ControllerError('notFound', 'This system has no description of its probes');
    const canonical = `${publicUrl.replace(/\/$/, '')}/.well-known/probing.txt`;
    const expires = new Date(clock.now() + DESCRIPTION_MS);
    const { contact } = probeIdentity;
    return reply
      .type('text/plain; charset=utf-8')
      .header('x-content-type-options', 'nosniff')
      .send(formatProbingTxt({ contact, canonical, expires }));
  });

  // The token is in the fragment of the URL, which browsers do not send: it is in no log of a server or proxy. A mail scanner that
  // opens the page does not use the link up.
  app.get('/confirm', get, (_request, reply) =>
    reply.headers({ ...PAGE_HEADERS, 'content-security-policy': LINK_PAGE_POLICY }).send(linkPage),
  );
  app.get('/confirm.js', get, (_request, reply) => reply.type('text/javascript; charset=utf-8').send(linkScript));

  app.get('/opt-out', get, (_request, reply) => show(reply, formPage()));

  app.post('/opt-out', post(FORMS_AN_HOUR), async (request, reply) => {
    const form = {
      network: fieldOf(request, 'network'),
      email: fieldOf(request, 'email'),
      reason: fieldOf(request, 'reason'),
    };
    const { email, ...rest } = form;
    const read = wishSchema.safeParse({ ...rest, ...(email !== '' && { email }) });
    if (!read.success) {
      const [{ path, message }] = read.error.issues;
      return show(reply.code(400), formPage(form, `${path.join('.')}: ${message}`));
    }
    const { network, reason } = read.data;
    const wish = { network, reason, email: read.data.email };
    return show(reply, requestPage(await optOutService.request(wish, clientOf(request)), false));
  });

  app.post('/opt-out/check', post(CHECKS_AN_HOUR), async (request, reply) =>
    show(reply, requestPage(await optOutService.check(tokenOf(fieldOf(request, 'token'))), true)),
  );

  app.get('/opt-out/confirm', get, async (request, reply) => {
    const token = tokenOf(queryOf(request, 'token'));
    return show(reply, confirmPage(await optOutService.findMailed(token), token));
  });

  app.post('/opt-out/confirm', post(CHECKS_AN_HOUR), async (request, reply) =>
    show(reply, requestPage(await optOutService.confirm(tokenOf(fieldOf(request, 'token'))), false)),
  );
}

const show = (reply: FastifyReply, text: string): FastifyReply => reply.headers(PAGE_HEADERS).send(text);

const fieldOf = ({ body }: FastifyRequest, name: string): string => textIn(body, name);
const queryOf = ({ query }: FastifyRequest, name: string): string => textIn(query, name);

function textIn(fields: unknown, name: string): string {
  const value: unknown = typeof fields === 'object' && fields !== null ? Reflect.get(fields, name) : undefined;
  return typeof value === 'string' ? value.trim() : '';
}

/** @throws {ControllerError} `notFound` for what cannot be a token */
function tokenOf(text: string): string {
  if (text === '' || text.length > MOST_TOKEN_CHARACTERS || !/^[\w-]+$/.test(text))
    throw new ControllerError('notFound', 'There is no such request to opt out');
  return text;
}

function statusOf(error: unknown): number {
  const status: unknown = error instanceof Error ? Reflect.get(error, 'statusCode') : undefined;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : 500;
}
