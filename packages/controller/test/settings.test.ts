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

  it.each([
    ['api,cook', "'cook'"],
    ['api,', "''"],
    ['', "''"],
  ])('are named in the error if they are wrong: %j', (roles, wrong) => {
    const message = `${wrong} is not a role: the roles are api, engine, gateway, atlas, mail`;
    expect(() => readSettings({ ...shared, REVTR_ROLES: roles })).toThrow(
      expect.objectContaining({ issues: [expect.objectContaining({ path: ['REVTR_ROLES'], message })] }),
    );
  });
});

describe('the place of cold results', () => {
  const s3 = {
    REVTR_COLD_S3_URL: 'https://s3.example.net/bucket/revtr',
    REVTR_COLD_S3_ACCESS_KEY_ID: 'id',
    REVTR_COLD_S3_SECRET_ACCESS_KEY: 'secret',
  };

  it('is the database by default, a directory, or a bucket', () => {
    expect(readSettings({ REVTR_COLD_AFTER_DAYS: '3' }).cold).toBeUndefined();
    expect(readSettings({ REVTR_COLD_DIRECTORY: '/srv/cold' }).cold).toEqual({
      place: { directory: '/srv/cold' },
      afterDays: 30,
    });
    expect(readSettings({ ...s3, REVTR_COLD_S3_REGION: 'eu-central-1', REVTR_COLD_AFTER_DAYS: '3' }).cold).toEqual({
      place: {
        s3: { url: s3.REVTR_COLD_S3_URL, region: 'eu-central-1', accessKeyId: 'id', secretAccessKey: 'secret' },
      },
      afterDays: 3,
    });
  });

  it.each([
    [{ ...s3, REVTR_COLD_DIRECTORY: '/srv/cold' }, 'REVTR_COLD_S3_URL'],
    [{ ...s3, REVTR_COLD_S3_URL: 's3://bucket' }, 'REVTR_COLD_S3_URL'],
    [{ ...s3, REVTR_COLD_S3_ACCESS_KEY_ID: undefined }, 'REVTR_COLD_S3_ACCESS_KEY_ID'],
    [{ ...s3, REVTR_COLD_S3_SECRET_ACCESS_KEY: undefined }, 'REVTR_COLD_S3_SECRET_ACCESS_KEY'],
    [{ ...s3, REVTR_COLD_S3_URL: undefined }, 'REVTR_COLD_S3_URL'],
    // What a file with a line break at its end becomes.
    [{ ...s3, REVTR_COLD_S3_SECRET_ACCESS_KEY: 'secret\n' }, 'REVTR_COLD_S3_SECRET_ACCESS_KEY'],
    [{ ...s3, REVTR_COLD_S3_ACCESS_KEY_ID: 'id\n' }, 'REVTR_COLD_S3_ACCESS_KEY_ID'],
    [{ ...s3, REVTR_COLD_S3_REGION: 'eu central/1' }, 'REVTR_COLD_S3_REGION'],
  ])('is refused in %j, without a word of the secret', (environment, variable) => {
    const read = () => readSettings(environment);
    expect(read).toThrow(variable);
    expect(read).not.toThrow('secret"');
  });
});

describe('agents of revtr 2.0', () => {
  it('are not served by default', () => {
    expect(readSettings({ REVTR_LEGACY_PLAINTEXT: 'true' }).gateway.legacy).toBeUndefined();
  });

  it('are served with few packets, over TLS and under the name that they expect, where a port is set', () => {
    expect(readSettings({ REVTR_LEGACY_SCAMPER_PORT: '4381' }).gateway.legacy).toEqual({
      scamperPort: 4381,
      grpcPort: undefined,
      names: ['plcontroller.revtr.ccs.neu.edu'],
      credentialFiles: undefined,
      acceptsPlaintext: false,
      packetsPerSecond: 50,
    });
    const { legacy } = readSettings({
      REVTR_LEGACY_GRPC_PORT: '4379',
      REVTR_LEGACY_NAMES: 'A.example, b.example',
    }).gateway;
    expect(legacy).toMatchObject({ scamperPort: undefined, grpcPort: 4379, names: ['a.example', 'b.example'] });
  });

  it.each([
    { REVTR_LEGACY_NAMES: '' },
    { REVTR_LEGACY_NAMES: 'a..example' },
    { REVTR_LEGACY_CERTIFICATE: 'a.crt' },
    { REVTR_LEGACY_RATE: '0' },
    { REVTR_LEGACY_GRPC_PORT: '65536' },
  ])('are refused with %j', (environment) => {
    expect(() => readSettings(environment)).toThrow('REVTR_LEGACY_');
  });
});
