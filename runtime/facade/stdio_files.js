// process.stdin, stdout and stderr of the ambient application, where they are files. Node's stream for such a stdin leads to all of fs, and each of them reads
// or writes whatever descriptor is put on it; applications hand them on (readline, loggers). Pipes, sockets and terminals: seal_net.js.

const { apply, defineProperty, getOwnPropertyDescriptor } = Reflect;

const input = (stream, c) => (stream instanceof host.real('fs').ReadStream ? use('builtins').get(c, 'fs').createReadStream(null, { fd: 0, autoClose: false }) : stream);
const output = (stream, fd) => {
  if (stream.constructor.name !== 'SyncWriteStream') return stream;
  use('seal').disarm(stream.constructor);
  defineProperty(stream, 'fd', { value: fd, writable: false, configurable: false });
  return stream;
};

let installed = false;
// before the ambient application gets hold of process or console
exports.install = (c) => {
  if (installed) return;
  installed = true;
  const { process } = host.global;
  for (const [fd, name] of ['stdin', 'stdout', 'stderr'].entries()) {
    const d = getOwnPropertyDescriptor(process, name);
    if (d?.get === undefined || !d.configurable) continue;
    let stream;
    defineProperty(process, name, { ...d, get() {
      if (stream === undefined) {
        const real = apply(d.get, process, []);
        stream = fd === 0 ? input(real, c) : output(real, fd);
      }
      return stream;
    } });
  }
};
