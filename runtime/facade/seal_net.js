// Real sockets and servers are handed from package to package, and from each of them a walk leads to the methods that open connections and
// ports. So these methods, on Node's own prototypes, ask who owns the object they are called on, and decide with the owner's grants:
//
//   owners   object -> { c, fixed }    written when a facade (or the ambient application) makes the object; what is not in it can do nothing
//   attempts socket -> what it may connect to just now; the binding's handle methods compare the bytes that reach the kernel with this
//   tickets  how ownership travels through Node's own code (agent -> tls.connect -> socket) : a symbol in the options, worth nothing elsewhere
//
// The constructors that hang on the prototypes become inert. Node's internals use their own references and never notice.

const { EACCES, pick, socketOptions, connectOptions, ofPath, where, mayReach, refusal, orphan, checkedLookup, text, port: portOf, unsupported } = use('facade/endpoint');
const { peek, may } = use('deny');
const { overrideAccessor, freezeFunction, vet } = use('harden');
const { apply, construct: make, defineProperty, getOwnPropertyDescriptor, getPrototypeOf, ownKeys } = Reflect;
const { psx } = host;
const { internalBinding } = host.internal('internal/test/binding');
const { normalizedArgsSymbol, kReinitializeHandle } = host.internal('internal/net');
const { owner_symbol: ownerSymbol } = host.internal('internal/async_hooks').symbols;
const { codes } = host.internal('internal/errors');
const net = host.real('net');
const { Socket, Server, BoundSocket, _normalizeArgs: normalizeArgs, isIP } = net;
const nextTick = host.global.process.nextTick.bind(host.global.process);
const { TCP } = internalBinding('tcp_wrap');
const { Pipe } = internalBinding('pipe_wrap');

// The ambient application, and Node itself: no decision is asked, ownership is still kept.
const AMBIENT = Object.freeze({ ambient: true, id: 0 });

// -- owners
const owners = new WeakMap();
const own = (object, c) => {
  let o = owners.get(object);
  if (o === undefined) owners.set(object, o = { c, fixed: undefined, listen: undefined, key: undefined });
  return o;
};
let making;                             // for whom a constructor of Node's is running just now
const construct = (c, C, args, target = C) => {
  const before = making;
  making = c;
  try {
    const object = make(C, args, target);
    own(object, c);
    return object;
  } finally { making = before; }
};

construct.of = (c, fn) => {
  const before = making;
  making = c;
  try { return fn(); } finally { making = before; }
};
// the same for constructors that are called on an object that exists: util.inherits
const adopt = (c, C, object, args) => {
  const before = making;
  making = c;
  try {
    apply(C, object, args);
    own(object, c);
  } finally { making = before; }
};

// -- tickets
const kTicket = Symbol('npsx.ticket');
const tickets = new WeakMap();
// key: good for this endpoint only, which was decided before. once: gone when it was used
const ticket = (fields) => {
  const t = Object.freeze({ __proto__: null });
  tickets.set(t, { c: undefined, key: undefined, decided: undefined, once: false, agent: undefined, ...fields });
  return t;
};
const ticketOf = (options) => (options !== null && typeof options === 'object' ? tickets.get(options[kTicket]) : undefined);
const spend = (options) => {
  const t = options[kTicket];
  const fields = tickets.get(t);
  if (fields?.once) tickets.delete(t);
  if (fields !== undefined && Object.isExtensible(options)) delete options[kTicket];
  return fields;
};

