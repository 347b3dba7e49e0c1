// A resolver asks servers on the network, so it is owned like a socket: see seal_net.js. Questions through a confined package's resolver are
// decided by name; the servers of a resolver are changed only by a package that may connect to them.

const { disarm, stand, replace, lockHandle, AMBIENT } = use('facade/seal_net');
const { denied, may, peek, values } = use('deny');
const { remember, orphan, text } = use('facade/endpoint');
const { apply, construct: make, defineProperty, ownKeys, getPrototypeOf } = Reflect;
const nextTick = host.global.process.nextTick.bind(host.global.process);

const dns = host.real('dns');
const promises = dns.promises;

// Whose resolver is being made. A subclass runs code of its own before the constructor returns: from its first handle on it has an owner.
let maker;
host.inside(() => maker);
const within = (c, fn) => {
  const before = maker;
  maker = c;
  try { return fn(); } finally { maker = before; }
};
const plain = ([options]) => [{ ...options }];          // read before, by whoever gave them
const resolvers = new WeakMap();                        // resolver, and its handle -> { c, servers: it asks servers of its own }
const ownerOf = (resolver) => {
  const o = resolvers.get(resolver);
  if (o === undefined) throw orphan('a resolver');
  return o;
};

// In a box the supervisor stands for the name servers of the system (docs/design/box.md). c-ares compares who answers with whom it asked, so it is told; shown
// are those servers.
const port = host.plan.box?.dns ?? 0;
const OURS = [4, '127.0.0.1', port];
const lead = (handle, o, { getServers, setServers }) => {
  if (port === 0) return;
  o.system = apply(getServers, handle, []);
  if (apply(setServers, handle, [[OURS]]) === 0) o.shown = o.system;
};
const isSystem = (o, address, at) => o.system !== undefined && (at === 53 || at === 0) && o.system.some(([a, p]) => a === address && p === 53);

// The binding: the handle of a resolver is a property of it, and so are the methods between the two. What is asked and of whom is decided again here. No
// other handle takes its place: what it answers vouches for addresses.
const keepHandle = (resolver, o, methods) => {
  const { _handle: handle } = resolver;
  apply(methods.getServers, handle, []);                // throws unless it is one
  lead(handle, o, methods);
  if (!o.c.ambient && !defineProperty(resolver, '_handle', { value: Object.freeze(handle), writable: false, enumerable: true, configurable: false })) throw orphan('a resolver');
  resolvers.set(handle, o);
  resolvers.set(resolver, o);
};
function guardHandle({ prototype }) {
  const guard = (key, check) => {
    const method = prototype[key];
    replace(prototype, key, { [key](...args) {
      const o = ownerOf(this);
      // the binding ends the process over a request that is none
      if (key !== 'setServers' && key !== 'setLocalAddress' && (args[0] === null || typeof args[0] !== 'object' || typeof args[1] !== 'string')) throw new TypeError(`${key}() takes a request and a name`);
      const result = apply(method, this, o.c.ambient ? args : check(o, ...args));
      if (key === 'setServers' && result === 0 && o.system !== undefined) o.shown = o.next;
      return result;
    } }[key]);
  };
  const { getServers } = prototype;
  replace(prototype, 'getServers', { getServers() {
    const shown = resolvers.get(this)?.shown;
    return shown === undefined ? apply(getServers, this, []) : shown.map((s) => [...s]);
  } }.getServers);
  for (const key of ownKeys(prototype)) if (typeof key === 'string' && /^(query|getHostByAddr$)/.test(key)) guard(key, (o, request, name, ...rest) => {
    if (!mayAsk(o.c, text(name, 'name'))) throw refused(o.c, name, key);
    return [request, name, ...rest];
  });
  guard('setServers', (o, servers) => {
    const list = [...servers].map(([family, address, port]) => [family === 6 ? 6 : 4, text(address, 'address'), port >>> 0]);
    for (const [, address, at] of list) mayAskAt(o, address, at);
    o.next = list.map(([, address, at]) => [address, at]);
    return [list.map((s) => (isSystem(o, s[1], s[2]) ? OURS : s))];
  });
  guard('setLocalAddress', (o, address) => { throw denied(o.c, 'net.connect', `${address}`, -1); });
}
const mayAskAt = (o, name, port) => {
  if (!may(o.c, 'net.connect', name, port)) throw denied(o.c, 'net.connect', name, port, { syscall: 'connect' });
  o.servers = true;
};

