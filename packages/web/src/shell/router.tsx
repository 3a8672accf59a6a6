import { createBrowserRouter } from 'react-router';
import { HomePage } from '../pages/home.tsx';
import { NotFoundPage } from '../pages/not-found.tsx';
import type { PAGES } from '../pages.ts';
import { CrashPage } from './crash.tsx';
import { Shell } from './shell.tsx';

type Page = (typeof PAGES)[number];
type Loader = () => Promise<{ readonly Component: () => React.ReactNode }>;

/** Pages that are loaded when they are opened. */
const LAZY: Readonly<Record<Exclude<Page, '/'>, Loader>> = {
  '/measurements/:id': async () => ({ Component: (await import('../pages/measurement.tsx')).MeasurementPage }),
  '/batches': async () => ({ Component: (await import('../pages/batches.tsx')).BatchesPage }),
  '/batches/new': async () => ({ Component: (await import('../pages/new-batch.tsx')).NewBatchPage }),
  '/batches/:id': async () => ({ Component: (await import('../pages/batch.tsx')).BatchPage }),
  '/batches/:id/compare/:other': async () => ({
    Component: (await import('../pages/compare-batches.tsx')).CompareBatchesPage,
  }),
  '/sources': async () => ({ Component: (await import('../pages/sources.tsx')).SourcesPage }),
  '/sources/:address': async () => ({ Component: (await import('../pages/source.tsx')).SourcePage }),
  '/watches': async () => ({ Component: (await import('../pages/watches.tsx')).WatchesPage }),
  '/watches/:id': async () => ({ Component: (await import('../pages/watch.tsx')).WatchPage }),
  '/sources/apply': async () => ({ Component: (await import('../pages/apply.tsx')).ApplyPage }),
  '/accuracy': async () => ({ Component: (await import('../pages/accuracy.tsx')).AccuracyPage }),
  '/register': async () => ({ Component: (await import('../pages/register.tsx')).RegisterPage }),
  '/account': async () => ({ Component: (await import('../pages/account.tsx')).AccountPage }),
  '/operate': async () => ({ Component: (await import('../pages/operate.tsx')).OperatePage }),
  '/operate/:section': async () => ({ Component: (await import('../pages/operate.tsx')).OperatePage }),
  '/docs': async () => ({ Component: (await import('../pages/docs.tsx')).DocsPage }),
  '/docs/reference': async () => ({ Component: (await import('../pages/reference.tsx')).ReferencePage }),
  '/docs/:name': async () => ({ Component: (await import('../pages/guide.tsx')).GuidePage }),
  '/log-in': async () => ({ Component: (await import('../pages/log-in.tsx')).LogInPage }),
};

export const router = createBrowserRouter([
  {
    Component: Shell,
    ErrorBoundary: CrashPage,
    HydrateFallback: () => null,
    children: [
      { path: '/', Component: HomePage },
      ...Object.entries(LAZY).map(([path, lazy]) => ({ path, lazy })),
      // The server serves this page itself, with a preview for other sites.
      { path: '/results/:token', lazy: async () => ({ Component: (await import('../pages/result.tsx')).ResultPage }) },
      { path: '*', Component: NotFoundPage },
    ],
  },
]);
