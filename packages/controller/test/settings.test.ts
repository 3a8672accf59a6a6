import { describe, expect, it } from 'vitest';
import { readSettings } from '../src/index.ts';

describe('the URL of RIPE Atlas', () => {
  it.each([
    ['https://atlas.ripe.net/api/v2', 'https://atlas.ripe.net/api/v2/', 'wss://atlas-stream.ripe.net/stream/'],
    ['http://127.0.0.1:8081/api/v2/', 'http://127.0.0.1:8081/api/v2/', 'ws://127.0.0.1:8081/stream/'],
    ['http://127.0.0.1:8081\u0001', 'http://127.0.0.1:8081/', 'ws://127.0.0.1:8081/stream/'],
  ])('%j is understood', (text, url, streamUrl) => {
    expect(readSettings({ REVTR_RIPE_ATLAS_URL: text }).ripeAtlas).toMatchObject({ url, streamUrl });
  });
});