// -- small tools for real prototypes
// By assignment an instance may still get its own (agents, test doubles); the prototype's stays.
const replace = (home, key, value) => {
  const d = getOwnPropertyDescriptor(home, key);
  const { get, set } = overrideAccessor(home, key, freezeFunction(value));
  Object.freeze(get);
  if (!defineProperty(home, key, { get, set, enumerable: d?.enumerable ?? false, configurable: true })) throw new Error(`npsx: ${String(key)} was frozen before it was sealed`);
};
// parent: what the inert constructor may still lead to, where Node asks it (EventTarget)
const disarm = (C, prototype = C?.prototype, parent = Function.prototype) => {
  if (!prototype || !Object.hasOwn(prototype, 'constructor')) return;
  const { name } = C;
  const inert = { [name]: function () {
    throw Object.assign(new TypeError(`npsx: ${name} cannot be constructed through an instance`), { code: 'ERR_CAPABILITY_DENIED' });
  } }[name];
  inert.prototype = prototype;          // instanceof and util.inspect go on working
  Object.setPrototypeOf(inert, parent);
  replace(prototype, 'constructor', inert);
};
// A function of Node's, in a module object: the same name, length and prototype.
const stand = (module, key, fn, like = module[key]) => {
  defineProperty(fn, 'name', { value: like.name, configurable: true });
  defineProperty(fn, 'length', { value: like.length, configurable: true });
  for (const k of ownKeys(like)) {
    if (k === 'name' || k === 'length' || k === 'arguments' || k === 'caller') continue;
    const d = getOwnPropertyDescriptor(like, k);
    if (k === 'prototype') fn.prototype = like.prototype; else defineProperty(fn, k, { ...d, configurable: true });
  }
  if (typeof like === 'function') Object.setPrototypeOf(fn, getPrototypeOf(like));
  defineProperty(module, key, { value: fn, writable: true, enumerable: getOwnPropertyDescriptor(module, key)?.enumerable ?? true, configurable: true });
  return fn;
};
const normalized = (options, callback) => Object.assign([options, callback], { [normalizedArgsSymbol]: true });
const split = (args) => (Array.isArray(args[0]) && args[0][normalizedArgsSymbol] === true ? args[0] : normalizeArgs(args));

// -- connecting
const real = {
  connect: Socket.prototype.connect, listen: Server.prototype.listen, listen2: Server.prototype._listen2, netConnect: net.connect, createServer: net.createServer,
};
const attempts = new WeakMap();
const byHandle = new WeakMap();

// As a connection that fails: Node's own course of events, up to a lookup that brings the refusal.
const refuseLater = (socket, callback, error) => apply(real.connect, socket, [normalized({ __proto__: null, port: 1, host: 'refused', lookup: (_, options, done) => { done(error); } }, callback)]);

// options: plain for a confined owner; whatever the application wrote for an ambient one. decided: the endpoint that was asked about already.
function connectSocket(socket, o, options, callback, decided) {
  const { c } = o;
  const wanted = c.ambient ? { __proto__: options, port: options.port, host: options.host, path: options.path, lookup: options.lookup } : options;
  if ((wanted.port === undefined && (wanted.path === undefined || wanted.path === null)) || (c.ambient && !wellFormed(wanted))) return apply(real.connect, socket, [normalized(wanted, callback)]);
  const to = where(wanted);
  if (o.fixed !== undefined && o.fixed !== to.key)
    return refuseLater(socket, callback, Object.assign(new Error(`npsx: a socket that was connected to ${o.fixed} connects to nothing else`), { code: 'EACCES', errno: EACCES, syscall: 'connect', capability: 'net.connect' }));
  if (!c.ambient && decided !== to.key && !mayReach(c, 'net.connect', to)) return refuseLater(socket, callback, refusal(c, 'net.connect', to, 'connect'));
  const attempt = { o, key: to.key, port: to.port, path: undefined, addresses: new Set(), localAddress: wanted.localAddress, localPort: wanted.localPort };
  if (wanted.path) {
    attempt.path = wanted.path;
    if (!c.ambient && to.value.startsWith('unix:/')) wanted.path = attempt.path = to.value.slice(5);
  } else {
    const name = wanted.host || 'localhost';
    if (isIP(name)) attempt.addresses.add(name);
    else wanted.lookup = checkedLookup(c, wanted.lookup, name, to.port, (address) => { attempt.addresses.add(address); });
  }
  attempts.set(socket, attempt);
  return apply(real.connect, socket, [normalized(wanted, callback)]);
}
// What Node is going to reject itself is left to it, with its own message.
function wellFormed({ host: name, port, path }) {
  if (path) return typeof path === 'string';
  return (name === undefined || name === null || typeof name === 'string') && (typeof port === 'number' || typeof port === 'string') && +port >= 0 && +port <= 65535 && +port === +port >>> 0 && `${port}`.trim() !== '';
}

function connect(...args) {
  const [options, callback] = split(args);
  let o = owners.get(this);
  let decided;
  if (ticketOf(options) !== undefined) {
    const t = spend(options);
    o ??= own(this, t.c);
    if (o.c === t.c) decided = t.key;
  }
  if (o === undefined && isFirstTls(this)) o = own(this, AMBIENT);
  if (o === undefined) throw orphan('connect()');
  return connectSocket(this, o, o.c.ambient ? options : connectOptions(options), callback, decided);
}

