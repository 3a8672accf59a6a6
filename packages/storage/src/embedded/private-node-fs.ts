import { NodeFS } from '@electric-sql/pglite/nodefs';

const TYPE_BITS = 0o170000;
const OWNER_BITS = 0o700;

/** The part of Emscripten's NODEFS that creates files and changes their modes. */
interface NodeOperations {
  mknod(parent: unknown, name: string, mode: number, device: number): unknown;
  setattr(node: unknown, attributes: { mode?: number }): unknown;
}

/**
 * The file system of the embedded database, limited to its owner: directories get mode 0700 and files 0600, whatever mode the
 * database asks for. Without it, PGlite creates its files with mode 0666 and sets no umask (the umask of Node belongs to the
 * whole process and cannot be changed in a worker thread).
 */
export class PrivateNodeFs extends NodeFS {
  override async init(...[database, options]: Parameters<NodeFS['init']>): ReturnType<NodeFS['init']> {
    const restrict = (module: object): void => restrictModes(nodeOperationsOf(module));
    return super.init(database, { ...options, preRun: [...(options.preRun ?? []), restrict] });
  }
}

function restrictModes(operations: NodeOperations): void {
  const { mknod, setattr } = operations;
  operations.mknod = (parent, name, mode, device) => mknod(parent, name, mode & (TYPE_BITS | OWNER_BITS), device);
  operations.setattr = (node, attributes) => {
    if (attributes.mode !== undefined) attributes.mode &= TYPE_BITS | OWNER_BITS;
    return setattr(node, attributes);
  };
}

function nodeOperationsOf(module: object): NodeOperations {
  const nodeFs: unknown = Reflect.get(module, 'NODEFS');
  const operations: unknown = isObject(nodeFs) ? Reflect.get(nodeFs, 'node_ops') : undefined;
  if (isNodeOperations(operations)) return operations;
  // Without these operations the modes would be wrong silently: the database must not open.
  throw new Error('PGlite has no NODEFS whose file modes can be restricted');
}

function isNodeOperations(value: unknown): value is NodeOperations {
  return (
    isObject(value) &&
    typeof Reflect.get(value, 'mknod') === 'function' &&
    typeof Reflect.get(value, 'setattr') === 'function'
  );
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
