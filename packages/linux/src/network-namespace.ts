import { checked, libc } from './libc.ts';

const O_RDONLY = 0;
const CLONE_NEWNET = 0x40000000;

/**
 * Runs synchronous `work` inside the network namespace `name` of /run/netns (ip-netns(8)); sockets that it opens stay there. Needs
 * `CAP_SYS_ADMIN`. @throws {LinuxError} `noSuchFile`, `notPermitted`, `unsupported`, `failed`
 */
export function inNetworkNamespace<T>(name: string, work: () => T): T {
  const home = checked('open', libc().open('/proc/self/ns/net', O_RDONLY));
  try {
    const other = checked(`network namespace ${name}`, libc().open(`/run/netns/${name}`, O_RDONLY));
    try {
      checked('setns', libc().setns(other, CLONE_NEWNET));
    } finally {
      libc().close(other);
    }
    try {
      return work();
    } finally {
      checked('setns', libc().setns(home, CLONE_NEWNET));
    }
  } finally {
    libc().close(home);
  }
}
