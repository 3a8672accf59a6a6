/** The pages of the web interface, as patterns of their paths. The server answers other paths with status 404. */
export const PAGES = [
  '/',
  '/measurements/:id',
  '/batches',
  '/batches/new',
  '/batches/:id',
  '/sources',
  '/sources/:address',
  '/watches',
  '/watches/:id',
  '/account',
  '/operate',
  '/docs',
  '/docs/reference',
  '/docs/:name',
  '/log-in',
] as const;
