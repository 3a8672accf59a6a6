import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from 'react-router';
import { Problem } from '../app/problem.tsx';
import { GuideBlocks } from '../docs/guide-blocks.tsx';
import { loadGuide } from '../docs/guides.ts';
import { NotFoundPage } from './not-found.tsx';

/** One guide of the documentation. */
export function GuidePage() {
  const name = useParams().name ?? '';
  const { data, error } = useQuery({ queryKey: ['guide', name], queryFn: () => loadGuide(name), staleTime: Infinity });
  if (error !== null) return <Problem error={error} />;
  if (data === undefined) return <p role="status">Loading …</p>;
  if (data === null) return <NotFoundPage />;
  return (
    <article className="guide">
      <title>{`${data.title} · Reverse Traceroute`}</title>
      <p>
        <Link to="/docs">Documentation</Link>
      </p>
      <GuideBlocks blocks={data.blocks} pictures={data.pictures} />
    </article>
  );
}