// net.connect for compartment c: options read once, socket made, owned and connected.
function netConnect(c, args, decided, defaults) {
  const [options, callback] = split(args);
  let o = options;
  if (!c.ambient) o = { __proto__: null, ...defaults, ...connectOptions(options), ...socketOptions(options) };
  else if (options[kTicket] !== undefined) { o = { ...options }; delete o[kTicket]; }
  const socket = construct(c, Socket, [o]);
  if (o.timeout) socket.setTimeout(o.timeout);
  return connectSocket(socket, owners.get(socket), o, callback, decided);
}

// -- the binding: what reaches the kernel must be what was decided
let anything = 0;                       // Node or the ambient application is making a handle right now
let opening = -1;                       // the descriptor that a checked constructor is about to open
let listening;                          // { host, port, path, handle }: the server that is being bound right now
host.inside(() => making, () => anything, () => opening, () => listening);

const open = (fd, fn) => {
  const before = opening;
  opening = typeof fd === 'number' ? fd : -1;
  try { return fn(); } finally { opening = before; }
};
const attemptOf = (handle) => {
  const known = byHandle.get(handle);
  if (known !== undefined) return known;
  const socket = handle[ownerSymbol];
  return socket !== null && typeof socket === 'object' ? attempts.get(socket) : undefined;
};
// once connected, a socket is fixed to its endpoint
const fixing = (request, { o, key }) => {
  const { oncomplete } = request;
  request.oncomplete = function (status, ...rest) {
    if (status === 0) o.fixed = key;
    return apply(oncomplete, this, [status, ...rest]);
  };
};
function guardHandles() {
  const guard = (prototype, key, allows) => {
    const method = prototype[key];
    replace(prototype, key, { [key](...args) { return allows(this, ...args) ? apply(method, this, args) : EACCES; } }[key]);
  };
  const connecting = (handle, request, address, port) => {
    const a = attemptOf(handle);
    const good = a !== undefined && a.path === undefined && a.port === port && a.addresses.has(address);
    if (good) fixing(request, a);
    return good;
  };
  const binding = (handle, address, port) => {
    if (anything > 0) return true;
    if (listening !== undefined) {
      const good = listening.any || ((listening.host === address || (listening.host === undefined && (address === '::' || address === '0.0.0.0'))) && listening.port === port);
      if (good) listening.handle = handle;
      return good;
    }
    const a = attemptOf(handle);
    return a !== undefined && (a.localPort ?? 0) === (port ?? 0) && (a.localAddress === address || !a.localAddress);
  };
  for (const key of ['connect', 'connect6']) guard(TCP.prototype, key, connecting);
  for (const key of ['bind', 'bind6']) guard(TCP.prototype, key, binding);
  // A socket with a file is reached through a descriptor of the very thing that was decided: links on the way may have changed since.
  const { connect: connectPipe, bind: bindPipe } = Pipe.prototype;
  replace(Pipe.prototype, 'connect', { connect(request, path, ...rest) {
    const a = attemptOf(this);
    if (a === undefined || a.path === undefined || a.path !== path) return EACCES;
    fixing(request, a);
    if (a.o.c.ambient || path[0] === '\0') return apply(connectPipe, this, [request, path, ...rest]);
    const fd = psx.socketAt(a.o.c.id, psx.cap['net.connect'], path);
    if (fd < 0) return fd;
    try { return apply(connectPipe, this, [request, `/proc/self/fd/${fd}`, ...rest]); } finally { psx.fsClose(fd); }
  } }.connect);
  replace(Pipe.prototype, 'bind', { bind(path, ...rest) {
    if (anything > 0) return apply(bindPipe, this, [path, ...rest]);
    if (listening === undefined || (!listening.any && listening.path !== path)) return EACCES;
    listening.handle = this;
    return listening.any || path[0] === '\0' ? apply(bindPipe, this, [path, ...rest]) : bindIn(this, listening.c, path, rest);
  } }.bind);
  // libuv removes the file by the name it was given, when the handle is closed: the directory stays open until then
  const bindIn = (handle, c, path, rest) => {
    const dir = psx.socketAt(c.id, psx.cap['net.listen'], path);
    if (dir < 0) return dir;
    const error = apply(bindPipe, handle, [`/proc/self/fd/${dir}/${path.slice(path.lastIndexOf('/') + 1)}`, ...rest]);
    if (error !== 0) { psx.fsClose(dir); return error; }
    const { close } = handle;
    let open_ = true;
    handle.close = function (...args) {
      try { return apply(close, handle, args); } finally {
        if (open_) psx.fsClose(dir);
        open_ = false;
      }
    };
    return error;
  };
  for (const { prototype } of [TCP, Pipe]) {
    guard(prototype, 'listen', (handle) => listening !== undefined && (listening.any || listening.handle === handle));
    guard(prototype, 'open', (handle, fd) => anything > 0 || fd === opening || (listening !== undefined && listening.any));
  }
  // a running child is not started again, and a finished one never
  const { Process } = internalBinding('process_wrap');
  const { spawn } = Process.prototype;
  const started = new WeakSet();
  replace(Process.prototype, 'spawn', function (...args) {
    if (started.has(this)) return EACCES;
    started.add(this);
    return apply(spawn, this, args);
  });
  const { ShutdownWrap, WriteWrap } = internalBinding('stream_wrap');
  for (const C of [TCP, Pipe, Process, internalBinding('tty_wrap').TTY, internalBinding('tcp_wrap').TCPConnectWrap, internalBinding('pipe_wrap').PipeConnectWrap, ShutdownWrap, WriteWrap]) lockHandle(C);
}
// An own function on a shared function would be called in its place: fn.call, fn.apply.
const freezeFunctions = ({ value, get, set }) => { for (const f of [value, get, set]) if (typeof f === 'function') freezeFunction(f); };
const ASSIGNED = new Set(['bind', 'connect', 'send', 'close', 'ref', 'unref', 'onread']);    // by Node, on single handles
// what Node sets on a single handle: one function of its own for all of them
const HANDLERS = ['onmessage', 'onerror', 'onclienthello', 'oncertcb', 'onnewsession', 'onocspresponse', 'onhandshakestart', 'onhandshakedone', 'onkeylog', 'onpskexchange', 'isClosing', 'onreadstart', 'onreadstop',
  'onshutdown', 'onwrite', 'onIncoming', 'oncomplete', 'onconnection', 'onexit', 'timeoutCb'];