const refused = (c, name, syscall) => denied(c, 'net.connect', name, -1, { syscall, hostname: name });
// A name may be asked for when some grant covers it on some port: the ports that the grants name, or any.
const mayAsk = (c, name) => {
  const ports = new Set([1]);
  for (const value of values(c, 'net.connect')) ports.add(Number(/:(\d{1,5})$/.exec(value)?.[1] ?? 1));
  for (const port of ports) if (peek(c, 'net.connect', name, port)) return true;
  return may(c, 'net.connect', name, -1);
};
const addressesIn = (result) => (Array.isArray(result) ? result : [result]).map((r) => (typeof r === 'string' ? r : r?.address)).filter((a) => typeof a === 'string');
const RECORDED = new Set(['resolve', 'resolve4', 'resolve6', 'resolveAny']);

function sealClass(C, promised) {
  for (const key of ownKeys(C.prototype)) {
    if (typeof key !== 'string' || !/^(resolve|reverse)/.test(key)) continue;
    const query = C.prototype[key];
    replace(C.prototype, key, { [key](name, ...rest) {
      const o = ownerOf(this);
      if (o.c.ambient) return apply(query, this, [name, ...rest]);
      text(name, 'name');
      if (!mayAsk(o.c, name)) {
        const error = refused(o.c, name, `query${key.slice(7) || 'A'}`);
        if (promised) return host.realGlobal.Promise.reject(error);
        nextTick(rest[rest.length - 1], error);
        return {};
      }
      // a resolver that was pointed at other servers vouches for nothing
      const keep = RECORDED.has(key) && !o.servers ? (result) => { for (const a of addressesIn(result)) remember(name, a); } : () => {};
      if (promised) return apply(query, this, [name, ...rest]).then((result) => { keep(result); return result; });
      const callback = rest.pop();
      apply(query, this, [name, ...rest, typeof callback !== 'function' ? callback : (error, ...result) => { if (!error) keep(result[0]); callback(error, ...result); }]);
      return {};
    } }[key]);
  }
  disarm(C);
}

function sealBase(Base, methods) {
  const kInitialise = ownKeys(Base.prototype).find((k) => String(k) === 'Symbol(dns:resolver:initializeHandle)');
  const initialise = Base.prototype[kInitialise];
  replace(Base.prototype, kInitialise, function (...args) {
    if (maker === undefined || resolvers.has(this)) throw orphan('a resolver');
    const o = { c: maker, servers: false };
    apply(initialise, this, args);
    keepHandle(this, o, methods);
  });
  const { setServers, setLocalAddress } = Base.prototype;
  replace(Base.prototype, 'setServers', function (servers) {
    const o = ownerOf(this);
    if (o.c.ambient) return apply(setServers, this, [servers]);
    if (!Array.isArray(servers)) return apply(setServers, this, [servers]);
    const list = [...servers].map((s) => text(s, 'servers[]'));
    for (const s of list) {
      const [, name, port] = /^\[?(.*?)\]?(?::(\d+))?$/.exec(host.real('net').isIP(s) ? `[${s}]` : s);
      mayAskAt(o, name, Number(port ?? 53));
    }
    return apply(setServers, this, [list]);
  });
  replace(Base.prototype, 'setLocalAddress', function (...args) {
    const o = ownerOf(this);
    if (!o.c.ambient) throw denied(o.c, 'net.connect', `${args[0]}`, -1);
    return apply(setLocalAddress, this, args);
  });
  disarm(Base);
}

const classes = { callback: dns.Resolver, promised: promises.Resolver };
let done = false;
exports.seal = () => {
  if (done) return;
  done = true;
  const { ChannelWrap } = host.internal('internal/test/binding').internalBinding('cares_wrap');
  const { prototype } = ChannelWrap;
  const methods = { getServers: prototype.getServers, setServers: prototype.setServers };
  sealBase(getPrototypeOf(classes.callback), methods);
  const first = within(AMBIENT, host.internal('internal/dns/utils').getDefaultResolver);
  if (!resolvers.has(first)) keepHandle(first, { c: AMBIENT, servers: false }, methods);
  sealClass(classes.callback, false);
  sealClass(classes.promised, true);
  for (const module of [dns, promises]) {
    const { Resolver, setServers } = module;
    stand(module, 'Resolver', function Resolver_(...args) {
      if (new.target === undefined) throw new TypeError("Class constructor Resolver cannot be invoked without 'new'");
      const given = plain(args);
      return within(AMBIENT, () => make(Resolver, given, new.target));
    });
    stand(module, 'setServers', function (servers) {
      const list = Array.isArray(servers) ? [...servers] : servers;
      return within(AMBIENT, () => apply(setServers, module, [list]));
    });
  }
  guardHandle(ChannelWrap);
  lockHandle(ChannelWrap);
};

// A resolver of compartment c.
exports.make = (c, kind, args, target) => {
  const given = plain(args);
  return within(c, () => make(classes[kind], given, target ?? classes[kind]));
};
Object.assign(exports, { mayAsk, refused, addressesIn, classes });
