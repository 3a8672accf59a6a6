import { useSyncExternalStore } from 'react';

/** Says that the browser is offline; the pages continue by themselves when it is online again. */
export function ConnectionNotice() {
  const isOnline = useSyncExternalStore(subscribe, () => navigator.onLine);
  return isOnline ? null : (
    <p className="notice" role="status">
      Your browser is offline. This page continues when it is online again.
    </p>
  );
}

function subscribe(onChange: () => void): () => void {
  for (const event of ['online', 'offline']) window.addEventListener(event, onChange);
  return () => {
    for (const event of ['online', 'offline']) window.removeEventListener(event, onChange);
  };
}
