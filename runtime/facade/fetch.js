// fetch, WebSocket and EventSource of a package. They are Node's own (undici) over a dispatcher of the package's own, whose connections carry the
// package's ticket: every connection, also after a redirect and for every address of a name, is decided by net.connect in seal_net.js.

const { seal, ticket, kTicket } = use('facade/seal_net');
const { named } = use('deny');

const INIT = ['method', 'headers', 'body', 'referrer', 'referrerPolicy', 'mode', 'credentials', 'cache', 'redirect', 'integrity', 'keepalive', 'signal', 'window', 'duplex', 'priority'];
const DATA = ['FormData', 'Headers', 'Request', 'Response', 'CloseEvent', 'MessageEvent', 'ErrorEvent'];

let undici;
const load = () => {
  if (undici === undefined) {
    seal(host, 'net');
    use('globals').fetchGoesLive?.();
    undici = host.internal('internal/deps/undici/undici');
    for (const name of ['WebSocket', 'EventSource']) use('seal').value(undici[name], name);
  }
  return undici;
};

const dispatchers = new WeakMap();
const dispatcherOf = (c) => {
  let d = dispatchers.get(c);
  if (d === undefined) {
    // with all proxies named empty this is a plain agent; the ticket goes with the connector's options to net.connect and tls.connect
    d = new (load().EnvHttpProxyAgent)({ httpProxy: '', httpsProxy: '', noProxy: '', connect: { [kTicket]: ticket({ c }) } });
    dispatchers.set(c, d);
  }
  return d;
};
const isObject = (value) => value !== null && (typeof value === 'object' || typeof value === 'function');

const made = new WeakMap();
exports.make = (c) => {
  if (made.has(c)) return made.get(c);
  // a dispatcher that the package brings connects with what the package has
  const withDispatcher = (from) => (isObject(from) && isObject(from.dispatcher) ? from.dispatcher : dispatcherOf(c));
  const fetch = named((input, init = undefined) => {
    const real = load().fetch;
    if (c.ambient) return real(input, init);
    if (init !== undefined && init !== null && !isObject(init)) return real(input, init);
    const own = { __proto__: null };
    for (const key of INIT) { const value = init?.[key]; if (value !== undefined) own[key] = value; }
    own.dispatcher = withDispatcher(init);
    return real(input, own);
  }, 'fetch', 1);
  const module = { fetch };
  const lazyClass = (name, withOptions) => {
    let C;
    Object.defineProperty(module, name, {
      get() {
        if (C === undefined) {
          const Real = load()[name];
          C = { [name]: function (...args) {
            if (new.target === undefined) throw new TypeError(`Class constructor ${name} cannot be invoked without 'new'`);
            return Reflect.construct(Real, c.ambient ? args : withOptions(args), new.target);
          } }[name];
          C.prototype = Real.prototype;
          for (const key of ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED']) if (key in Real) Object.defineProperty(C, key, { value: Real[key], enumerable: true });
          Object.setPrototypeOf(C, Object.getPrototypeOf(Real));
        }
        return C;
      },
      enumerable: true, configurable: true,
    });
  };
  lazyClass('WebSocket', ([url, options]) => {
    const own = isObject(options) && !Array.isArray(options) ? { protocols: options.protocols, headers: options.headers } : options === undefined ? {} : { protocols: options };
    for (const key of Object.keys(own)) if (own[key] === undefined) delete own[key];
    return [url, { ...own, dispatcher: withDispatcher(options) }];
  });
  lazyClass('EventSource', ([url, options]) => [url, { withCredentials: options?.withCredentials ?? false, node: { dispatcher: withDispatcher(options?.node) } }]);
  for (const key of DATA) Object.defineProperty(module, key, { get: () => load()[key], enumerable: true, configurable: true });
  made.set(c, module);
  return module;
};
