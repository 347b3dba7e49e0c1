// require('dgram') of a confined package. A datagram socket has its handle from birth, so the decision sits on the handle: what is bound, connected
// or sent is compared with the grants of the package that made it, datagram by datagram.

const { EACCES, pick, listOf, orphan, remember, text } = use('facade/endpoint');
const { seal, replace, lockHandle, disarm } = use('facade/seal_net');
const { holds, may, named, peek } = use('deny');
const { apply } = Reflect;
const { psx } = host;

const real = host.real('dgram');
const { Socket: RealSocket } = real;
const { codes } = host.internal('internal/errors');
const { kStateSymbol } = host.internal('internal/dgram');
const { UDP } = host.internal('internal/test/binding').internalBinding('udp_wrap');
const { isIP } = host.real('net');
const nextTick = host.global.process.nextTick.bind(host.global.process);
const KEPT = 256;

// handle -> { c, names: address -> names it was found by, good: endpoints that were allowed }. Handles without an entry are the ambient application's.
const handles = new WeakMap();

const reaches = (h, address, port) => {
  const { c, good, names } = h;
  const key = `${address} ${port}`;
  if (good.has(key)) return true;
  const byName = [...names.get(address) ?? []].find((name) => peek(c, 'net.connect', name, port) && psx.address(c.id, name, port, address));
  if (!may(c, 'net.connect', byName ?? address, port)) return false;
  if (good.size >= KEPT) good.clear();
  good.add(key);
  return true;
};
const ANY = new Set(['0.0.0.0', '::']);

exports.sealHandles = () => {
  const guard = (key, allows) => {
    const method = UDP.prototype[key];
    replace(UDP.prototype, key, { [key](...args) {
      const h = handles.get(this);
      return h === undefined || allows(h, ...args) ? apply(method, this, args) : EACCES;
    } }[key]);
  };
  for (const key of ['connect', 'connect6']) guard(key, reaches);
  for (const key of ['send', 'send6']) {
    // (request, list, count, port, address, callback) or, once connected, (request, list, count, callback)
    guard(key, (h, request, list, count, port, address) => typeof port !== 'number' || reaches(h, address, port));
  }
  // A client needs a port to hear answers on: any port of any address is bound for whoever may connect somewhere.
  for (const key of ['bind', 'bind6']) guard(key, (h, address, port) => (port === 0 && ANY.has(address) && holds(h.c, 'net.connect')) || may(h.c, 'net.listen', address, port));
  // joining a group tells the network, and brings what it sends
  guard('addMembership', (h, group) => reaches(h, group, 0));
  guard('addSourceSpecificMembership', (h, source, group) => reaches(h, group, 0));
  guard('open', () => false);
  lockHandle(UDP);
  disarm(RealSocket);
};

const OPTIONS = ['type', 'reuseAddr', 'reusePort', 'ipv6Only', 'recvBufferSize', 'sendBufferSize', 'signal', 'receiveBlockList', 'sendBlockList'];

const made = new WeakMap();
exports.make = (c) => {
  if (made.has(c)) return made.get(c);
  seal(host, 'dgram');
  const create = (type, listener, target) => {
    const options = type !== null && typeof type === 'object' ? pick(type, [...OPTIONS, 'lookup']) : { __proto__: null, type };
    const { lookup: own } = options;
    if (own !== undefined && typeof own !== 'function') throw new codes.ERR_INVALID_ARG_TYPE('lookup', 'Function', own);
    const names = new Map();
    options.lookup = (name, family, callback) => {
      if (isIP(name)) { nextTick(callback, null, name, isIP(name)); return; }
      text(name, 'address');
      use('facade/dns').make(c).lookup(name, family, (error, address, kind) => {
        if (error) { callback(error); return; }
        for (const a of listOf(address, kind)) {
          if (names.size > KEPT) names.clear();
          names.set(a.address, [...names.get(a.address) ?? [], name].slice(-8));
          remember(name, a.address);
        }
        callback(null, address, kind);
      });
    };
    // made as Node's own class, so that no code of the package runs before the handle is known
    const socket = new RealSocket(options, listener);
    const { handle } = socket[kStateSymbol];
    handles.set(handle, { c, names, good: new Set() });
    if (target !== undefined && target.prototype !== RealSocket.prototype) Object.setPrototypeOf(socket, target.prototype);
    return socket;
  };
  const Socket = named(function Socket(type, listener) {
    if (new.target === undefined && this instanceof Socket) throw orphan('dgram.Socket.call()');
    return create(type, listener, new.target);
  }, 'Socket', 2);
  Socket.prototype = RealSocket.prototype;
  Object.setPrototypeOf(Socket, use('facade/events').EventEmitter);
  const module = { createSocket(type, listener) { return create(type, listener, undefined); }, Socket };
  made.set(c, module);
  return module;
};
