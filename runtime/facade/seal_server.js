// A socket that was accepted leads to its server, and the server to every other request: its listeners, and the right to add some. So what
// `socket.server` shows is a view: the settings that Node's http reads there for each request, the address, and nothing that listens.
// (Sockets under TLS are not covered: Node keeps their server in several more places.)

const { Socket, Server } = use('facade/seal_net');
const { defineProperty } = Reflect;

const given = { server: new WeakMap(), _server: new WeakMap() };
const views = new WeakMap();

const READ = ['joinDuplicateHeaders', 'httpValidation', 'insecureHTTPParser', 'requireHostHeader', 'rejectNonStandardBodyWrites', 'timeout', 'keepAliveTimeout', 'headersTimeout',
  'requestTimeout', 'maxHeadersCount', 'maxRequestsPerSocket', 'maxConnections', 'listening', 'allowHalfOpen', 'noDelay', 'keepAlive', '_connectionKey'];
// what Node's http tells the server through the socket
const EMITTED = new Set(['timeout', 'clientError']);

const viewOf = (server) => {
  let view = views.get(server);
  if (view !== undefined) return view;
  view = { __proto__: null };
  const read = (key, get, set) => defineProperty(view, key, { get, set, enumerable: typeof key === 'string' && key[0] !== '_' });
  for (const key of READ) read(key, () => server[key]);
  const { kIncomingMessage } = host.internal('_http_common');
  read(kIncomingMessage, () => server[kIncomingMessage]);
  // net counts a closed connection here, one at a time
  read('_connections', () => server._connections, (value) => { if (value === server._connections - 1) server._connections = value; });
  const methods = {
    address: () => server.address(),
    emit(event, ...args) {
      if (!EMITTED.has(event) || given._server.get(args[args.length - 1]) !== server) return false;
      return server.emit(event, ...args);
    },
    _emitCloseIfDrained() { server._emitCloseIfDrained?.(); },
    _setupWorker(list) { server._setupWorker(list); },
  };
  for (const key of Object.keys(methods)) defineProperty(view, key, { value: Object.freeze(methods[key]) });
  views.set(server, Object.freeze(view));
  return view;
};

exports.seal = () => {
  const encrypted = (socket) => socket.encrypted === true;
  const caches = [];
  for (const key of ['server', '_server']) {
    const values = given[key];
    const shown = new WeakMap();
    caches.push(shown);
    const { get, set } = Object.getOwnPropertyDescriptor({
      // Node's http asks for each request
      get [key]() {
        let seen = shown.get(this);
        if (seen !== undefined) return seen;
        const value = values.get(this);
        if (value === undefined) return null;
        seen = value instanceof Server && (key === '_server' || given._server.get(this) === value) ? viewOf(value) : value;
        if (typeof seen === 'object' && seen !== null) shown.set(this, seen);
        return seen;
      },
      set [key](value) {
        if (this === Socket.prototype) return;
        for (const cache of caches) cache.delete(this);
        // Node starts every socket with null: nothing to remember
        if (value === null || value === undefined) values.delete(this);
        else if (encrypted(this)) defineProperty(this, key, { value, writable: true, enumerable: true, configurable: true });
        else values.set(this, value);
      },
    }, key);
    defineProperty(Socket.prototype, key, { get: Object.freeze(get), set: Object.freeze(set), enumerable: false, configurable: false });
  }
};
