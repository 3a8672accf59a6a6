import koffi from 'koffi';
import { LinuxError, systemCallError } from './errors.ts';

/** System calls. They are bound at first use: other systems can import this package. */
interface Libc {
  socket(domain: number, type: number, protocol: number): number;
  bind(fd: number, address: Uint8Array, length: number): number;
  setsockopt(fd: number, level: number, name: number, value: Uint8Array, length: number): number;
  getsockopt(fd: number, level: number, name: number, value: Uint8Array, length: Uint32Array): number;
  recv(fd: number, buffer: Uint8Array, length: number, flags: number): number;
  read(fd: number, buffer: Uint8Array, length: number): number;
  write(fd: number, buffer: Uint8Array, length: number): number;
  open(path: string, flags: number): number;
  close(fd: number): number;
  interfaceIndex(name: string): number;
  setns(fd: number, kind: number): number;
  ioctlBuffer(fd: number, request: number, buffer: Uint8Array): number;
  ioctlNumber(fd: number, request: number, value: number): number;
}

let bound: Libc | undefined;

/** The system calls. @throws {LinuxError} `unsupported` elsewhere than on Linux */
export function libc(): Libc {
  if (process.platform !== 'linux')
    throw new LinuxError('unsupported', `${process.platform} is not Linux`, { platform: process.platform });
  bound ??= bind();
  return bound;
}

function bind(): Libc {
  const library = koffi.load(null);
  const ioctl = library.func('int ioctl(int fd, unsigned long request, ...)');
  return {
    socket: library.func('int socket(int domain, int type, int protocol)'),
    bind: library.func('int bind(int fd, const void *address, uint32_t length)'),
    setsockopt: library.func('int setsockopt(int fd, int level, int name, const void *value, uint32_t length)'),
    getsockopt: library.func(
      'int getsockopt(int fd, int level, int name, _Out_ uint8_t *value, _Inout_ uint32_t *length)',
    ),
    recv: library.func('intptr_t recv(int fd, void *buffer, size_t length, int flags)'),
    read: library.func('intptr_t read(int fd, void *buffer, size_t length)'),
    write: library.func('intptr_t write(int fd, const void *buffer, size_t length)'),
    open: library.func('int open(const char *path, int flags)'),
    close: library.func('int close(int fd)'),
    interfaceIndex: library.func('unsigned int if_nametoindex(const char *name)'),
    setns: library.func('int setns(int fd, int kind)'),
    ioctlBuffer: (fd, request, buffer) => ioctl(fd, request, 'void *', buffer),
    ioctlNumber: (fd, request, value) => ioctl(fd, request, 'unsigned long', value),
  };
}

/** EAGAIN, EINTR; and an interface that is down (ENETDOWN, EBADFD) or busy (ENOBUFS), which may recover. */
const NOTHING_YET = new Set([11, 4, 100, 77, 105]);

/** Whether the last call failed only because nothing is waiting. */
export function isNothingYet(): boolean {
  return NOTHING_YET.has(koffi.errno());
}

/** Returns `result`. @throws {LinuxError} when it is negative */
export function checked(call: string, result: number): number {
  if (result < 0) throw systemCallError(call, koffi.errno());
  return result;
}

/** The address of a buffer, for C structures that point to it. */
export const addressOf = (buffer: Uint8Array): bigint => koffi.address(buffer);
