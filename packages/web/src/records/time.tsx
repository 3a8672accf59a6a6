import { formatTime } from '../app/time.ts';

/** A time of the API, in UTC to the second; `absent` (default: a dash) where there is none. */
export function Time({ at, absent = '–' }: { readonly at: string | undefined; readonly absent?: string }) {
  if (at === undefined) return absent;
  return (
    <time className="number" dateTime={at}>
      {formatTime(Date.parse(at))}
    </time>
  );
}