function vetHandlers(prototype, keys) {
  for (const key of keys) {
    if (Object.hasOwn(prototype, key)) continue;
    const { set } = Object.getOwnPropertyDescriptor({ set [key](value) { defineProperty(this, key, { value: vet(value), writable: true, enumerable: true, configurable: true }); } }, key);
    defineProperty(prototype, key, { get: undefined, set: Object.freeze(set), enumerable: false, configurable: false });
  }
}
// The class of what Node sets here is exported by nobody.
function sealOnSet(prototype, key) {
  const { set } = Object.getOwnPropertyDescriptor({ set [key](value) {
    if (typeof value === 'object' && value !== null) use('seal').prototype(getPrototypeOf(value));
    defineProperty(this, key, { value, writable: true, enumerable: true, configurable: true });
  } }, key);
  defineProperty(prototype, key, { get: undefined, set: Object.freeze(set), enumerable: false, configurable: false });
}
const lockedHandles = new Set();
function lockHandle(C) {
  for (let prototype = C.prototype; prototype !== null && prototype !== Object.prototype && !lockedHandles.has(prototype); prototype = getPrototypeOf(prototype)) {
    lockedHandles.add(prototype);
    disarm(getOwnPropertyDescriptor(prototype, 'constructor')?.value, prototype);
    // the async context of whoever made the handle
    if (Object.hasOwn(prototype, 'getAsyncContextFrameForDebuggingOnly')) defineProperty(prototype, 'getAsyncContextFrameForDebuggingOnly', { value() { return undefined; } });
    if (prototype === C.prototype) vetHandlers(prototype, HANDLERS);
    const read = getOwnPropertyDescriptor(prototype, 'onread');
    if (read?.set !== undefined && read.configurable) {
      const { set } = { set(value) { apply(read.set, this, [vet(value)]); } };
      defineProperty(prototype, 'onread', { ...read, set });
    }
    for (const key of ownKeys(prototype)) {
      const d = getOwnPropertyDescriptor(prototype, key);
      freezeFunctions(d);
      if (!d.configurable) continue;
      if ('value' in d && ASSIGNED.has(key)) replace(prototype, key, d.value);
      defineProperty(prototype, key, 'value' in getOwnPropertyDescriptor(prototype, key) ? { writable: false, configurable: false } : { configurable: false });
    }
    Object.preventExtensions(prototype);
  }
}

