import type { SourceInfo } from '@revtr/client';

/** The source that paths are measured back to. */
export function SourceSelect(props: {
  readonly sources: readonly SourceInfo[];
  /** Address of the chosen source. */
  readonly value: string;
  readonly onChange: (source: string) => void;
}) {
  const { sources, value, onChange } = props;
  return (
    <label>
      back to
      <select value={value} onChange={({ target }) => onChange(target.value)}>
        {sources.map(({ ip, hostname, site }) => (
          <option key={ip} value={ip}>
            {[hostname ?? ip, site].filter(Boolean).join(' · ')}
          </option>
        ))}
      </select>
    </label>
  );
}
