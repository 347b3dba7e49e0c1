// The names with an underscore, under which old packages ask for parts of http and tls: the same objects as the package's own http and tls have.
// Node's parser and the symbols under which requests keep it stay Node's.

const { denied, named } = use('deny');

const of = (c, name, keys) => {
  const home = use('builtins').get(c, name);
  const own = {};
  for (const key of keys) own[key] = home[key];
  return own;
};
const refuse = (c, name, key) => named(function () { throw denied(c, 'builtins', `node:${name}`); }, key);
const shared = (name, keys) => {
  const real = host.real(name);
  const own = {};
  for (const key of keys) own[key] = real[key];
  return own;
};

const MAKERS = {
  __proto__: null,
  _http_agent: (c) => Object.defineProperty(of(c, 'http', ['Agent']), 'globalAgent', { get: () => use('builtins').get(c, 'http').globalAgent, enumerable: true, configurable: true }),
  _http_client: (c) => of(c, 'http', ['ClientRequest']),
  _http_common: (c) => ({ ...shared('_http_common', ['_checkInvalidHeaderChar', '_checkIsHttpToken', 'CRLF', 'isLenient', 'calculateLenientFlags', 'prepareError']),
    chunkExpression: /(?:^|\W)chunked(?:$|\W)/i, continueExpression: /(?:^|\W)100-continue(?:$|\W)/i, methods: [...host.real('_http_common').methods],
    HTTPParser: refuse(c, '_http_common', 'HTTPParser') }),
  _http_incoming: (c) => ({ ...of(c, 'http', ['IncomingMessage']), ...shared('_http_incoming', ['readStart', 'readStop']) }),
  _http_outgoing: (c) => ({ ...of(c, 'http', ['OutgoingMessage', 'validateHeaderName', 'validateHeaderValue']), ...shared('_http_outgoing', ['parseUniqueHeadersOption']) }),
  _http_server: (c) => ({ ...of(c, 'http', ['Server', 'ServerResponse', 'STATUS_CODES', '_connectionListener']),
    setupConnectionsTracking: refuse(c, '_http_server', 'setupConnectionsTracking'), storeHTTPOptions: refuse(c, '_http_server', 'storeHTTPOptions'),
    httpServerPreClose: refuse(c, '_http_server', 'httpServerPreClose') }),
  _tls_common: (c) => ({ ...of(c, 'tls', ['SecureContext', 'createSecureContext']), ...shared('_tls_common', ['translatePeerCertificate']) }),
  _tls_wrap: (c) => of(c, 'tls', ['TLSSocket', 'Server', 'createServer', 'connect']),
};
exports.make = (c, name) => {
  use('seal').builtin(name);
  return MAKERS[name](c);
};