// -- listening
const keyOfListen = (options) => {
  if (options instanceof TCP || options._handle || options.handle || options instanceof BoundSocket) return 'handle';
  if (typeof options.fd === 'number') return `fd:${options.fd}`;
  if (options.path && options.port === undefined) return ofPath(`${options.path}`).key;
  return `${options.host || '*'}:${options.port ?? 0}`;
};
const moved = (o) => Object.assign(new Error(`npsx: a server that listened on ${o.fixed} listens nowhere else`), { code: 'EACCES', errno: EACCES, syscall: 'listen', capability: 'net.listen' });

function listen(...args) {
  const o = owners.get(this);
  if (o === undefined) throw orphan('listen()');
  if (!o.c.ambient) return listenConfined(this, o, args);
  const key = keyOfListen(normalizeArgs(args)[0]);
  if (!this._handle) {
    if (o.fixed !== undefined && o.fixed !== key) throw moved(o);
    o.key = key;
  }
  return apply(real.listen, this, args);
}
const fail = (server, error) => { nextTick(() => { server.emit('error', error); }); return server; };

const LISTEN = ['port', 'host', 'path', 'backlog', 'exclusive', 'ipv6Only', 'reusePort', 'readableAll', 'writableAll', 'signal', 'fd'];
function listenArguments(args) {
  const callback = typeof args[args.length - 1] === 'function' ? args[args.length - 1] : undefined;
  const plain = args.length > 0 && args[0] === callback ? [] : args;
  const first = plain[0];
  let options;
  if (typeof first === 'object' && first !== null) {
    options = pick(first, LISTEN);
    if (first.handle !== undefined || first._handle !== undefined) throw unsupported('listen() on a handle');
    if (options.port === undefined && options.path === undefined && options.fd === undefined && !('port' in first))
      throw new codes.ERR_INVALID_ARG_VALUE('options', first, 'must have the property "port" or "path"');
  } else if (typeof first === 'string' && !(Number(first) >= 0)) options = { __proto__: null, path: first };
  else {
    options = { __proto__: null, port: first ?? 0 };
    if (typeof plain[1] === 'string') options.host = plain[1];
  }
  const backlog = [plain[1], plain[2]].find((x) => typeof x === 'number');
  if (backlog !== undefined && options.backlog === undefined && typeof first !== 'object') options.backlog = backlog;
  return { options, callback };
}

function listenConfined(server, o, args) {
  const { c } = o;
  const { options, callback } = listenArguments(args);
  if (server._handle || server.listening) throw new codes.ERR_SERVER_ALREADY_LISTEN();
  if (options.fd !== undefined) throw unsupported('listen() on a descriptor');
  if (options.path !== undefined && options.port === undefined) return listenAt(server, o, options, callback);
  if (options.port === null || options.port === undefined) options.port = 0;
  options.port = portOf(options.port);
  if (options.host !== undefined && options.host !== null && options.host !== '') text(options.host, 'options.host');
  const key = `${options.host || '*'}:${options.port}`;
  if (o.fixed !== undefined && o.fixed !== key) throw moved(o);
  o.key = key;
  // every address: as Node, both families where the grant covers them, else IPv4's
  const value = options.host || (peek(c, 'net.listen', '::', options.port) ? '::' : '0.0.0.0');
  if (!may(c, 'net.listen', value, options.port)) return fail(server, refusal(c, 'net.listen', { value, port: options.port }, 'listen'));
  const start = (address) => {
    o.listen = { host: address, port: options.port };
    if (address !== undefined) options.host = address; else delete options.host;
    return apply(real.listen, server, callback ? [options, callback] : [options]);
  };
  if (!options.host) return start(value === '::' ? undefined : value);
  if (isIP(options.host)) return start(options.host);
  host.real('dns').lookup(options.host, { all: true }, (error, found) => {
    if (error) server.emit('error', error);
    else start((found.find(({ address }) => !/^fe[89ab]/i.test(address)) ?? found[0]).address);
  });
  return server;
}
function listenAt(server, o, options, callback) {
  const asked = text(options.path, 'options.path');
  const to = ofPath(asked);
  if (o.fixed !== undefined && o.fixed !== to.key) throw moved(o);
  if (!mayReach(o.c, 'net.listen', to)) return fail(server, refusal(o.c, 'net.listen', to, 'listen'));
  o.key = to.key;
  if (to.value.startsWith('unix:/')) options.path = to.value.slice(5);
  o.listen = { path: options.path };
  apply(real.listen, server, callback ? [options, callback] : [options]);
  if (server._pipeName === options.path) server._pipeName = asked;
  return server;
}

