/** The packages that each package may import. */
const mayImport = {
  net: [],
  probing: ['net'],
  linux: [],
  sim: ['linux', 'net', 'probing'],
  scamper: ['net', 'probing'],
  link: ['net', 'probing'],
  agent: ['link', 'linux', 'net', 'probing', 'scamper'],
  engine: ['net', 'probing'],
  storage: [],
  datasets: ['net', 'ripe-atlas'],
  'ripe-atlas': ['net', 'probing'],
  controller: ['datasets', 'engine', 'link', 'net', 'probing', 'ripe-atlas', 'storage'],
  client: [],
  cli: ['client', 'net', 'scamper', 'sim'],
  'ripe-atlas-emulator': ['net', 'probing', 'sim'],
  lab: [
    'agent',
    'cli',
    'client',
    'controller',
    'datasets',
    'engine',
    'link',
    'linux',
    'net',
    'probing',
    'ripe-atlas-emulator',
    'scamper',
    'sim',
    'storage',
  ],
  evaluation: ['agent', 'client', 'engine', 'lab', 'link', 'linux', 'net', 'probing', 'ripe-atlas', 'scamper', 'sim'],
};
const packages = Object.keys(mayImport);

export default {
  forbidden: [
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-folder-circles',
      severity: 'error',
      scope: 'folder',
      from: {},
      to: { circular: true },
    },
    { name: 'no-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
    ...packages.map((name) => ({
      name: `${name}-imports`,
      severity: 'error',
      from: { path: `^packages/${name}/src/` },
      to: { path: `^packages/(?!(${[name, ...mayImport[name]].join('|')})/)` },
    })),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
