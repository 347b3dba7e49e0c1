// require('dns') and require('dns/promises') of a confined package. A name may be looked up when some net.connect grant names it: seal_dns.js.

const { listOf, remember, text, unsupported } = use('facade/endpoint');
const { seal } = use('facade/seal_net');
const { named } = use('deny');

const real = host.real('dns');
const { codes } = host.internal('internal/errors');
const { isIP } = host.real('net');
const nextTick = host.global.process.nextTick.bind(host.global.process);
const NPromise = host.realGlobal.Promise;

const QUERIES = ['resolve', 'resolve4', 'resolve6', 'resolveAny', 'resolveCaa', 'resolveCname', 'resolveMx', 'resolveNaptr', 'resolveNs', 'resolvePtr', 'resolveSoa', 'resolveSrv', 'resolveTlsa',
  'resolveTxt', 'reverse'];
const LOOKUP = ['family', 'hints', 'all', 'verbatim', 'order'];
const ORDERS = ['verbatim', 'ipv4first', 'ipv6first'];

const lookupOptions = (options, order) => {
  if (options === null || typeof options !== 'object') return typeof options === 'number' ? { family: options, order } : options === undefined ? { order } : options;
  const out = { __proto__: null };
  for (const key of LOOKUP) { const value = options[key]; if (value !== undefined) out[key] = value; }
  if (out.order === undefined && out.verbatim === undefined) out.order = order;
  return out;
};

const made = new WeakMap();
exports.make = (c) => {
  if (made.has(c)) return made.get(c);
  seal(host, 'dns');
  const { mayAsk, refused, make: makeResolver } = use('facade/seal_dns');
  let order = real.getDefaultResultOrder();
  // lookups of a package's own: one resolver for each of the two shapes, made when first asked
  let callbacks; let promised;
  const resolver = () => (callbacks ??= makeResolver(c, 'callback', []));
  const promisedResolver = () => (promised ??= makeResolver(c, 'promised', []));

  function lookup(name, options, callback) {
    if (typeof options === 'function') { callback = options; options = undefined; }
    if (typeof callback !== 'function') throw new codes.ERR_INVALID_ARG_TYPE('callback', 'Function', callback);
    const o = lookupOptions(options, order);
    if (name) text(name, 'hostname');
    if (typeof name !== 'string' || name === '' || isIP(name)) return plain(real.lookup(name, o, callback));
    if (!mayAsk(c, name)) {
      nextTick(callback, refused(c, name, 'getaddrinfo'));
      return {};
    }
    return plain(real.lookup(name, o, (error, address, family) => {
      if (error) { callback(error); return; }
      for (const a of listOf(address, family)) remember(name, a.address);
      if (Array.isArray(address)) callback(null, address); else callback(null, address, family);
    }));
  }
  // the request object that Node returns leads nowhere useful
  const plain = () => ({});
  function lookupService(address, port, callback) {
    if (arguments.length !== 3) throw new codes.ERR_MISSING_ARGS('address', 'port', 'callback');
    if (isIP(address) && !mayAsk(c, text(address, 'address'))) {
      nextTick(callback, refused(c, address, 'getnameinfo'));
      return {};
    }
    return plain(real.lookupService(address, port, (...args) => callback(...args)));
  }
  const Resolver = (kind) => named(function Resolver(...args) {
    if (new.target === undefined) throw new TypeError("Class constructor Resolver cannot be invoked without 'new'");
    return makeResolver(c, kind, args, new.target);
  }, 'Resolver', 0);
  const settings = {
    getDefaultResultOrder: () => order,
    setDefaultResultOrder(value) {
      if (!ORDERS.includes(value)) throw new codes.ERR_INVALID_ARG_VALUE('dnsOrder', value, `must be one of: ${ORDERS.map((o) => `'${o}'`).join(', ')}`);
      order = value;
    },
    setServers() { throw unsupported('dns.setServers'); },
  };
  const constants = {};
  for (const key of Object.keys(real)) if (typeof real[key] === 'number' || (typeof real[key] === 'string' && /^[A-Z]/.test(key))) constants[key] = real[key];

  const asPromise = (fn) => (...args) => new NPromise((resolve, reject) => { fn(...args, (error, ...values) => { if (error) reject(error); else resolve(values); }); });
  const promises = {
    lookup: named((name, options) => {
      const o = options === undefined || options === null ? {} : typeof options === 'number' ? { family: options } : lookupOptions(options, undefined);
      return asPromise(lookup)(name, { ...o }).then(([address, family]) => (o.all ? address : { address, family }));
    }, 'lookup', 2),
    lookupService: named((address, port) => asPromise((a, p, cb) => lookupService(a, p, cb))(address, port).then(([hostname, service]) => ({ hostname, service })), 'lookupService', 2),
    Resolver: Resolver('promised'),
    ...settings,
  };
  const { callback: RealResolver, promised: RealPromised } = use('facade/seal_dns').classes;
  promises.Resolver.prototype = RealPromised.prototype;
  const module = { lookup, lookupService, Resolver: Resolver('callback'), ...settings, ...constants };
  module.Resolver.prototype = RealResolver.prototype;
  const { customPromisifyArgs } = host.internal('internal/util');
  Object.defineProperty(lookup, customPromisifyArgs, { value: ['address', 'family'] });
  Object.defineProperty(lookupService, customPromisifyArgs, { value: ['hostname', 'service'] });
  module.getServers = () => resolver().getServers();
  promises.getServers = () => promisedResolver().getServers();
  for (const key of QUERIES) {
    module[key] = named((...args) => resolver()[key](...args), key, real[key].length);
    promises[key] = named((...args) => promisedResolver()[key](...args), key, real[key].length);
  }
  for (const key of Object.keys(real.promises)) if (typeof real.promises[key] === 'string') promises[key] = real.promises[key];
  module.promises = promises;
  made.set(c, module);
  return module;
};
