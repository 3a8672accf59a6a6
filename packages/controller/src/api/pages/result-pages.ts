import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { ControllerError } from '../../foundation/errors.ts';
import { type Markup, markup } from '../../foundation/markup.ts';
import { CARD_SIZE } from '../../pictures/card-picture.ts';
import { LAYOUTS } from '../../pictures/path-rows.ts';
import type { Picture } from '../../pictures/picture-cache.ts';
import type { PictureService } from '../../pictures/picture-service.ts';
import { styleSheetOf, THEMES, type Theme } from '../../pictures/theme.ts';
import { summaryOf, titleOf } from '../../pictures/words.ts';
import type { PublicResult } from '../../publications/public-result.ts';
import type { PublicationService } from '../../publications/publication-service.ts';
import { sendDocument } from '../../web/routes.ts';
import type { WebFile } from '../../web/web-files.ts';
import { baseUrlOf } from '../http/base-url.ts';
import { embedHeaders, embedPage } from './embed-page.ts';
import { styleSourceOf } from './style-source.ts';

const PAGES_A_MINUTE = 240;
/** PNGs cost the server more than everything else here. */
const PNGS_A_MINUTE = 60;

const theme = z.enum(THEMES).catch('auto');
const fixedTheme = z.enum(['light', 'dark']).catch('light');
const layout = z.enum(LAYOUTS).catch('wide');

/**
 * Pages and pictures of published results, for everybody who has their token. `document` is the document of the web interface; without
 * it, the page of a result is the one for embedding. Nothing may be kept in a cache without asking: a result can be unpublished.
 */
export function registerResultPages(
  app: FastifyInstance,
  document: WebFile | undefined,
  {
    publications,
    pictures,
    publicUrl,
  }: {
    readonly publications: Pick<PublicationService, 'resultBy'>;
    readonly pictures: Pick<PictureService, 'svg' | 'png' | 'card'>;
    readonly publicUrl: string | undefined;
  },
): void {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const params = z.object({ token: z.string().max(64) });
  const open = (max: number) => ({ access: 'public', rateLimit: { max, timeWindow: '1 minute' } }) as const;
  const urlOf = (request: FastifyRequest, token: string): string => `${baseUrlOf(request, publicUrl)}/results/${token}`;

  routes.get(
    '/results/:token',
    { config: open(PAGES_A_MINUTE), schema: { hide: true, params } },
    async (request, reply) => {
      const { token } = request.params;
      const result = await publications.resultBy(token).then(
        ({ result: found }) => found,
        (error: unknown) => {
          // The page says so itself.
          if (document !== undefined && error instanceof ControllerError && error.code === 'notFound') return undefined;
          throw error;
        },
      );
      if (document === undefined) return reply.redirect(`/embed/${token}`);
      if (result === undefined) return sendDocument(request, reply.code(404), document);
      return sendDocument(request, reply, document, previewOf(result, urlOf(request, token)));
    },
  );

  routes.get(
    '/embed/:token',
    {
      config: open(PAGES_A_MINUTE),
      schema: { hide: true, params, querystring: z.object({ theme }) },
    },
    async (request, reply) => {
      const { token } = request.params;
      const { result } = await publications.resultBy(token);
      reply.removeHeader('x-frame-options').headers(embedHeaders(request.query.theme));
      return reply.send(embedPage(result, urlOf(request, token), request.query.theme));
    },
  );

  routes.get(
    '/results/:token/path.svg',
    {
      config: open(PAGES_A_MINUTE),
      schema: { hide: true, params, querystring: z.object({ theme, layout }) },
    },
    async (request, reply) => {
      const picture = await pictures.svg(request.params.token, request.query);
      return sendPicture(request, reply.type('image/svg+xml'), picture, svgPolicy(request.query.theme));
    },
  );

  routes.get(
    '/results/:token/path.png',
    {
      config: open(PNGS_A_MINUTE),
      schema: { hide: true, params, querystring: z.object({ theme: fixedTheme, layout }) },
    },
    async (request, reply) => {
      const { theme: colours, layout: form } = request.query;
      return sendPicture(request, reply.type('image/png'), await pictures.png(request.params.token, colours, form));
    },
  );

  routes.get(
    '/results/:token/card.png',
    { config: open(PNGS_A_MINUTE), schema: { hide: true, params } },
    async (request, reply) => sendPicture(request, reply.type('image/png'), await pictures.card(request.params.token)),
  );
}

const PICTURE_POLICY = "default-src 'none'; frame-ancestors *; sandbox";

/** What a picture may do when it is opened as a document: nothing but use its own style sheet. */
const svgPolicy = (colours: Theme): string => `${PICTURE_POLICY}; style-src ${styleSourceOf(styleSheetOf(colours))}`;

function sendPicture(
  request: FastifyRequest,
  reply: FastifyReply,
  { content, etag }: Picture,
  policy = PICTURE_POLICY,
): FastifyReply {
  reply
    .removeHeader('x-frame-options')
    .header('content-security-policy', policy)
    .header('etag', etag)
    .header('cache-control', 'no-cache')
    // Pages of other sites may show the picture.
    .header('cross-origin-resource-policy', 'cross-origin');
  return request.headers['if-none-match'] === etag ? reply.code(304).send() : reply.send(content);
}

/** Elements for the head of a page, from which other sites make a preview of a link (The Open Graph protocol). */
function previewOf(result: PublicResult, url: string): Markup {
  const title = titleOf(result);
  const summary = summaryOf(result);
  const properties = {
    'og:type': 'article',
    'og:site_name': 'Reverse Traceroute',
    'og:title': title,
    'og:description': summary,
    'og:url': url,
    'og:image': `${url}/card.png`,
    'og:image:type': 'image/png',
    'og:image:width': CARD_SIZE.width,
    'og:image:height': CARD_SIZE.height,
    'og:image:alt': summary,
  };
  return markup`<meta name="description" content="${summary}">
<meta name="robots" content="noindex">
<meta name="twitter:card" content="summary_large_image">
<link rel="canonical" href="${url}">
<link rel="alternate" type="image/svg+xml" href="${url}/path.svg" title="${title}">
${Object.entries(properties).map(([name, content]) => markup`<meta property="${name}" content="${content}">\n`)}`;
}
