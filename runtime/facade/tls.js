// require('tls') of a confined package. Contexts and certificates are data; connecting is net's business, see seal_net.js.

const { pick, connectOptions, SOCKET, CONNECT, unsupported } = use('facade/endpoint');
const { seal, connectTls } = use('facade/seal_net');
const { facadeClass } = use('facade/net');
const { denied, named, holds } = use('deny');

const real = host.real('tls');
const { _normalizeArgs: normalizeArgs } = host.real('net');

const CONTEXT = ['ca', 'cert', 'ciphers', 'crl', 'dhparam', 'ecdhCurve', 'honorCipherOrder', 'key', 'maxVersion', 'minVersion', 'passphrase', 'pfx', 'secureOptions', 'secureProtocol',
  'sessionIdContext', 'sessionTimeout', 'sigalgs', 'ticketKeys', 'allowPartialTrustChain', 'certificateCompression', 'singleUse'];
const CLIENT = ['rejectUnauthorized', 'servername', 'checkServerIdentity', 'session', 'minDHSize', 'secureContext', 'ALPNProtocols', 'requestOCSP', 'pskCallback', 'socket', 'isServer',
  'requestCert', 'server', 'ALPNCallback', 'SNICallback', 'handshakeTimeout', 'pauseOnConnect'];
const ENGINES = ['clientCertEngine', 'privateKeyEngine', 'privateKeyIdentifier'];
const DEFAULTS = ['DEFAULT_CIPHERS', 'DEFAULT_ECDH_CURVE', 'DEFAULT_MIN_VERSION', 'DEFAULT_MAX_VERSION', 'CLIENT_RENEG_LIMIT', 'CLIENT_RENEG_WINDOW'];

// An engine is a library that OpenSSL loads into the process.
const noEngines = (c, options) => {
  for (const key of ENGINES) if (options !== null && options !== undefined && options[key] !== undefined && options[key] !== null && !holds(c, 'native')) throw denied(c, 'native', `${key}`);
};

// What the package set on its own copy of the module goes with its own connections.
const OWN_DEFAULTS = { __proto__: null, DEFAULT_CIPHERS: 'ciphers', DEFAULT_MIN_VERSION: 'minVersion', DEFAULT_MAX_VERSION: 'maxVersion', DEFAULT_ECDH_CURVE: 'ecdhCurve' };
const withDefaults = (module, options) => {
  for (const [name, key] of Object.entries(OWN_DEFAULTS)) if (module[name] !== real[name] && options[key] === undefined) options[key] = module[name];
  return options;
};

const clientArguments = (c, module, args) => {
  const [first, callback] = normalizeArgs(args);
  const more = [args[1], args[2]].find((x) => x !== null && typeof x === 'object');
  const keys = [...CONTEXT, ...CLIENT, ...SOCKET, ...CONNECT];
  noEngines(c, first);
  noEngines(c, more);
  const options = { __proto__: null, ...pick(first, keys), ...pick(more, keys) };
  // where it leads, as primitives
  Object.assign(options, connectOptions(options));
  return { options: withDefaults(module, options), callback };
};

const made = new WeakMap();
exports.make = (c) => {
  if (made.has(c)) return made.get(c);
  seal(host, 'tls');
  const module = {};
  const { TLSSocket, Server } = real;
  const context = (options) => {
    const own = { ...options };
    noEngines(c, own);
    return withDefaults(module, own);
  };
  const connect = (...args) => {
    const { options, callback } = clientArguments(c, module, args);
    return connectTls(c, options, callback);
  };
  const server = ([options, ...rest]) => [typeof options === 'object' && options !== null ? context(options) : options, ...rest];
  const own = {
    connect: named(connect, 'connect', 0),
    createServer(options, listener) { return new own.Server(options, listener); },
    Server: facadeClass(c, Server, use('facade/net').make(c).Server, server),
    TLSSocket: facadeClass(c, TLSSocket, use('facade/net').make(c).Socket, ([socket, options]) => [socket, options === undefined ? options : { ...context(options), enableTrace: false }]),
    createSecureContext(options) { return real.createSecureContext(context(options)); },
    SecureContext: named(function SecureContext(...args) { return new real.SecureContext(...args); }, 'SecureContext', real.SecureContext.length),
    setDefaultCACertificates() { throw unsupported('tls.setDefaultCACertificates'); },
  };
  own.SecureContext.prototype = real.SecureContext.prototype;
  for (const key of ['getCiphers', 'getCertificateCompressionAlgorithms', 'getCACertificates', 'convertALPNProtocols', 'checkServerIdentity']) module[key] = real[key];
  for (const key of DEFAULTS) module[key] = real[key];
  Object.assign(module, own);
  Object.defineProperty(module, 'rootCertificates', { get: () => real.rootCertificates, enumerable: true, configurable: true });
  made.set(c, module);
  return module;
};
Object.assign(exports, { CONTEXT, CLIENT, noEngines });
