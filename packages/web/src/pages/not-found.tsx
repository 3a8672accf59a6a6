import { Link } from 'react-router';

export function NotFoundPage() {
  return (
    <>
      <title>Not found · Reverse Traceroute</title>
      <h1>There is no such page</h1>
      <p>
        <Link to="/">Measure a reverse path</Link>
      </p>
    </>
  );
}
