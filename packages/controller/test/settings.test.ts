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

describe('the roles of a process', () => {
  const problems = (environment: Record<string, string>): string => {
    try {
      readSettings(environment);
      return 'none';
    } catch (error) {
      return String(error);
    }
  };
  const shared = { REVTR_DATABASE: 'postgres://revtr@db/revtr', REVTR_BUS: 'nats://u:p@one:4222,nats://u:p@two:4222' };

  it('are all by default, in one process that needs nothing', () => {
    const { roles, bus } = readSettings({});
    expect([...roles]).toEqual(['api', 'engine', 'gateway', 'atlas', 'mail']);
    expect(bus).toBeUndefined();
  });

  it('may be some when PostgreSQL and NATS are set', () => {
    const { roles, bus } = readSettings({ ...shared, REVTR_ROLES: 'api, gateway', REVTR_BUS_CA: 'ca.pem' });
    expect([...roles]).toEqual(['api', 'gateway']);
    expect(bus).toMatchObject({ servers: ['nats://u:p@one:4222', 'nats://u:p@two:4222'], tls: { caFile: 'ca.pem' } });
  });

  it.each([
    [{ ...shared, REVTR_BUS: '', REVTR_ROLES: 'api' }, 'REVTR_BUS'],
    [{ ...shared, REVTR_DATABASE: '.revtr/data', REVTR_ROLES: 'api' }, 'REVTR_DATABASE'],
    [{ ...shared, REVTR_DATABASE: 'memory:' }, 'REVTR_DATABASE'],
    [{ ...shared, REVTR_ROLES: 'api,cook' }, 'REVTR_ROLES'],
    [{ ...shared, REVTR_BUS: 'http://one' }, 'REVTR_BUS'],
  ])('are refused in %j', (environment, variable) => {
    expect(problems(environment)).toContain(variable);
  });
});
