// require('http2') of a confined package. Sessions run over sockets that the package's own net and tls opened.

const { port: portOf, text } = use('facade/endpoint');
const { seal, construct, own } = use('facade/seal_net');
const { noEngines } = use('facade/tls');
const { named } = use('deny');

const real = host.real('http2');
const { isIP } = host.real('net');
const { codes } = host.internal('internal/errors');
const { URL } = host.real('url');
const isUrl = (value) => host.internal('internal/url').isURL(value);

// authority as { protocol, port, host }, read once, by Node's rules
const endpointOf = (authority, options) => {
  if (typeof authority === 'string') authority = new URL(authority);
  if (authority === null || typeof authority !== 'object') throw new codes.ERR_INVALID_ARG_TYPE('authority', ['string', 'Object', 'URL'], authority);
  const read = isUrl(authority) ? { protocol: authority.protocol, port: authority.port, hostname: authority.hostname, host: authority.host }
    : { protocol: authority.protocol, port: authority.port, hostname: authority.hostname, host: authority.host };
  const protocol = read.protocol || options.protocol || 'https:';
  const number = read.port !== '' && read.port !== undefined ? portOf(read.port) : read.protocol === 'http:' ? 80 : 443;
  let name = text(`${read.hostname || read.host || 'localhost'}`, 'authority.host');
  if (name[0] === '[') name = name.slice(1, -1);
  return { protocol: `${protocol}`, port: number, host: name };
};

const made = new WeakMap();
exports.make = (c) => {
  if (made.has(c)) return made.get(c);
  seal(host, 'http2');
  const opener = ({ protocol, port, host: name }, options) => () => {
    if (protocol === 'http:') return use('facade/net').make(c).connect({ ...options, port, host: name });
    if (protocol !== 'https:') throw new codes.ERR_HTTP2_UNSUPPORTED_PROTOCOL(protocol);
    const ALPNProtocols = options.ALPNProtocols ?? (options.allowHTTP1 === true ? ['h2', 'http/1.1'] : ['h2']);
    const servername = options.servername ?? (isIP(name) ? undefined : name);
    return use('facade/tls').make(c).connect({ ...options, port, host: name, ALPNProtocols, servername });
  };
  const module = {
    connect: named((authority, options, listener) => {
      if (typeof options === 'function') { listener = options; options = undefined; }
      const o = { ...options };
      const to = endpointOf(authority, o);
      if (typeof o.createConnection !== 'function') o.createConnection = opener(to, { ...o });
      const plain = { protocol: to.protocol, port: `${to.port}`, hostname: to.host, host: to.host };
      return real.connect(plain, o, listener);
    }, 'connect', 3),
    constants: { ...real.constants },
    createServer(options, handler) { return makeServer('createServer', options, handler); },
    createSecureServer(options, handler) {
      const own = typeof options === 'object' && options !== null ? { ...options } : options;
      noEngines(c, own);
      return makeServer('createSecureServer', own, handler);
    },
    getDefaultSettings: real.getDefaultSettings,
    getPackedSettings: real.getPackedSettings,
    getUnpackedSettings: real.getUnpackedSettings,
    performServerHandshake: real.performServerHandshake,
    sensitiveHeaders: real.sensitiveHeaders,
    Http2ServerRequest: real.Http2ServerRequest,
    Http2ServerResponse: real.Http2ServerResponse,
  };
  const makeServer = (key, options, handler) => {
    const server = construct.of(c, () => real[key](options, handler));
    own(server, c);
    return server;
  };
  made.set(c, module);
  return module;
};
