import { defineConfig } from 'vitest/config';

/** Suites that need Linux network namespaces, TUN devices or container images. They wait more than they compute. */
const KERNEL_SUITES = [
  'packages/lab/test/{backup,cluster,hosting,images,images-usage,kernel-*,lab-command,link-prober,outages,scamper-prober,topology,tun}.test.ts',
  'packages/linux/test/*.test.ts',
];

export default defineConfig({
  test: {
    // Threads of one process that compile WebAssembly side by side (the database) have ended V8 by an assertion of its own.
    pool: 'forks',
    isolate: false,
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 60_000 } },
    projects: [
      { extends: true, test: { name: 'kernel', include: KERNEL_SUITES } },
      { extends: true, test: { name: 'process', include: ['packages/*/test/**/*.test.ts'], exclude: KERNEL_SUITES } },
    ],
  },
});
