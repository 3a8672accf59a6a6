import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Markup } from '../foundation/markup.ts';
import { acceptedCoding } from './content-coding.ts';
import type { WebFile, WebFiles } from './web-files.ts';

/**
 * What a page may do: load and run what this server sends, and call its API. Nothing is taken from other hosts, nothing inside the document
 * is run, and text never becomes markup (Content Security Policy Level 3, Trusted Types).
 */
const DOCUMENT_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; '),
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
  'referrer-policy': 'no-referrer',
};
const YEAR_S = 31_536_000;
const OWN_PATHS = /^\/(api|archive|assets|\.well-known)(\/|$)/;

/** Serves the files of the web interface, and its document under the path of every page. */
export function registerWeb(app: FastifyInstance, { files, document, pages }: WebFiles): void {
  const parts = { config: { access: 'public' }, schema: { hide: true } } as const;
  for (const file of files) app.get(file.path, parts, (request, reply) => sendFile(request, reply, file));
  for (const page of pages) app.get(page, parts, (request, reply) => sendDocument(request, reply, document));
}

/** Whether a browser opened a path that nothing is served under, and is to be shown a page that says so. */
export function wantsPage({ method, url, headers }: FastifyRequest): boolean {
  return method === 'GET' && !OWN_PATHS.test(url) && (headers.accept ?? '').includes('text/html');
}

/** Sends the document that a page begins with. `head`: elements to add to its head. */
export function sendDocument(
  request: FastifyRequest,
  reply: FastifyReply,
  document: WebFile,
  head?: Markup,
): FastifyReply {
  reply.headers(DOCUMENT_HEADERS);
  if (head === undefined) return sendFile(request, reply, document);
  const text = document.content.toString().replace('</head>', () => `${head.text}</head>`);
  return reply.type(document.type).header('cache-control', 'no-cache').send(text);
}

function sendFile(request: FastifyRequest, reply: FastifyReply, file: WebFile): FastifyReply {
  const { type, etag, isImmutable, content, br, gzip } = file;
  reply
    .type(type)
    .header('etag', etag)
    .header('vary', 'accept-encoding')
    .header('cache-control', isImmutable ? `public, max-age=${YEAR_S}, immutable` : 'no-cache');
  if (request.headers['if-none-match'] === etag) return reply.code(304).send();
  const bodies = { br, gzip };
  const coding = acceptedCoding(
    request.headers['accept-encoding'],
    (['br', 'gzip'] as const).filter((name) => bodies[name] !== undefined),
  );
  if (coding === undefined) return reply.send(content);
  return reply.header('content-encoding', coding).send(bodies[coding]);
}
