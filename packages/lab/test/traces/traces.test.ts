import { NO_TRACING, openTracing, readTracingSettings, type Tracing, traceparentSchema } from '@revtr/tracing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Collector } from './collector.ts';

const SERVICE = 'revtr-test';
const FAST = { OTEL_BSP_SCHEDULE_DELAY: '10', OTEL_BSP_MAX_QUEUE_SIZE: '100', OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '20' };

describe('traces', () => {
  let collector: Collector;
  let endpoint: string;
  let problems: (string | undefined)[];
  let opened: Tracing[];
  beforeEach(async () => {
    collector = new Collector();
    endpoint = await collector.start();
    problems = [];
    opened = [];
  });
  afterEach(async () => {
    collector.stop();
    await Promise.all(opened.map((tracing) => tracing.close()));
  });
  const open = async (environment: Readonly<Record<string, string>> = {}): Promise<Tracing> => {
    const all = { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, ...FAST, ...environment };
    // Requests of an earlier test may still end.
    const reported = problems;
    const tracing = await openTracing(all, { service: SERVICE, onProblem: (problem) => reported.push(problem) });
    opened.push(tracing);
    return tracing;
  };
  const record = async (tracing: Tracing, count: number): Promise<void> => {
    const root = tracing.begin('root');
    await root?.run(async () => {
      for (let i = 1; i < count; i++) await tracing.child(`child ${i}`, {}, async () => undefined);
    });
    root?.end();
  };

  it('are off without an endpoint, and when they are disabled', async () => {
    const options = { service: SERVICE, onProblem: () => undefined };
    expect(await openTracing({}, options)).toBe(NO_TRACING);
    for (const off of [{ OTEL_SDK_DISABLED: 'true' }, { OTEL_TRACES_EXPORTER: 'none' }])
      expect(await openTracing({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, ...off }, options)).toBe(NO_TRACING);
    expect(await NO_TRACING.child('work', {}, async () => 7)).toBe(7);
    expect(NO_TRACING.begin('work')).toBeUndefined();
  });

  it('are set up by the variables of OpenTelemetry, and refuse values that they do not understand', () => {
    const settings = readTracingSettings(
      {
        OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector.example:4318/',
        OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20abc',
        OTEL_RESOURCE_ATTRIBUTES: 'service.name=other,deployment.environment.name=test',
        OTEL_SERVICE_NAME: 'engine-1',
        OTEL_TRACES_SAMPLER_ARG: '0.25',
      },
      SERVICE,
    );
    expect(settings).toMatchObject({
      url: 'http://collector.example:4318/v1/traces',
      headers: { authorization: 'Bearer abc' },
      resource: { 'service.name': 'engine-1', 'deployment.environment.name': 'test' },
      sampler: 'parentbased_traceidratio',
      ratio: 0.25,
    });
    const read = (environment: Readonly<Record<string, string>>) => () => readTracingSettings(environment, SERVICE);
    expect(read({ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' })).toThrow('OTEL_EXPORTER_OTLP_ENDPOINT');
    expect(read({ OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' })).toThrow('OTEL_EXPORTER_OTLP_PROTOCOL');
    expect(read({ OTEL_TRACES_SAMPLER_ARG: '7' })).toThrow('OTEL_TRACES_SAMPLER_ARG');
  });

  it('continue in another process, and record what failed', async () => {
    const [here, there] = [await open(), await open({ OTEL_SERVICE_NAME: 'elsewhere' })];
    const root = here.begin('root');
    const fails = async (): Promise<never> => Promise.reject(new Error('the agent has left'));
    await root
      ?.run(() => here.child('request', { kind: 'client' }, () => there.continued(here.carried(), 'work', {}, fails)))
      .catch(() => undefined);
    root?.end();
    await expect.poll(() => collector.spans.map(({ name }) => name).sort()).toEqual(['request', 'root', 'work']);
    const named = (name: string) => collector.spans.find((span) => span.name === name);
    expect([named('root')?.parentId, named('root')?.service]).toEqual(['', SERVICE]);
    expect(named('request')?.parentId).toBe(named('root')?.spanId);
    expect(named('work')).toMatchObject({
      parentId: named('request')?.spanId,
      traceId: named('root')?.traceId,
      service: 'elsewhere',
      error: 'the agent has left',
    });
  });

  it('are recorded as a whole or not at all, in another process too', async () => {
    const here = await open({ OTEL_TRACES_SAMPLER_ARG: '0' });
    const there = await open();
    const root = here.begin('root');
    let stored: string | undefined;
    await root?.run(async () => {
      stored = here.current();
      expect(here.carried()).toBeUndefined();
      await here.child('child', {}, async () => undefined);
    });
    root?.end();
    there.begin('stored', { parent: stored })?.end();
    await there.continued(stored, 'continued', {}, async () => undefined);
    there.begin('last')?.end();
    await expect.poll(() => collector.spans.map(({ name }) => name)).toEqual(['last']);
  });

  it('ignore a context that is not one', async () => {
    for (const text of ['', '00-1-2-01', `00-${'0'.repeat(32)}-${'1'.repeat(16)}-01`, 7, null])
      expect(traceparentSchema.parse(text)).toBeUndefined();
    const tracing = await open();
    expect(await tracing.continued('nonsense', 'work', {}, async () => 7)).toBe(7);
    expect(traceparentSchema.parse(`00-${'a'.repeat(32)}-${'1'.repeat(16)}-01`)).toBeDefined();
  });

  it('lose spans rather than memory or time when the collector is away, hostile or silent', async () => {
    const part = Buffer.alloc(2 ** 16);
    const misbehaviours: readonly NonNullable<Collector['misbehaviour']>[] = [
      (response) => response.destroy(),
      (response) => response.writeHead(503, { 'retry-after': '86400' }).end(),
      (response) => response.writeHead(200).end('not protobuf'),
      (response) => {
        response.writeHead(200);
        const flood = setInterval(() => response.write(part), 1);
        response.on('close', () => clearInterval(flood));
      },
      () => undefined,
    ];
    for (const misbehaviour of misbehaviours) {
      collector.misbehaviour = misbehaviour;
      const tracing = await open({ OTEL_EXPORTER_OTLP_TIMEOUT: '500', OTEL_BSP_EXPORT_TIMEOUT: '1000' });
      const before = collector.requests;
      await record(tracing, 500);
      await expect.poll(() => collector.requests).toBeGreaterThan(before);
      await tracing.close();
      await record(tracing, 10);
    }
    collector.misbehaviour = undefined;
    expect(collector.spans).toEqual([]);
    expect(problems.filter((problem) => problem !== undefined).length).toBeGreaterThan(0);
  });

  it('are sent again when the collector comes back', async () => {
    const tracing = await open({ OTEL_EXPORTER_OTLP_TIMEOUT: '500' });
    collector.misbehaviour = (response) => response.writeHead(400).end();
    await record(tracing, 5);
    await expect.poll(() => problems.length).toBe(1);
    collector.misbehaviour = undefined;
    await record(tracing, 5);
    await expect.poll(() => collector.spans.length).toBeGreaterThanOrEqual(5);
    await expect.poll(() => problems).toEqual([expect.any(String), undefined]);
  });
});
