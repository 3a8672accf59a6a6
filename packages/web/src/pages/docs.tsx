import { Link } from 'react-router';
import { listGuides } from '../docs/guides.ts';

/** The index of the documentation. */
export function DocsPage() {
  return (
    <>
      <title>Documentation · Reverse Traceroute</title>
      <h1>Documentation</h1>
      <ul>
        {listGuides().map(([name, title]) => (
          <li key={name}>
            <Link to={`/docs/${name}`}>{title}</Link>
          </li>
        ))}
        <li>
          <Link to="/docs/reference">API reference</Link>, generated from the OpenAPI document
        </li>
      </ul>
    </>
  );
}
