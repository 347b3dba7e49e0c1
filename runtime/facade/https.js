// require('https') of a confined package: http with tls beneath.

const { seal } = use('facade/seal_net');
const { facadeClass } = use('facade/net');
const { noEngines } = use('facade/tls');

const made = new WeakMap();
exports.make = (c) => {
  if (made.has(c)) return made.get(c);
  seal(host, 'https');
  const real = host.real('https');
  const client = use('facade/http').client(c, real, use('facade/seal_http').HttpsAgent());
  const module = {
    Agent: client.Agent,
    globalAgent: undefined,
    Server: facadeClass(c, real.Server, use('facade/tls').make(c).Server, ([options, ...rest]) => {
      const own = typeof options === 'object' && options !== null ? { ...options } : options;
      noEngines(c, own);
      return [own, ...rest];
    }),
    createServer(options, listener) { return new module.Server(options, listener); },
    get: client.get,
    request: client.request,
  };
  Object.defineProperty(module, 'globalAgent', { get: client.agent, set: client.set, enumerable: true, configurable: true });
  made.set(c, module);
  return module;
};