// Called by listen(), at once or after a lookup, with what is really bound.
function listen2(address, port, ...rest) {
  const o = owners.get(this);
  if (o === undefined) throw orphan('_listen2()');
  const before = listening;
  if (o.c.ambient) listening = { any: true };
  else {
    const { listen: l } = o;
    const good = l !== undefined && !this._handle && (l.path !== undefined ? l.path === address : (l.host ?? null) === (address ?? null) && l.port === port);
    if (!good || rest[2] !== undefined) throw orphan('_listen2()');
    listening = { ...l, c: o.c, handle: undefined };
  }
  try { apply(real.listen2, this, [address, port, ...rest]); } finally { listening = before; }
  if (this._handle) o.fixed = o.key;
}

// -- what the ambient application calls: the same modules, with owners
const withAnything = (fn) => { anything++; try { return fn(); } finally { anything--; } };
function sealModule() {
  stand(net, 'connect', function connect(...args) {
    const [options] = split(args);
    const t = ticketOf(options);
    if (t === undefined) return netConnect(making ?? AMBIENT, args);
    spend(options);
    return netConnect(t.c, args, t.key);
  });
  defineProperty(net, 'createConnection', { value: net.connect, writable: true, enumerable: true, configurable: true });
  // A socket that is made around a handle is somebody's already (accepted, standard input): it is connected, and stays so.
  const W = stand(net, 'Socket', function Socket_(options) {
    const fd = typeof options === 'number' ? options : options?.fd;
    const adopted = options?.handle ?? undefined;
    const fresh = fd === undefined && (adopted === undefined || adopted instanceof BoundSocket);
    const build = (fn) => (adopted instanceof BoundSocket ? withAnything(fn) : open(fd, fn));
    if (new.target === undefined && this instanceof Socket) {
      build(() => apply(Socket, this, [options]));
      if (fresh) own(this, making ?? AMBIENT);
      return this;
    }
    const socket = build(() => make(Socket, [options], new.target ?? Socket));
    if (fresh) own(socket, making ?? AMBIENT);
    return socket;
  });
  defineProperty(net, 'Stream', { value: W, writable: true, enumerable: true, configurable: true });
  const S = stand(net, 'Server', function Server_(...args) {
    if (new.target === undefined && this instanceof Server) {
      apply(Server, this, args);
      own(this, making ?? AMBIENT);
      return undefined;
    }
    const server = make(Server, args, new.target ?? Server);
    own(server, making ?? AMBIENT);
    return server;
  });
  stand(net, 'createServer', function createServer(...args) { return new S(...args); });
  stand(net, 'BoundSocket', function BoundSocket_(options) {
    if (new.target === undefined) throw new TypeError("Class constructor BoundSocket cannot be invoked without 'new'");
    const copy = options !== null && typeof options === 'object' ? { ...options } : options;
    return withAnything(() => make(BoundSocket, options === undefined ? [] : [copy], new.target));
  });
  const { _createServerHandle } = net;
  stand(net, '_createServerHandle', function createServerHandle(...args) { return withAnything(() => apply(_createServerHandle, undefined, args)); });
}

// the next address of the same attempt gets a new handle
function reinitialise(prototype) {
  const method = prototype[kReinitializeHandle];
  replace(prototype, kReinitializeHandle, function (handle) {
    const attempt = attempts.get(this);
    if (attempt !== undefined && handle !== null && typeof handle === 'object' && !byHandle.has(handle)) byHandle.set(handle, attempt);
    return apply(method, this, [handle]);
  });
}
function sealPrototypes() {
  freezeFunction(host.internal('internal/stream_base_commons').onStreamRead);
  use('facade/seal_timeout').sealSocket(Socket.prototype);
  replace(Socket.prototype, 'connect', connect);
  replace(Server.prototype, 'listen', listen);
  replace(Server.prototype, '_listen2', listen2);
  reinitialise(Socket.prototype);
  for (const C of [Socket, Server, BoundSocket]) disarm(C);
}

