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
      { path: '*', Component: NotFoundPage },
    ],
  },
]);
