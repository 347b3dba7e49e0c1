// require('net') of a confined package. Sockets and servers are Node's own; their owner is the package, and seal_net.js decides with its grants.

const { socketOptions, pick, unsupported } = use('facade/endpoint');
const { seal, construct, adopt, netConnect, open, Socket: RealSocket, Server: RealServer } = use('facade/seal_net');
const { denied, may, named } = use('deny');
const { psx } = host;

const real = host.real('net');
const { codes } = host.internal('internal/errors');
const STDIO = ['stdin', 'stdout', 'stderr'];
const SHARED = ['isIP', 'isIPv4', 'isIPv6', 'BlockList', 'SocketAddress'];

// Options of a new socket: descriptors only when they are the package's own, handles never.
const checkedSocket = (c, given) => {
  const raw = typeof given === 'number' ? { fd: given } : given;
  const options = socketOptions(raw);
  const { fd, handle } = pick(raw, ['fd', 'handle']);
  if (handle !== undefined && handle !== null) options.handle = handle;
  if (fd === undefined || fd === null) return options;
  if (typeof fd !== 'number') throw new codes.ERR_INVALID_ARG_TYPE('options.fd', 'number', fd);
  if (fd >= 0 && fd <= 2 ? !may(c, 'stdio', STDIO[fd]) : !psx.fsOwns(c.id, fd)) {
    throw fd >= 0 && fd <= 2 ? denied(c, 'stdio', STDIO[fd]) : Object.assign(new Error('EBADF: bad file descriptor, open'), { code: 'EBADF', errno: -9, syscall: 'open' });
  }
  options.fd = fd;
  return options;
};

// A class of this package: it makes objects that the package owns, shares the prototype, and can be extended or called, as Node's can.
// prepare(args): what the real constructor gets. around(args, run): what must hold while it runs.
const facadeClass = (c, Real, parent, prepare, around = (_, run) => run()) => {
  const { name } = Real;
  const C = { [name]: function (...given) {
    const args = prepare(given);
    if (new.target !== undefined) return around(args, () => construct(c, Real, args, new.target));
    if (!(this instanceof C)) return around(args, () => construct(c, Real, args, C));
    around(args, () => adopt(c, Real, this, args));
    return undefined;
  } }[name];
  C.prototype = Real.prototype;
  if (parent) Object.setPrototypeOf(C, parent);
  return named(C, name, Real.length);
};

const made = new WeakMap();
exports.make = (c) => {
  if (made.has(c)) return made.get(c);
  seal();
  // its own view of settings that belong to the process
  let family = real.getDefaultAutoSelectFamily();
  let timeout = real.getDefaultAutoSelectFamilyAttemptTimeout();
  const connect = named((...args) => netConnect(c, args, undefined, { autoSelectFamily: family, autoSelectFamilyAttemptTimeout: timeout }), 'connect', 0);
  const Socket = facadeClass(c, RealSocket, host.real('stream').Duplex, ([options]) => [checkedSocket(c, options)], ([options], run) => open(options.fd, run));
  const Server = facadeClass(c, RealServer, use('facade/events').EventEmitter, (args) => args);
  const module = {
    _createServerHandle() { throw unsupported('net._createServerHandle'); },
    _normalizeArgs: (args) => {
      const [options, callback] = real._normalizeArgs(args);
      return [options, callback];
    },
    _TransferredBoundSocket() { throw unsupported('net._TransferredBoundSocket'); },
    BoundSocket: class BoundSocket { constructor() { throw unsupported('net.BoundSocket'); } },
    connect,
    createConnection: connect,
    createServer(options, listener) { return new Server(options, listener); },
    Server,
    Socket,
    Stream: Socket,
    getDefaultAutoSelectFamily: () => family,
    setDefaultAutoSelectFamily(value) {
      if (typeof value !== 'boolean') throw new codes.ERR_INVALID_ARG_TYPE('value', 'boolean', value);
      family = value;
    },
    getDefaultAutoSelectFamilyAttemptTimeout: () => timeout,
    setDefaultAutoSelectFamilyAttemptTimeout(value) {
      if (!Number.isInteger(value)) throw new codes.ERR_INVALID_ARG_TYPE('value', 'number', value);
      if (value < 1) throw new codes.ERR_OUT_OF_RANGE('value', '>= 1', value);
      timeout = Math.max(value, 10);
    },
  };
  for (const key of SHARED) module[key] = real[key];
  made.set(c, module);
  return module;
};
exports.facadeClass = facadeClass;
