import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { EmptyCluster } from '../src/embedded/empty-cluster.ts';

let parent: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'revtr-cluster-'));
});
afterEach(() => rmSync(parent, { recursive: true }));

const image = async (): Promise<Blob> => new Blob(['an archive']);
const clusterIn = (directory: string, programs = 'digest'): EmptyCluster => new EmptyCluster({ directory, programs });

it('an empty cluster is kept for later processes with the same programs', async () => {
  const directory = join(parent, 'compiled');
  expect(await clusterIn(directory).read()).toBeUndefined();
  await clusterIn(directory).keep(image);
  expect(await (await clusterIn(directory).read())?.text()).toBe('an archive');
  expect(readdirSync(directory)).toHaveLength(1);
  expect(await clusterIn(directory, 'another digest').read()).toBeUndefined();
});

it('an empty cluster that another user has created is not read', async () => {
  await clusterIn(parent).keep(image);
  const { getuid } = process;
  process.getuid = () => 4_711;
  try {
    expect(await clusterIn(parent).read()).toBeUndefined();
  } finally {
    process.getuid = getuid;
  }
});

it.each([
  { damage: 'cut', damaged: (content: Buffer) => content.subarray(0, -1) },
  { damage: 'empty', damaged: () => '' },
  { damage: 'zeros', damaged: (content: Buffer) => content.fill(0) },
])('a file that is damaged ($damage) is not read, and replaced', async ({ damaged }) => {
  await clusterIn(parent).keep(image);
  const [name] = readdirSync(parent);
  writeFileSync(join(parent, name), damaged(readFileSync(join(parent, name))));
  expect(await clusterIn(parent).read()).toBeUndefined();
  await clusterIn(parent).keep(image);
  expect(await (await clusterIn(parent).read())?.text()).toBe('an archive');
});

it.each([undefined, ''])('without a directory (%j) nothing is kept, and no image is made', async (directory) => {
  const cluster = await EmptyCluster.in(directory);
  await cluster?.keep(() => Promise.reject(new Error('an image was made')));
  expect(await cluster?.read()).toBeUndefined();
});

it('a directory that cannot be written does no harm', async () => {
  const file = join(parent, 'file');
  writeFileSync(file, '');
  await clusterIn(file).keep(image);
  expect(await clusterIn(file).read()).toBeUndefined();
});
