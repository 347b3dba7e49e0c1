// A resolver asks servers on the network, so it is owned like a socket: see seal_net.js. Questions through a confined package's resolver are
// decided by name; the servers of a resolver are changed only by a package that may connect to them.

const { owners, own, disarm, stand, replace, lockHandle, AMBIENT } = use('facade/seal_net');
const { denied, may, peek, values } = use('deny');
const { remember, orphan, text } = use('facade/endpoint');
const { apply, construct: make, ownKeys, getPrototypeOf } = Reflect;
const nextTick = host.global.process.nextTick.bind(host.global.process);

const dns = host.real('dns');
const promises = dns.promises;

let constructing = 0;
host.inside(() => constructing);
const within = (fn) => { constructing++; try { return fn(); } finally { constructing--; } };

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
      const o = owners.get(this);
      if (o === undefined || o.c.ambient) return apply(query, this, [name, ...rest]);
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

function sealBase(Base) {
  const kInitialise = ownKeys(Base.prototype).find((k) => String(k) === 'Symbol(dns:resolver:initializeHandle)');
  const initialise = Base.prototype[kInitialise];
  replace(Base.prototype, kInitialise, function (...args) {
    if (constructing === 0) throw orphan('a resolver');
    return apply(initialise, this, args);
  });
  const { setServers, setLocalAddress } = Base.prototype;
  replace(Base.prototype, 'setServers', function (servers) {
    const o = owners.get(this);
    if (o === undefined || o.c.ambient) return apply(setServers, this, [servers]);
    if (!Array.isArray(servers)) return apply(setServers, this, [servers]);
    const list = [...servers].map((s) => text(s, 'servers[]'));
    for (const s of list) {
      const [, name, port] = /^\[?(.*?)\]?(?::(\d+))?$/.exec(host.real('net').isIP(s) ? `[${s}]` : s);
      if (!may(o.c, 'net.connect', name, Number(port ?? 53))) throw denied(o.c, 'net.connect', name, Number(port ?? 53), { syscall: 'connect' });
    }
    o.servers = true;
    return apply(setServers, this, [list]);
  });
  replace(Base.prototype, 'setLocalAddress', function (...args) {
    const o = owners.get(this);
    if (o !== undefined && !o.c.ambient) throw denied(o.c, 'net.connect', `${args[0]}`, -1);
    return apply(setLocalAddress, this, args);
  });
  disarm(Base);
}

const classes = { callback: dns.Resolver, promised: promises.Resolver };
let done = false;
exports.seal = () => {
  if (done) return;
  done = true;
  dns.getServers();                     // makes the default resolver, while that is still allowed
  sealBase(getPrototypeOf(classes.callback));
  sealClass(classes.callback, false);
  sealClass(classes.promised, true);
  for (const module of [dns, promises]) {
    const { Resolver, setServers } = module;
    stand(module, 'Resolver', function Resolver_(...args) {
      if (new.target === undefined) throw new TypeError("Class constructor Resolver cannot be invoked without 'new'");
      const resolver = within(() => make(Resolver, args, new.target));
      own(resolver, AMBIENT);
      return resolver;
    });
    stand(module, 'setServers', function (servers) { return within(() => apply(setServers, module, [servers])); });
  }
  lockHandle(host.internal('internal/test/binding').internalBinding('cares_wrap').ChannelWrap);
};

// A resolver of compartment c.
exports.make = (c, kind, args, target) => {
  const resolver = within(() => make(classes[kind], args, target ?? classes[kind]));
  own(resolver, c);
  return resolver;
};
Object.assign(exports, { mayAsk, refused, addressesIn, classes });
