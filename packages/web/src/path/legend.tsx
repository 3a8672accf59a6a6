import type { PathHop } from './hop.ts';

const TRUST = { measured: 'solid: measured', inferred: 'dashed: inferred', assumed: 'dotted: assumed' } as const;

/** Says what the line styles mean, of those that the path has. No line leads to the destination. */
export function Legend({ hops }: { readonly hops: readonly PathHop[] }) {
  const used = new Set(hops.slice(1).map(({ trust }) => trust));
  return (
    <ul className="legend" aria-label="Line styles">
      {(Object.keys(TRUST) as (keyof typeof TRUST)[])
        .filter((trust) => used.has(trust))
        .map((trust) => (
          <li key={trust} data-trust={trust}>
            <i className="sample" aria-hidden="true" /> {TRUST[trust]}
          </li>
        ))}
      <li>The percentage is the probability that the router is on the path.</li>
    </ul>
  );
}