// -- tls
const tls = () => host.real('tls');
const tlsArguments = (args) => {
  const [options, callback] = normalizeArgs(args);
  const more = [args[1], args[2]].find((x) => x !== null && typeof x === 'object');
  return { options: { ...options, ...more }, callback };
};
let tlsConnect;                          // loading tls costs 10 ms: it is sealed on first use, Node's own first use included
// tls.connect for compartment c, with options that are read already
function connectTls(c, options, callback, decided) {
  if (!options.socket) options[kTicket] = ticket({ c, key: decided, once: true });
  return callback ? tlsConnect(options, callback) : tlsConnect(options);
}
const sealTls = () => { if (tlsConnect === undefined) host.whole(wrapTls); };
function wrapTls() {
  const module = tls();
  tlsConnect = module.connect;
  stand(module, 'connect', function connect(...args) {
    const { options, callback } = tlsArguments(args);
    const t = ticketOf(options);
    if (t !== undefined) spend(options);
    return connectTls(t?.c ?? making ?? AMBIENT, options, callback, t?.key);
  });
  const { createSecureContext } = module;
  stand(module, 'createSecureContext', (options) => {
    const made = use('facade/seal_hidden').withEngines(() => createSecureContext(options));
    // one for all connections of a server
    if (!made.singleUse) Object.freeze(Object.freeze(made).context);
    return made;
  });
  const { TLSSocket, Server: TlsServer } = module;
  stand(module, 'TLSSocket', function TLSSocket_(socket, options) {
    if (new.target === undefined && this instanceof TLSSocket) {
      apply(TLSSocket, this, [socket, options]);
      if (!socket) own(this, making ?? AMBIENT);
      return undefined;
    }
    const made = make(TLSSocket, [socket, options], new.target ?? TLSSocket);
    if (!socket) own(made, making ?? AMBIENT);
    return made;
  });
  use('facade/seal_server').sealTls(TLSSocket);
  reinitialise(TLSSocket.prototype);
  lockHandle(internalBinding('tls_wrap').TLSWrap);
  for (const C of [TLSSocket, TlsServer]) disarm(C);
}
// Node's fetch loads tls when it first needs it, and calls it before this file heard of it. Until then no package can have a TLSSocket or its prototype.
function isFirstTls(socket) {
  if (tlsConnect !== undefined || socket._tlsOptions === undefined) return false;
  const { TLSSocket } = tls();
  sealTls();
  return socket instanceof TLSSocket;
}

// process.stdin and its like open their descriptor on first use
function openStdio() {
  const { process } = host.global;
  for (const [fd, name] of ['stdin', 'stdout', 'stderr'].entries()) {
    const d = getOwnPropertyDescriptor(process, name);
    if (d?.get === undefined || !d.configurable) continue;
    const { get } = d;
    defineProperty(process, name, { ...d, get() { return open(fd, () => apply(get, this, [])); } });
  }
}

const PARTS = {
  __proto__: null,
  tls: sealTls,
  http: () => use('facade/seal_http').sealHttp(),
  https: () => { sealTls(); use('facade/seal_http').sealHttp(); use('facade/seal_http').sealHttps(); },
  http2: () => { sealTls(); use('facade/seal_http').sealHttp2(); },
  dns: () => use('facade/seal_dns').seal(),
  'dns/promises': () => use('facade/seal_dns').seal(),
  dgram: () => use('facade/dgram').sealHandles(),
  child_process: () => {
    const { ChildProcess } = host.real('child_process');
    disarm(ChildProcess);
    sealOnSet(ChildProcess.prototype, 'channel');
  },
};
for (const name of ['agent', 'client', 'common', 'incoming', 'outgoing', 'server']) PARTS[`_http_${name}`] = PARTS.http;
for (const name of ['common', 'wrap']) PARTS[`_tls_${name}`] = PARTS.tls;
const done = new Set();
// Once per builtin, before anybody gets a copy or a facade of it.
exports.seal = (_, name = 'net') => {
  if (done.size === 0) {
    openStdio();
    sealPrototypes();
    guardHandles();
    sealModule();
    use('facade/seal_server').seal();
    const { ReadStream, WriteStream } = host.real('tty');
    for (const C of [ReadStream, WriteStream]) disarm(C);
    done.add('net');
  }
  if (done.has(name)) return;
  done.add(name);
  PARTS[name]?.();
};

Object.assign(exports, { AMBIENT, owners, own, tickets, ticket, ticketOf, spend, kTicket, replace, disarm, stand, netConnect, connectTls, connectSocket,
  lockHandle, vetHandlers, sealOnSet, construct, adopt, real, Socket, Server, open });
