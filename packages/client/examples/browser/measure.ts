/**
 * Measures a path in a page of the server, with the session of the browser or, where visitors may measure, without an account. The page has
 * an element with the id `path` and the attributes `data-source` and `data-destination`.
 */
import { ReverseTracerouteClient } from '@revtr/client';

const path = document.querySelector<HTMLElement>('#path');
if (path !== null) {
  const { source = '', destination = '' } = path.dataset;
  const client = new ReverseTracerouteClient({ server: window.location.origin, key: '' });
  const { batchId } = await client.submit([{ src: source, dst: destination }]);
  const { measurements } = await client.wait(batchId, {
    paths: true,
    onEvent: ({ type }) => path.setAttribute('data-state', type),
  });
  path.replaceChildren(
    ...(measurements[0]?.result?.hops ?? []).map(({ address }) => {
      const item = document.createElement('li');
      item.textContent = address;
      return item;
    }),
  );
  path.setAttribute('data-state', measurements[0]?.result?.stopReason ?? 'unfinished');
}
